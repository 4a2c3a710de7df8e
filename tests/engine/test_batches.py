"""Every row is run once, in batches that stay within their budget, however little memory there is."""

import pytest
import torch
from crosslens.engine import batches
from crosslens.engine.packing import pack
from hypothesis import given, settings
from hypothesis import strategies as st

LENGTHS = st.lists(st.integers(1, 3000), max_size=60)
BUDGETS = st.integers(1, 20000)
quick = settings(max_examples=150, derandomize=True, database=None, deadline=None)


def rows_of(lengths):
    return [pack([i + 1] * n) for i, n in enumerate(lengths)]


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
    rows = [pack([3, 4], [[5, 6, 7]], 1), pack([8])]
    batch = batches.collate(rows)
    assert batch.rows == rows and batch.tokens.shape == (2, 5)
    for i, row in enumerate(rows):
        assert batch.tokens[i, : len(row)].tolist() == row.tokens
        assert batch.positions[i, : len(row)].tolist() == row.positions
        assert batch.ends[i, : len(row)].tolist() == row.ends
    assert batch.ends[1, 1:].tolist() == [2, 3, 4, 5], "a padding token's subtree is itself"


def limited_to(rows, seen=None):
    """Return a forward pass that runs out of memory above ``rows`` rows and appends to ``seen`` how many it ran."""

    def forward(batch):
        if len(batch.rows) > rows:
            raise torch.OutOfMemoryError("out of memory")
        if seen is not None:
            seen.append(len(batch.rows))
        return [row.tokens[0] for row in batch.rows]

    return forward


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_out_of_memory_halves_the_budget_and_loses_and_repeats_nothing(limit, capsys):
    lengths = [5, 50, 8, 13, 21, 34, 3, 2, 40, 41, 42, 6] * 3
    seen: list[int] = []
    results = []
    for chosen, result in batches.run(rows_of(lengths), 400, limited_to(limit, seen)):
        results += zip(chosen, result, strict=True)
    assert sorted(results) == [(i, i + 1) for i in range(len(lengths))]
    assert sum(seen) == len(lengths) and max(seen) <= limit
    assert ("out of memory" in capsys.readouterr().out) == (limit < 36)


def test_batches_finished_before_memory_runs_out_are_not_run_again(capsys):
    calls = []

    def forward(batch):
        calls.append([row.tokens[0] for row in batch.rows])
        if len(calls) == 2:
            raise torch.OutOfMemoryError("out of memory")
        return calls[-1]

    run = list(batches.run(rows_of([4] * 6), 8, forward))
    assert calls == [[1, 2], [3, 4], [3], [4], [5], [6]]
    assert [chosen for chosen, _ in run] == [[0, 1], [2], [3], [4], [5]]
    assert "out of memory with 2 rows: token budget lowered to 4" in capsys.readouterr().out


def test_a_single_row_that_does_not_fit_is_an_error():
    with pytest.raises(torch.OutOfMemoryError):
        list(batches.run(rows_of([3, 4, 5]), 100, limited_to(0)))


def test_another_error_is_not_mistaken_for_running_out_of_memory():
    calls = []

    def forward(batch):
        calls.append(len(batch.rows))
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        list(batches.run(rows_of([3, 4]), 100, forward))
    assert calls == [2], "not tried again"


def test_batches_of_padded_rows_keep_the_budget():
    """Pad rows of 5 tokens to 8: two fill a budget of 16, and the padding share counts this padding too."""
    groups = batches.split([5, 5, 5], 16, multiple=8)
    assert groups == [[0, 1], [2]]
    assert batches.padding_share([5, 5, 5], groups, multiple=8) == pytest.approx(1 - 15 / 24)
    seen = [batch.tokens.shape for _, batch in batches.run(rows_of([5, 5, 5]), 16, lambda batch: batch, multiple=8)]
    assert seen == [(2, 8), (1, 8)]
