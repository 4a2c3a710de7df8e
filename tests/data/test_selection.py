"""Which questions a run asks: a choice by hash and group that is the same in all languages."""

import pytest
from crosslens import sampling
from crosslens.data.question import Question
from crosslens.data.selection import chosen
from crosslens.errors import CrosslensError


def questions(n: int) -> dict[str, Question]:
    made = {}
    for i in range(n):
        groups = {"subject": "law" if i % 2 else "art"}
        made[str(i)] = Question(str(i), "", f"Question {i}?", ("a", "b"), 0, groups, "", ())
    return made


def test_the_first_in_hash_order_are_taken_and_a_larger_choice_contains_the_smaller():
    pivot = questions(20)
    assert chosen(pivot, seed=0, max=5) == sampling.order(pivot, 0)[:5]
    assert chosen(pivot, seed=0, max=9) == chosen(pivot, seed=0)[:9]
    assert chosen(pivot, seed=1, max=5) != chosen(pivot, seed=0, max=5)


def test_ids_that_are_passed_over_do_not_count():
    pivot = questions(20)
    first, *others = sampling.order(pivot, 0)[:6]
    assert chosen(pivot, seed=0, max=5, without=[first, "unknown"]) == others


def test_questions_that_cannot_be_asked_take_no_place():
    pivot = questions(20)
    first = sampling.order(pivot, 0)[0]
    pivot[first] = Question(first, "", "", ("a", "b"), 0, {"subject": "law"}, "", ())  # an empty question
    assert first not in chosen(pivot, seed=0, max=5) and len(chosen(pivot, seed=0, max=5)) == 5


@pytest.mark.parametrize(("values", "n"), [("law", 10), (["law"], 10), (["law", "art"], 20)])
def test_groups_are_selected_by_one_value_or_several(values, n):
    assert len(chosen(questions(20), seed=0, where={"subject": values})) == n


def test_an_unknown_group_or_value_names_key_and_remedy():
    with pytest.raises(
        CrosslensError, match=r"'questions\.where\.topic': .* \(they have subject\)\. Correct it, or add"
    ):
        chosen(questions(4), seed=0, where={"topic": "law"})
    with pytest.raises(CrosslensError, match=r"'questions\.where': no question of the pivot has these groups"):
        chosen(questions(4), seed=0, where={"subject": "music"})
