"""From texts on, a device that takes 6 ms per question hardly waits, although preparing batches takes half as long."""

import time

import numpy as np
import pytest
from crosslens.engine import edits, pipeline, preparation, sharing
from tiny_questions import questions, tokenizer, vectors_table

N, SECONDS, TOKEN_BUDGET = 90, 0.006, 700


def waited(monkeypatch) -> float:
    """Return the mean seconds per question for which a device that sleeps has no batch, after its first."""
    steered = edits.make([[1, gamma] for gamma in (1.0, 2.0, 3.0, 4.0)], {"own": vectors_table([1], np.ones((1, 4)))})
    samples = {"control_questions": N // 10, "ceiling_questions": 0, "lens_prompts": [], "seed": 0}
    prepared = preparation.prepare(questions(N), tokenizer(), steered, **samples)
    rows = sharing.rows(prepared.prompts, crossover=6000, longest=TOKEN_BUDGET)
    collate = pipeline.collate

    def slow_collate(chosen, *others):
        time.sleep(SECONDS / 2 * sum(len(row.prompts) for row in chosen))
        return collate(chosen, *others)

    monkeypatch.setattr(pipeline, "collate", slow_collate)
    waiting = pipeline.Waiting()
    device = lambda batch: time.sleep(SECONDS * len(batch.prompts))  # noqa: E731
    done = list(pipeline.run(rows, TOKEN_BUDGET, device, waiting=waiting))
    assert sorted(i for chosen, _ in done for i in chosen) == list(range(N)) and len(done) > 5
    return waiting.seconds / N


def test_the_device_waits_for_less_than_a_millisecond_per_question(monkeypatch):
    assert waited(monkeypatch) < 0.001


def test_it_would_wait_if_batches_were_prepared_when_they_are_needed(monkeypatch):
    """The measurement itself: without a thread of its own, preparation costs what it takes."""

    class Inline:
        def __init__(self, workers):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def submit(self, function, *arguments):
            return type("Future", (), {"result": lambda self: function(*arguments)})()

    monkeypatch.setattr(pipeline, "ThreadPoolExecutor", Inline)
    assert waited(monkeypatch) == pytest.approx(SECONDS / 2, rel=0.7)
