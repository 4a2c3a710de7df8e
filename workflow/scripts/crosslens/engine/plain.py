"""Plain forward passes: each prompt, continuation and steering copy alone, unpadded, in a pass of its own.

Several times as dear as packed rows, but right for every causal model: the model makes its own masks and positions, and
nothing that it reads depends on other rows. The row of a prompt lists its passes one after the other, so that batches
and places are those of packed rows:

    [ prompt | prompt, continuation 1 | prompt, continuation 2 | … | prompt to steer | prompt to steer | … ]
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from crosslens.engine.batches import Batch
from crosslens.engine.hooks import Edit, Places, residual_stream
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Branches, Prompt, Row, Tokens

# The edits of one copy, by layer: a function of the copy's index in the batch and of its place in its pass.
Steer = Callable[[int, Places], Mapping[int, Sequence[Edit]]]
# Of places in the order of a batch, by layer: [place, d_model].
States = dict[int, Tensor]


def row(prompt: Prompt) -> Row:
    """Return the row of a prompt's passes. Continuations share one if it reads the same tokens for both."""
    tokens, positions, ends = [], [], []

    def append(read: Tokens) -> int:
        """Append a pass and return its first index. Nothing outside of it sees its tokens."""
        first = len(tokens)
        tokens.extend(read)
        positions.extend(range(len(read)))
        ends.extend([first + len(read)] * len(read))
        return first

    n = len(prompt.tokens)
    firsts = {(): append(prompt.tokens)}
    paths = []
    for continuation in prompt.continuations:
        read = tuple(continuation[:-1])
        if read not in firsts:
            firsts[read] = append([*prompt.tokens, *read])
        last = firsts[read] + n - 1
        paths.append(list(range(last, last + len(continuation))))
    first_copy = len(tokens) + n - 1
    for _ in prompt.conditions:
        append(prompt.tokens)
    queries = sorted({index for path in paths for index in path})
    copies = range(first_copy, len(tokens), n)
    return Row(tokens, positions, range(len(tokens)), ends, [prompt], [Branches(n - 1, paths, queries, copies)])


def run(
    decoder: Decoder, batch: Batch, layers: Sequence[int], steer: Steer | None = None
) -> tuple[States, States, Float[Tensor, "copy d_model"]]:
    """Run every pass of the batch's rows; return the states of its prompts, queries and copies: see `forward.Pass`.

    The prompts' and queries' are those of ``layers`` and of the last layer, the copies' those of the last layer only.
    Raises ValueError for a row that is not made by `row`.
    """
    last_layer = len(decoder.layers)
    read = sorted({*layers, last_layer})
    prompts, queries, copies = map(_pairs, (batch.last, batch.queries, batch.copies))
    wanted, copy_at = {*prompts, *queries, *copies}, {place: copy for copy, place in enumerate(copies)}
    states: dict[tuple[int, int], Tensor] = {}
    for i, each in enumerate(batch.rows):
        for first, end in _passes(each):
            columns = [column - first for column in range(first, end) if (i, column) in wanted]
            copy = copy_at.get((i, end - 1)) if steer else None
            edits = {} if copy is None else steer(copy, _places(decoder, columns))
            of_pass = _states(decoder, each.tokens[first:end], columns, read, edits)
            states |= {(i, first + column): of_pass[:, k] for k, column in enumerate(columns)}
    # (layer, d_model) of each place -> (layer, place, d_model)
    none = torch.zeros(len(read), 0, decoder.head.weight.shape[1], dtype=decoder.dtype, device=decoder.device)
    of_prompts, of_queries, of_copies = (
        torch.stack([states[place] for place in places], dim=1) if places else none
        for places in (prompts, queries, copies)
    )
    return dict(zip(read, of_prompts, strict=True)), dict(zip(read, of_queries, strict=True)), of_copies[-1]


def _passes(row: Row) -> Iterator[tuple[int, int]]:
    """Yield the first index of every pass of a row, and the one behind its last."""
    first = 0
    while first < len(row):
        end = row.ends[first]
        if row.ends[first:end] != [end] * (end - first):
            raise ValueError("a row with branches cannot be read in plain passes")
        yield first, end
        first = end


def _states(
    decoder: Decoder,
    tokens: Tokens,
    columns: Sequence[int],
    layers: Sequence[int],
    edits: Mapping[int, Sequence[Edit]],
) -> Float[Tensor, "layer place d_model"]:
    """Run one pass over ``tokens`` and return the states at ``columns``, on the decoder's device."""
    decoder.forget_rows()
    with residual_stream(decoder.layers, dict.fromkeys(layers, _places(decoder, columns)), edits) as states:
        decoder.stack(input_ids=torch.tensor([list(tokens)], device=decoder.device), use_cache=False)
    return torch.stack([states[layer].to(decoder.device) for layer in layers])


def _places(decoder: Decoder, columns: Sequence[int]) -> Places:
    column = torch.tensor(columns, device=decoder.device)
    return Places(torch.zeros_like(column), column)


def _pairs(places: Places) -> list[tuple[int, int]]:
    return list(zip(places.row.tolist(), places.column.tolist(), strict=True))
