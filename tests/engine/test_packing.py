"""The rule ``k <= q < end[k]`` is the ancestor relation of the tree, and every path spells its continuation."""

import pytest
from crosslens.engine.packing import pack
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_relations import may_attend, sequences

# Few different tokens, so that continuations often share beginnings or are identical.
CONTINUATION = st.lists(st.integers(5, 7), min_size=1, max_size=5)
PROMPT = st.lists(st.integers(5, 9), min_size=1, max_size=6)
quick = settings(max_examples=150, derandomize=True, database=None, deadline=None)


@quick
@given(PROMPT, st.lists(CONTINUATION, max_size=6), st.integers(0, 4))
def test_the_rule_is_the_ancestor_relation(prompt, continuations, n_copies):
    row = pack(prompt, continuations, n_copies)
    paths_to = sequences(row, prompt, continuations)
    for q in range(len(row)):
        for k in range(len(row)):
            assert (k <= q < row.ends[k]) == may_attend(paths_to[q], paths_to[k]), (q, k)


@quick
@given(PROMPT, st.lists(CONTINUATION, max_size=6), st.integers(0, 4))
def test_the_tree_has_exactly_the_tokens_it_needs_at_their_depths(prompt, continuations, n_copies):
    row = pack(prompt, continuations, n_copies)
    inner = {tuple(continuation[:n]) for continuation in continuations for n in range(1, len(continuation))}
    assert len(row) == len(row.tokens) == len(row.positions) == len(row.ends) == len(prompt) + len(inner) + n_copies
    for index, path in enumerate(sequences(row, prompt, continuations)):
        assert row.positions[index] == len(path) - 1
        assert row.tokens[index] == (prompt[-1] if index in row.copies else path[-1])


@quick
@given(PROMPT, st.lists(CONTINUATION, min_size=1, max_size=6), st.integers(0, 2))
def test_paths_spell_the_continuations(prompt, continuations, n_copies):
    row = pack(prompt, continuations, n_copies)
    assert row.continuations == continuations
    for continuation, path in zip(continuations, row.paths, strict=True):
        assert path[0] == row.last == len(prompt) - 1
        assert [row.tokens[index] for index in path[1:]] == continuation[:-1]
        assert all(a < b < row.ends[a] for a, b in zip(path, path[1:], strict=False)), "each continues the last"


def test_shared_beginnings_are_merged_and_last_tokens_cost_nothing():
    row = pack([1, 2], [[5, 6, 7], [5, 6, 8], [5, 9], [9], [5, 6, 7]])
    assert row.tokens == [1, 2, 5, 6] and row.positions == [0, 1, 2, 3]
    assert row.paths == [[1, 2, 3], [1, 2, 3], [1, 2], [1], [1, 2, 3]]


def test_copies_are_siblings_of_the_last_prompt_token():
    row = pack([1, 2, 3], [[5, 6], [7, 8]], 2)
    assert row.copies == range(5, 7) and row.tokens[5:] == [3, 3] and row.positions[5:] == [2, 2]
    seen = [{k for k in range(len(row)) if k <= q < row.ends[k]} for q in row.copies]
    assert seen == [{0, 1, 5}, {0, 1, 6}]


def test_a_copy_of_a_prompt_of_one_token_sees_itself_only():
    row = pack([4], [[5, 6]], 2)
    assert [{k for k in range(len(row)) if k <= q < row.ends[k]} for q in row.copies] == [{2}, {3}]


@pytest.mark.parametrize(("prompt", "continuations"), [([], [[1]]), ([1], [[2], []])])
def test_an_empty_prompt_or_continuation_is_refused(prompt, continuations):
    with pytest.raises(ValueError, match="no tokens"):
        pack(prompt, continuations)


def test_a_continuation_may_have_more_tokens_than_python_allows_calls():
    long = list(range(5, 5005))
    row = pack([1, 2], [long, [*long[:-1], 3], [5]], 1)
    assert row.tokens == [1, 2, *long[:-1], 2] and row.positions == [0, 1, *range(2, 5001), 1]
    assert row.paths[:2] == [[1, *range(2, 5001)]] * 2 and row.paths[2] == [1]
    assert set(row.ends[2:-1]) == {5001} and row.ends[1] == 5001
