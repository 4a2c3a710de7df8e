"""The rule ``k <= q < end[k]`` is the ancestor relation of the tree, and every path spells its continuation."""

import pytest
from crosslens.engine.packing import Prompt, common_length, pack
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_relations import may_attend, sequences

# Few different tokens, so that prompts and continuations often share beginnings or are identical.
CONTINUATION = st.lists(st.integers(5, 7), min_size=1, max_size=5)
TOKENS = st.lists(st.integers(5, 6), min_size=1, max_size=5)
LAYERS = st.none() | st.lists(st.integers(0, 3), max_size=3)
PROMPTS = st.lists(st.tuples(TOKENS, st.lists(CONTINUATION, max_size=4), LAYERS), min_size=1, max_size=4)
quick = settings(max_examples=150, derandomize=True, database=None, deadline=None)


def made(parts):
    """Return prompts with a copy per layer after which one joins, or with three that are there from the beginning."""
    return [
        Prompt(tokens, continuations, range(3 if layers is None else len(layers)), steered_after=layers)
        for tokens, continuations, layers in parts
    ]


@quick
@given(PROMPTS)
def test_the_rule_is_the_ancestor_relation(parts):
    prompts = made(parts)
    row = pack(prompts)
    paths_to = sequences(row)
    for q in range(len(row)):
        for k in range(len(row)):
            allowed = row.places[k] <= row.places[q] < row.ends[k]
            assert allowed == may_attend(paths_to[q], paths_to[k]), (q, k)


@quick
@given(PROMPTS)
def test_the_tree_has_exactly_the_tokens_it_needs_at_their_depths(parts):
    prompts = made(parts)
    row = pack(prompts)
    beginnings = {tuple(prompt.tokens[:n]) for prompt in prompts for n in range(1, len(prompt.tokens))}
    inner = [{tuple(text[:n]) for text in prompt.continuations for n in range(1, len(text))} for prompt in prompts]
    own = sum(1 + len(prompt.conditions) for prompt in prompts)
    assert (
        len(row)
        == len(row.tokens)
        == len(row.positions)
        == len(row.places)
        == len(row.ends)
        == len(beginnings) + own + sum(map(len, inner))
    )
    lasts = {index: prompts[i].tokens[-1] for i, at in enumerate(row.branches) for index in [at.last, *at.copies]}
    for index, path in enumerate(sequences(row)):
        assert row.positions[index] == len(path) - 1
        assert row.tokens[index] == lasts.get(index, path[-1])


@quick
@given(PROMPTS)
def test_paths_spell_the_continuations(parts):
    prompts = made(parts)
    row = pack(prompts)
    assert row.prompts == prompts
    for prompt, branches in zip(prompts, row.branches, strict=True):
        assert len(branches.copies) == len(prompt.conditions)
        assert branches.queries == sorted({index for path in branches.paths for index in path})
        for continuation, path in zip(prompt.continuations, branches.paths, strict=True):
            assert path[0] == branches.last
            assert [row.tokens[index] for index in path[1:]] == continuation[:-1]
            continued = zip(path, path[1:], strict=False)
            assert all(row.places[a] < row.places[b] < row.ends[a] for a, b in continued), "each continues the last"


@quick
@given(PROMPTS)
def test_no_path_is_longer_than_the_depth(parts):
    prompts = made(parts)
    row = pack(prompts)
    assert max(prompt.depth for prompt in prompts) == max(row.positions) + 1


def test_shared_beginnings_are_merged_and_last_tokens_cost_nothing():
    row = pack([Prompt([1, 2], [[5, 6, 7], [5, 6, 8], [5, 9], [9], [5, 6, 7]])])
    assert row.tokens == [1, 2, 5, 6] and row.positions == [0, 1, 2, 3]
    assert row.branches[0].paths == [[1, 2, 3], [1, 2, 3], [1, 2], [1], [1, 2, 3]]


def test_prompts_share_their_common_beginning_and_keep_their_order():
    row = pack([Prompt([1, 2, 5, 6]), Prompt([1, 2, 3, 4], [[8, 9]]), Prompt([1, 2, 3])])
    assert row.tokens == [1, 2, 3, 3, 4, 8, 5, 6] and row.positions == [0, 1, 2, 2, 3, 4, 2, 3]
    assert [branches.last for branches in row.branches] == [7, 4, 2]
    assert row.ends == [8, 8, 3, 6, 6, 6, 8, 8]


def test_equal_prompts_share_all_but_their_last_tokens():
    row = pack([Prompt([1, 2], [[5, 6]], range(1)), Prompt([1, 2], [[5, 7]], range(1))])
    assert row.tokens == [1, 2, 5, 2, 5, 2, 2]
    assert [(at.last, at.copies) for at in row.branches] == [(1, [5]), (3, [6])]


def test_copies_are_siblings_of_the_last_prompt_token():
    row = pack([Prompt([1, 2, 3], [[5, 6], [7, 8]], range(2))])
    [at] = row.branches
    assert at.copies == [5, 6] and row.tokens[5:] == [3, 3] and row.positions[5:] == [2, 2]
    seen = [{k for k in range(len(row)) if k <= q < row.ends[k]} for q in at.copies]
    assert seen == [{0, 1, 5}, {0, 1, 6}]


@quick
@given(PROMPTS)
def test_a_row_begins_with_the_tokens_that_are_there_after_every_layer(parts):
    prompts = made(parts)
    row = pack(prompts)
    pairs = zip(prompts, row.branches, strict=True)
    joins = {copy: layer for prompt, at in pairs for layer, copy in zip(prompt.joins_after, at.copies, strict=True)}
    for layer in range(-1, 4):
        there = {index for index in range(len(row)) if joins.get(index, -1) <= layer}
        assert there == set(range(row.length_after(layer)))
    without = pack([Prompt(prompt.tokens, prompt.continuations) for prompt in prompts])
    assert row.tokens[: row.length_after(-1)] == without.tokens


def test_copies_are_in_the_order_of_the_layers_after_which_they_are_steered():
    row = pack([Prompt([1, 2], [], [7, 8, 9], steered_after=[4, 2, 4]), Prompt([1, 3], [], [7], steered_after=[2])])
    assert row.tokens == [1, 2, 3, 2, 3, 2, 2] and row.joins_after == [2, 2, 4, 4]
    assert [at.copies for at in row.branches] == [[5, 3, 6], [4]]
    assert [row.length_after(layer) for layer in (0, 1, 2, 3, 4, 5)] == [3, 3, 5, 5, 7, 7]


def test_a_copy_of_a_prompt_of_one_token_sees_itself_only():
    row = pack([Prompt([4], [[5, 6]], range(2))])
    assert [{k for k in range(len(row)) if k <= q < row.ends[k]} for q in row.branches[0].copies] == [{2}, {3}]


@pytest.mark.parametrize(("tokens", "continuations"), [([], [[1]]), ([1], [[2], []])])
def test_an_empty_prompt_or_continuation_is_refused(tokens, continuations):
    with pytest.raises(ValueError, match="no tokens"):
        Prompt(tokens, continuations)


def test_a_continuation_may_have_more_tokens_than_python_allows_calls():
    long = list(range(5, 5005))
    row = pack([Prompt([1, 2], [long, [*long[:-1], 3], [5]], range(1))])
    assert row.tokens == [1, 2, *long[:-1], 2] and row.positions == [0, 1, *range(2, 5001), 1]
    assert row.branches[0].paths[:2] == [[1, *range(2, 5001)]] * 2 and row.branches[0].paths[2] == [1]
    assert set(row.ends[2:-1]) == {5001} and row.ends[1] == 5001


@pytest.mark.parametrize(("a", "b", "n"), [([], [1], 0), ([1, 2], [1, 2, 3], 2), ([1, 2], [3], 0), ([1, 2], [1, 3], 1)])
def test_the_common_length(a, b, n):
    assert common_length(a, b) == common_length(b, a) == n
