"""Every reason is found where it is planted and nowhere else, and excludes a question only if its severity says so."""

from dataclasses import replace

import pytest
from crosslens.data.audit import MISALIGNED, NOTED, REASONS, UNUSABLE, Finding, audit, set_aside
from crosslens.data.question import Question


def question(n: int, **changed) -> Question:
    default = Question(f"{n}", "Passage.", f"Question {n}?", ("a", "b", "c", "d"), n % 4, {"subject": "anatomy"})
    return replace(default, **changed)


def language(*questions: Question) -> dict[str, Question]:
    return {question.question_id: question for question in questions}


PIVOT = language(*(question(n) for n in range(4)))
EMPTY = question(1, choices=("a", "", "c", "d"))
SAME = question(1, choices=("a", "a", "c", "d"))
COPY = question(1, question="Question 0?")
CASES = {
    "missing": (None, PIVOT),
    "empty_question": (question(1, question=""), PIVOT),
    "empty_choice": (EMPTY, PIVOT),
    "malformed_choice": (question(1, choices=("",) * 4, notes=("malformed_choice",)), PIVOT),
    "other_number_of_choices": (question(1, choices=("a", "b", "c")), PIVOT),
    "unusable_in_pivot": (question(1), PIVOT | {"1": EMPTY}),
    "other_key": (question(1, key=2), PIVOT),
    "other_subject": (question(1, groups={"subject": "astronomy"}), PIVOT),
    "indistinct_choices": (SAME, PIVOT),
    "indistinct_in_pivot": (question(1, choices=("x", "y", "y", "z")), PIVOT | {"1": SAME}),
    "unnamed_choice": (question(1, notes=("unnamed_choice",)), PIVOT),
    "repeated_id": (question(1, notes=("repeated_id",)), PIVOT),
    "subject_from_pivot": (question(1, groups={"subject": ""}, notes=("subject_from_pivot",)), PIVOT),
}


@pytest.mark.parametrize("exclude_misaligned", [True, False])
@pytest.mark.parametrize("reason", CASES)
def test_a_planted_defect_is_the_only_finding(reason, exclude_misaligned):
    planted, pivot = CASES[reason]
    questions = {id_: value for id_, value in PIVOT.items() if id_ != "1"} | ({"1": planted} if planted else {})
    excluded = {UNUSABLE: True, MISALIGNED: exclude_misaligned, NOTED: False}[REASONS[reason].severity]
    assert audit(questions, pivot, exclude_misaligned) == [("1", reason, excluded)]


def test_questions_without_defects_have_no_findings():
    translated = {id_: replace(value, question=f"Frage {id_}?") for id_, value in PIVOT.items()}
    assert audit(translated, PIVOT, True) == []
    assert audit(PIVOT, PIVOT, True) == []


def test_a_question_that_the_pivot_lacks():
    assert audit(PIVOT | {"9": question(9)}, PIVOT, False) == [("9", "not_in_pivot", True)]


def test_a_passage_that_only_the_pivot_has():
    for planted in (question(1, passage=""), question(1, passage="", question="")):
        assert audit(PIVOT | {"1": planted}, PIVOT, True) == [("1", "empty_question", True)]
    bare = {id_: replace(value, passage="") for id_, value in PIVOT.items()}
    assert audit(bare, bare, True) == []


def test_all_questions_that_a_translation_has_merged_are_excluded():
    expected = [("0", "duplicate", True), ("1", "duplicate", True)]
    assert audit(PIVOT | {"1": COPY}, PIVOT, True) == expected
    assert audit(PIVOT | {"1": COPY}, PIVOT, False) == [finding[:2] + (False,) for finding in expected]


def test_duplicates_of_the_pivot_itself_are_kept():
    pivot = PIVOT | {"1": COPY}
    expected = [("0", "duplicate_in_pivot", False), ("1", "duplicate_in_pivot", False)]
    assert audit(pivot, pivot, True) == expected
    translated = {id_: replace(value, question=f"{value.question} (de)") for id_, value in pivot.items()}
    assert audit(translated, pivot, True) == expected


def test_same_text_with_other_choices_is_no_duplicate():
    other = replace(COPY, choices=("a", "b", "c", "e"))
    assert audit(PIVOT | {"1": other}, PIVOT, True) == []


def test_defects_of_the_pivot_are_found_against_itself():
    assert audit(PIVOT | {"1": EMPTY}, PIVOT | {"1": EMPTY}, True) == [("1", "empty_choice", True)]


def test_a_finding_says_whether_any_reason_excludes_its_question():
    both = question(1, choices=("a", "", "c", "d"), notes=("repeated_id",))
    assert audit(PIVOT | {"1": both}, PIVOT, True) == [("1", "repeated_id", True), ("1", "empty_choice", True)]


@pytest.mark.parametrize("n_differing, misordered", [(9, False), (10, True), (37, True)])
def test_a_subject_in_another_order_is_excluded_as_a_whole(n_differing, misordered):
    pivot = language(
        *(question(n, groups={"subject": "history"}) for n in range(50)), *(question(n) for n in range(50, 60))
    )
    shifted = {
        id_: replace(value, key=(value.key + 1) % 4) if int(id_) < n_differing else value
        for id_, value in pivot.items()
    }
    findings = audit(shifted, pivot, True)
    wrong_key = {finding.question_id for finding in findings if finding.reason == "other_key"}
    assert wrong_key == {str(n) for n in range(n_differing)}
    excluded = {finding.question_id for finding in findings if finding.excluded}
    assert excluded == ({str(n) for n in range(50)} if misordered else wrong_key)


def test_few_wrong_keys_in_a_large_subject_do_not_mean_another_order():
    pivot = language(*(question(n) for n in range(100)))
    wrong = {id_: replace(value, key=(value.key + 1) % 4) if int(id_) < 15 else value for id_, value in pivot.items()}
    assert {finding.reason for finding in audit(wrong, pivot, True)} == {"other_key"}


def test_the_vocabulary_is_complete():
    tested = {*CASES, "not_in_pivot", "duplicate", "duplicate_in_pivot", "misordered_group", "example"}
    assert tested == set(REASONS)


def test_an_example_is_left_out_whatever_else_is_said_of_it():
    noted = [Finding("a", "repeated_id", False), Finding("b", "repeated_id", False)]
    assert set_aside(noted, ["a", "c"]) == [
        Finding("a", "repeated_id", True),
        Finding("b", "repeated_id", False),
        Finding("a", "example", True),
        Finding("c", "example", True),
    ]
    assert set_aside(noted, []) == noted
