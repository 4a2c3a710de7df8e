"""Puts packed rows of similar length into padded batches under a budget of tokens, and survives running out of memory.

Length-sorted within windows, so that progress stays even and padding small. The budget changes results by nothing but
rounding.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Int
from torch import Tensor

from crosslens.packing import Row

Result = TypeVar("Result")

# Rows are sorted by length within windows of this many.
WINDOW = 2048
# Attention holds rows * tokens^2 scores; a batch is kept below budget * this many of them.
SCORES_PER_TOKEN = 1024


@dataclass(frozen=True)
class Batch:
    """Rows padded on the right. tokens, positions, ends: as in `packing.Row`. Nobody else sees a padding token."""

    rows: list[Row]
    tokens: Int[Tensor, "row token"]
    positions: Int[Tensor, "row token"]
    ends: Int[Tensor, "row token"]


def collate(rows: Sequence[Row], device: torch.device | str = "cpu", multiple: int = 1) -> Batch:
    """One batch of the rows, padded to a multiple of ``multiple`` tokens."""
    shape = len(rows), _padded(max(map(len, rows)), multiple)
    tokens, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    ends = torch.arange(1, shape[1] + 1).repeat(shape[0], 1)
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = torch.tensor(row.tokens)
        positions[i, : len(row)] = torch.tensor(row.positions)
        ends[i, : len(row)] = torch.tensor(row.ends)
    return Batch(list(rows), tokens.to(device), positions.to(device), ends.to(device))


def _padded(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def plan(lengths: Sequence[int], budget: int, multiple: int = 1) -> list[list[int]]:
    """Indices of the rows of each batch: at most ``budget`` tokens with padding, and fewer where rows are long.

    Attention's memory grows with the square of the length, so it is bounded too. A row longer than the budget is alone.
    multiple: as in `collate`.
    """
    batches = []
    for start in range(0, len(lengths), WINDOW):
        window = sorted(range(start, min(start + WINDOW, len(lengths))), key=lambda i: -lengths[i])
        while window:
            longest = _padded(lengths[window[0]], multiple)
            n = max(1, min(budget // longest, budget * SCORES_PER_TOKEN // longest**2))
            batches.append(window[:n])
            window = window[n:]
    return batches


def padding_share(lengths: Sequence[int], batches: Sequence[Sequence[int]], multiple: int = 1) -> float:
    """Share of the batches' tokens that is padding."""
    padded = sum(len(batch) * _padded(max(lengths[i] for i in batch), multiple) for batch in batches)
    return 1 - sum(lengths) / padded if padded else 0.0


def run(
    rows: Sequence[Row],
    budget: int,
    forward: Callable[[Batch], Result],
    device: torch.device | str = "cpu",
    multiple: int = 1,
) -> Iterator[tuple[list[int], Result]]:
    """Call ``forward`` on every batch; yield the indices of its rows and what it returned.

    multiple: batches are padded to a multiple of so many tokens. Running out of GPU memory halves the budget for the
    rows that are left, says so, and goes on; it is raised only where a single row does not fit.
    """
    lengths = [len(row) for row in rows]
    queue = plan(lengths, budget, multiple)
    while queue:
        chosen = queue[0]
        fits = True
        try:
            result = forward(collate([rows[i] for i in chosen], device, multiple))
        except torch.OutOfMemoryError:
            if len(chosen) == 1:
                raise
            fits = False
        if not fits:
            # Only here, where the failed pass's tensors are gone with its traceback, can their memory be given back.
            torch.cuda.empty_cache()
            budget = min(budget, len(chosen) * _padded(max(lengths[i] for i in chosen), multiple)) // 2
            left = sorted(i for batch in queue for i in batch)
            queue = [[left[i] for i in batch] for batch in plan([lengths[i] for i in left], budget, multiple)]
            print(f"out of memory with {len(chosen)} rows: token budget lowered to {budget}", flush=True)
            continue
        queue.pop(0)
        yield chosen, result
