"""Every prompt is in one row, rows stay within their bound, and prompts share a row only if that pays."""

import random

import pytest
from crosslens.engine import sharing
from crosslens.engine.packing import Prompt, pack
from hypothesis import given, settings
from hypothesis import strategies as st

PROMPTS = st.lists(st.lists(st.integers(5, 6), min_size=1, max_size=12), max_size=20)
quick = settings(max_examples=150, derandomize=True, database=None, deadline=None)


def asked(token_lists):
    return [Prompt(tokens, [[5, 6], [7]], range(2), i) for i, tokens in enumerate(token_lists)]


@quick
@given(PROMPTS, st.integers(1, 100), st.integers(1, 60))
def test_every_prompt_is_in_one_row_within_the_bound(token_lists, crossover, longest):
    rows = sharing.rows(asked(token_lists), crossover, longest)
    assert sorted(prompt.index for row in rows for prompt in row.prompts) == list(range(len(token_lists)))
    assert all(len(row) <= longest or len(row.prompts) == 1 for row in rows)


def passages(n_passages=20, questions=3, passage=60, question=20):
    """Return prompts of an instruction, a passage that some questions share, and a question, in random order."""
    pick = random.Random(0)

    def tokens(n):
        return pick.choices(range(100), k=n)

    instruction = tokens(10)
    prompts = [
        instruction + text + tokens(question)
        for text in (tokens(passage) for _ in range(n_passages))
        for _ in range(questions)
    ]
    pick.shuffle(prompts)
    return asked(prompts)


def cost(rows, crossover):
    return sum(len(row) * (1 + len(row) / crossover) for row in rows)


@pytest.mark.parametrize("crossover", [300, 1000])
def test_questions_of_a_passage_share_a_row(crossover):
    prompts = passages()
    rows = sharing.rows(prompts, crossover, 10**4)
    assert len(rows) == 20 and all(len({tuple(prompt.tokens[:70]) for prompt in row.prompts}) == 1 for row in rows)
    assert cost(rows, crossover) < 0.7 * cost([pack([prompt]) for prompt in prompts], crossover)


def test_the_dearer_attention_is_the_fewer_prompts_share_a_row():
    n_rows = [len(sharing.rows(passages(), crossover, 10**6)) for crossover in (20, 1000, 10**5, 10**7)]
    assert n_rows == sorted(n_rows, reverse=True) and n_rows[0] == 20 > n_rows[-1]


def test_prompts_with_nothing_in_common_stay_alone():
    prompts = asked([[i] * 30 for i in range(10)])
    assert [len(row.prompts) for row in sharing.rows(prompts, 10**6, 10**4)] == [1] * 10


def test_joining_by_hand():
    """With a crossover of 100, a row of 10 costs 11; two that share 4 cost 16 * 1.16, two that share 1 19 * 1.19."""
    assert sharing.joins([10, 10], [0, 4], 100) == [False, True]
    assert sharing.joins([10, 10], [0, 1], 100) == [False, False]
    assert sharing.joins([10, 10], [0, 4], 100, longest=15) == [False, False]
    # The first of a row is never said to join, and a row that is closed is not joined again.
    assert sharing.joins([10, 10, 10], [9, 1, 4], 100) == [False, False, True]
