"""Every prompt is run once, however little memory there is, and the device does not wait for the next batch."""

import time

import pytest
import torch
from crosslens.engine import pipeline
from crosslens.engine.packing import Prompt, pack


def rows_of(lengths):
    return [pack([Prompt([i + 1] * n, index=i)]) for i, n in enumerate(lengths)]


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
    for chosen, result in pipeline.run(rows_of(lengths), 400, limited_to(limit, seen)):
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

    run = list(pipeline.run(rows_of([4] * 6), 8, forward))
    assert calls == [[1, 2], [3, 4], [3], [4], [5], [6]]
    assert [chosen for chosen, _ in run] == [[0, 1], [2], [3], [4], [5]]
    assert "out of memory with 2 rows: token budget lowered to 4" in capsys.readouterr().out


def test_a_single_row_that_does_not_fit_is_an_error():
    with pytest.raises(torch.OutOfMemoryError):
        list(pipeline.run(rows_of([3, 4, 5]), 100, limited_to(0)))


def test_another_error_is_not_mistaken_for_running_out_of_memory():
    calls = []

    def forward(batch):
        calls.append(len(batch.rows))
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        list(pipeline.run(rows_of([3, 4]), 100, forward))
    assert calls == [2], "not tried again"


def test_batches_are_padded_to_the_multiple():
    seen = [batch.tokens.shape for _, batch in pipeline.run(rows_of([5, 5, 5]), 16, lambda batch: batch, multiple=8)]
    assert seen == [(2, 8), (1, 8)]


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_a_row_of_several_prompts_that_does_not_fit_is_cut(limit):
    """Six prompts share a row, and the memory holds ``limit`` prompts."""
    row = pack([Prompt([1, 2, 3 + i], index=i) for i in range(6)])

    def forward(batch):
        if len(batch.prompts) > limit:
            raise torch.OutOfMemoryError("out of memory")
        return [prompt.tokens[-1] for prompt in batch.prompts]

    results = [
        pair for chosen, result in pipeline.run([row], 100, forward) for pair in zip(chosen, result, strict=True)
    ]
    assert sorted(results) == [(i, 3 + i) for i in range(6)]


def test_the_next_batch_is_prepared_while_the_device_computes(monkeypatch):
    """Preparing and computing take 20 ms each: one after the other, the device would wait half of the time."""
    collate = pipeline.collate

    def slow_collate(*arguments):
        time.sleep(0.02)
        return collate(*arguments)

    monkeypatch.setattr(pipeline, "collate", slow_collate)
    waiting = pipeline.Waiting()
    for _ in pipeline.run(rows_of([4] * 10), 4, lambda batch: time.sleep(0.03), waiting=waiting):
        pass
    assert waiting.seconds < 0.1, "without the thread 0.18 s"


def test_what_happens_between_the_passes_counts_as_waiting():
    waiting = pipeline.Waiting()
    for _ in pipeline.run(rows_of([4] * 5), 4, lambda batch: None, waiting=waiting):
        time.sleep(0.02)
    assert waiting.seconds >= 4 * 0.02
