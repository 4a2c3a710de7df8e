"""Padded batches of packed rows of similar length, under a budget of tokens, that survive running out of memory.

Rows are sorted by length within windows, so that padding is small and progress steady. The budget changes results by
rounding only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Int
from torch import Tensor

from crosslens.engine.packing import Row

Result = TypeVar("Result")

# Number of rows per window within which rows are sorted by length.
WINDOW = 2048
# Attention holds rows * tokens^2 scores; a batch has at most this many per token of the budget.
SCORES_PER_TOKEN = 1024


@dataclass(frozen=True)
class Batch:
    """Rows padded on the right. tokens, positions, ends: as in `packing.Row`. Nothing else sees a padding token."""

    rows: list[Row]
    tokens: Int[Tensor, "row token"]
    positions: Int[Tensor, "row token"]
    ends: Int[Tensor, "row token"]


def collate(rows: Sequence[Row], device: torch.device | str = "cpu", multiple: int = 1) -> Batch:
    """Return one batch of the rows, padded to a multiple of ``multiple`` tokens."""
    shape = len(rows), _padded(max(map(len, rows)), multiple)
    tokens, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    # A padding token's subtree is itself: end = index + 1, so that no softmax is over nothing.
    ends = torch.arange(1, shape[1] + 1).repeat(shape[0], 1)
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = torch.tensor(row.tokens)
        positions[i, : len(row)] = torch.tensor(row.positions)
        ends[i, : len(row)] = torch.tensor(row.ends)
    return Batch(list(rows), tokens.to(device), positions.to(device), ends.to(device))


def _padded(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def split(lengths: Sequence[int], budget: int, multiple: int = 1) -> list[list[int]]:
    """Return the row indices of each batch: at most ``budget`` tokens including padding, fewer if the rows are long.

    The memory of attention grows with the square of the length, so it is bounded too. A row longer than the budget gets
    a batch of its own. multiple: as in `collate`.
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
    """Return the share of the batches' tokens that is padding."""
    padded = sum(len(batch) * _padded(max(lengths[i] for i in batch), multiple) for batch in batches)
    return 1 - sum(lengths) / padded if padded else 0.0


def run(
    rows: Sequence[Row],
    budget: int,
    forward: Callable[[Batch], Result],
    device: torch.device | str = "cpu",
    multiple: int = 1,
) -> Iterator[tuple[list[int], Result]]:
    """Call ``forward`` on every batch; yield the indices of the batch's rows and what ``forward`` returned.

    multiple: batches are padded to a multiple of this many tokens. When the GPU runs out of memory, the budget of the
    remaining rows is halved, the log says so, and the run continues. Raises torch.OutOfMemoryError only if a single row
    does not fit.
    """
    lengths = [len(row) for row in rows]
    queue = split(lengths, budget, multiple)
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
            # Outside the except block, because the traceback keeps the failed pass's tensors, and so their memory.
            torch.cuda.empty_cache()
            budget = min(budget, len(chosen) * _padded(max(lengths[i] for i in chosen), multiple)) // 2
            left = sorted(i for batch in queue for i in batch)
            queue = [[left[i] for i in batch] for batch in split([lengths[i] for i in left], budget, multiple)]
            print(f"out of memory with {len(chosen)} rows: token budget lowered to {budget}", flush=True)
            continue
        queue.pop(0)
        yield chosen, result
