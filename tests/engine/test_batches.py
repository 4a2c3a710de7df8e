"""Batches have every row once, stay within their budget and know the places that are read."""

import pytest
import torch
from crosslens.engine import batches
from crosslens.engine.packing import Prompt, pack
from hypothesis import given, settings
from hypothesis import strategies as st

LENGTHS = st.lists(st.integers(1, 3000), max_size=60)
BUDGETS = st.integers(1, 20000)
quick = settings(max_examples=150, derandomize=True, database=None, deadline=None)


def rows_of(lengths):
    return [pack([Prompt([i + 1] * n, index=i)]) for i, n in enumerate(lengths)]


@quick
@given(LENGTHS, BUDGETS)
def test_split_has_every_row_once_within_the_budget(lengths, budget):
    groups = batches.split(lengths, budget)
    assert sorted(i for batch in groups for i in batch) == list(range(len(lengths)))
    for batch in groups:
        longest = max(lengths[i] for i in batch)
        if len(batch) > 1:
            assert len(batch) * longest <= budget
            assert len(batch) * longest**2 <= budget * batches.SCORES_PER_TOKEN


@quick
@given(LENGTHS, BUDGETS)
def test_batches_are_full_and_sorted_by_length(lengths, budget):
    groups = batches.split(lengths, budget)
    by_length = [lengths[i] for batch in groups for i in batch]
    assert by_length == sorted(lengths, reverse=True), "longest first, so that the largest batches fail first"
    for batch in groups[:-1]:
        larger, longest = len(batch) + 1, lengths[batch[0]]
        assert larger * longest > budget or larger * longest**2 > budget * batches.SCORES_PER_TOKEN


def test_rows_are_sorted_within_windows_only(monkeypatch):
    monkeypatch.setattr(batches, "WINDOW", 3)
    assert batches.split([1, 3, 2, 9, 7, 8, 5], budget=10**6) == [[1, 2, 0], [3, 5, 4], [6]]


def test_sorting_leaves_little_padding():
    """With prompt lengths spread like these, a third of the tokens in random batches of 16 is padding."""
    normal = torch.randn(4096, generator=torch.Generator().manual_seed(0))
    lengths = torch.exp(5.9 + 0.3 * normal).long().tolist()
    random = [list(range(i, i + 16)) for i in range(0, 4096, 16)]
    assert batches.padding_share(lengths, random) > 0.3
    assert batches.padding_share(lengths, batches.split(lengths, 16384)) < 0.03


@pytest.mark.parametrize(("lengths", "groups", "share"), [([4, 4], [[0, 1]], 0.0), ([4, 2, 3], [[0, 1], [2]], 2 / 11)])
def test_padding_share_is_what_the_collated_batches_hold(lengths, groups, share):
    rows = rows_of(lengths)
    held = sum(batches.collate([rows[i] for i in batch]).tokens.numel() for batch in groups)
    assert batches.padding_share(lengths, groups) == pytest.approx(1 - sum(lengths) / held) == pytest.approx(share)
    assert batches.padding_share([], []) == 0


def test_collate_keeps_the_rows_and_pads_on_the_right():
    rows = [pack([Prompt([3, 4], [[5, 6, 7]], [0])]), pack([Prompt([8])])]
    batch = batches.collate(rows)
    assert batch.rows == rows and batch.tokens.shape == (2, 5)
    for i, row in enumerate(rows):
        assert batch.tokens[i, : len(row)].tolist() == row.tokens
        assert batch.positions[i, : len(row)].tolist() == row.positions
        assert batch.places[i, : len(row)].tolist() == row.places
        assert batch.ends[i, : len(row)].tolist() == row.ends
    assert batch.ends[1, 1:].tolist() == [2, 3, 4, 5], "a padding token's subtree is itself"


def test_the_places_of_all_prompts_are_in_the_order_of_the_rows():
    prompts = [Prompt([3, 4], [[5, 6, 7], [5, 8]], [2, 0], 7), Prompt([3, 9], [[5]], [], 3), Prompt([8], [], [1], 5)]
    batch = batches.collate([pack(prompts[:2]), pack(prompts[2:])])
    assert [prompt.index for prompt in batch.prompts] == [7, 3, 5]
    # The first row is 3 | 4, 5 6 | 9 | copies of 4
    assert batch.last.row.tolist() == [0, 0, 1] and batch.last.column.tolist() == [1, 4, 0]
    assert batch.queries.row.tolist() == [0, 0, 0, 0] and batch.queries.column.tolist() == [1, 2, 3, 4]
    assert batch.copies.row.tolist() == [0, 0, 1] and batch.copies.column.tolist() == [5, 6, 1]
    assert batch.copied.row.tolist() == [0, 0, 1] and batch.copied.column.tolist() == [1, 1, 0]
    assert batch.conditions.tolist() == [2, 0, 1]
    targets = batch.targets
    assert targets.n == 3 and targets.continuation.tolist() == [0, 0, 0, 1, 1, 2]
    assert targets.token.tolist() == [5, 6, 7, 5, 8, 5] and targets.query.tolist() == [0, 1, 2, 0, 1, 3]


def test_batches_of_padded_rows_keep_the_budget():
    """Pad rows of 5 tokens to 8: two fill a budget of 16, and the padding share counts this padding too."""
    groups = batches.split([5, 5, 5], 16, multiple=8)
    assert groups == [[0, 1], [2]]
    assert batches.padding_share([5, 5, 5], groups, multiple=8) == pytest.approx(1 - 15 / 24)
