"""Run rows in batches, the next of which a thread prepares meanwhile; running out of memory loses nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import torch

from crosslens.engine.batches import Batch, collate, padded_length, split
from crosslens.engine.packing import Row, pack

Result = TypeVar("Result")


@dataclass
class Waiting:
    """The seconds for which the device had nothing to compute, from the end of the first pass on."""

    seconds: float = 0.0
    _since: float | None = None

    def begin(self) -> None:
        """Note the end of a pass."""
        self._since = time.perf_counter()

    def end(self) -> None:
        """Note the beginning of the next pass."""
        if self._since is not None:
            self.seconds += time.perf_counter() - self._since


def run(
    rows: Sequence[Row],
    budget: int,
    forward: Callable[[Batch], Result],
    device: torch.device | str = "cpu",
    multiple: int = 1,
    waiting: Waiting | None = None,
) -> Iterator[tuple[list[int], Result]]:
    """Call ``forward`` on every batch; yield the indices of the batch's prompts and what ``forward`` returned.

    multiple: batches are padded to a multiple of this many tokens. waiting: is added to. When the GPU runs out of
    memory, the budget of the remaining rows is halved, the log says so, and the run continues; a row of several prompts
    that does not fit alone is cut in two. Raises torch.OutOfMemoryError only if a single prompt does not fit.
    """
    waiting = Waiting() if waiting is None else waiting
    queue = _cut(rows, budget, multiple)
    with ThreadPoolExecutor(1) as thread:
        following: Future | None = None
        while queue:
            chosen = queue[0]
            batch = (following or thread.submit(collate, chosen, device, multiple)).result()
            following = thread.submit(collate, queue[1], device, multiple) if len(queue) > 1 else None
            waiting.end()
            result = _unless_out_of_memory(forward, batch)
            waiting.begin()
            if result is None:
                # Its tensors are freed before the next attempt, as is what the thread prepared.
                batch = following = None
                torch.cuda.empty_cache()
                rows = [row for batch_rows in queue for row in batch_rows]
                if len(chosen) == 1:
                    rows[:1] = _halves(chosen[0])
                budget = min(budget, len(chosen) * padded_length(chosen, multiple)) // 2
                queue = _cut(rows, budget, multiple)
                print(f"out of memory with {len(chosen)} rows: token budget lowered to {budget}", flush=True)
                continue
            queue.pop(0)
            yield [prompt.index for prompt in batch.prompts], result[0]


def _cut(rows: Sequence[Row], budget: int, multiple: int) -> list[list[Row]]:
    """Return the rows of each batch."""
    return [[rows[i] for i in batch] for batch in split([len(row) for row in rows], budget, multiple)]


def _halves(row: Row) -> list[Row]:
    """Return two rows with the same prompts."""
    half = len(row.prompts) // 2
    return [pack(row.prompts[:half]), pack(row.prompts[half:])]


def _unless_out_of_memory(forward: Callable[[Batch], Result], batch: Batch) -> tuple[Result] | None:
    """Return what ``forward`` returned, or None if memory ran out and the batch can be made smaller.

    A function of its own, because the traceback keeps the failed pass's tensors, and so their memory, until it is left.
    """
    try:
        return (forward(batch),)
    except torch.OutOfMemoryError:
        if len(batch.prompts) == 1:
            raise
        return None
