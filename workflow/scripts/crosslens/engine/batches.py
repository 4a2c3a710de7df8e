"""Padded batches of packed rows of similar length, under a budget of tokens, with all that a pass has to know of them.

Rows are sorted by length within windows, so that padding is small and progress steady. The budget changes results by
rounding only. `pipeline` runs the batches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from crosslens.engine.hooks import Places
from crosslens.engine.packing import Branches, Prompt, Row

# Number of rows per window within which rows are sorted by length.
WINDOW = 2048
# Attention holds rows * tokens^2 scores; a batch has at most this many per token of the budget.
SCORES_PER_TOKEN = 1024
# On a CPU a batch of several rows has at most this many tokens times d_model: a larger one is up to a third slower
# (measured at widths of 576 and 640). A longer row is a batch of its own; rows cut to this length were no faster.
CPU_ELEMENTS = 1 << 19


@dataclass(frozen=True)
class Targets:
    """The tokens of all continuations: per token, the query that predicts it, its id, and its continuation.

    Continuations are in the order of the batch's prompts; n is their number. first: the index of each one's first
    token among the targets.
    """

    query: Int[Tensor, " target"]
    token: Int[Tensor, " target"]
    continuation: Int[Tensor, " target"]
    first: Int[Tensor, " continuation"]
    n: int


@dataclass(frozen=True)
class Batch:
    """Rows padded on the right, and the places that are read, in the order of the rows and of their prompts.

    tokens, positions, places, ends: as in `packing.Row`; nothing else sees a padding token. prompts: all rows' prompts.
    last: the last token of every prompt. queries: the tokens whose states predict a continuation's token, which
    `targets` lists. copies: the steering copies. copied: per copy, the last token of its prompt. conditions: the
    condition of every copy, on the host.
    """

    rows: list[Row]
    tokens: Int[Tensor, "row token"]
    positions: Int[Tensor, "row token"]
    places: Int[Tensor, "row token"]
    ends: Int[Tensor, "row token"]
    prompts: list[Prompt]
    last: Places
    queries: Places
    copies: Places
    copied: Places
    conditions: Int[Tensor, " copy"]
    targets: Targets

    def length_after(self, layer: int) -> int:
        """Return the length of the longest row after a layer: see `packing.Row`."""
        return max(row.length_after(layer) for row in self.rows)


def collate(rows: Sequence[Row], device: torch.device | str = "cpu", multiple: int = 1) -> Batch:
    """Return one batch of the rows, padded to a multiple of ``multiple`` tokens."""
    shape = len(rows), padded_length(rows, multiple)
    tokens, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    # A padding token's subtree is itself: end = place + 1, so that no softmax is over nothing.
    places = torch.arange(shape[1]).repeat(shape[0], 1)
    ends = places + 1
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = torch.tensor(row.tokens)
        positions[i, : len(row)] = torch.tensor(row.positions)
        places[i, : len(row)] = torch.tensor(row.places)
        ends[i, : len(row)] = torch.tensor(row.ends)
    branches = [(i, each) for i, row in enumerate(rows) for each in row.branches]
    prompts = [prompt for row in rows for prompt in row.prompts]
    return Batch(
        list(rows),
        *(values.to(device) for values in (tokens, positions, places, ends)),
        prompts,
        last=_places([(i, each.last) for i, each in branches], device),
        queries=_places([(i, query) for i, each in branches for query in each.queries], device),
        copies=_places([(i, copy) for i, each in branches for copy in each.copies], device),
        copied=_places([(i, each.last) for i, each in branches for _ in each.copies], device),
        conditions=_tensor([condition for prompt in prompts for condition in prompt.conditions], "cpu"),
        targets=_targets(prompts, [each for _, each in branches], device),
    )


def _targets(prompts: Sequence[Prompt], branches: Sequence[Branches], device: torch.device | str) -> Targets:
    query, token, continuation, starts = [], [], [], []
    first, n = 0, 0
    for prompt, place in zip(prompts, branches, strict=True):
        queries = {index: first + i for i, index in enumerate(place.queries)}
        for path, tokens in zip(place.paths, prompt.continuations, strict=True):
            starts.append(len(token))
            query += [queries[index] for index in path]
            token += tokens
            continuation += [n] * len(tokens)
            n += 1
        first += len(queries)
    return Targets(*(_tensor(values, device) for values in (query, token, continuation, starts)), n)


def _places(pairs: Sequence[tuple[int, int]], device: torch.device | str) -> Places:
    # (place, 2) -> (2, place)
    return Places(*torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T.contiguous().to(device))


def _tensor(values: Sequence[int], device: torch.device | str) -> Tensor:
    return torch.tensor(values, dtype=torch.long).to(device)


def padded_length(rows: Sequence[Row], multiple: int) -> int:
    """Return the number of tokens to which the rows are padded in a batch."""
    return _padded(max(map(len, rows)), multiple)


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
