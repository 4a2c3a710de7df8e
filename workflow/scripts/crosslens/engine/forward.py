"""One forward pass over a batch of packed rows: states, latent log-probabilities, letters and steered letters.

Decides nothing about questions, languages or files; `inference` and `hidden_states` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from crosslens.engine.attention import masked_layers
from crosslens.engine.batches import Batch
from crosslens.engine.hooks import Places, Shift, residual_stream
from crosslens.engine.lens import Unembedding, mean_over, token_logprobs
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Row


@dataclass(frozen=True)
class Copies:
    """The shifts of every row's steering copies: ``delta[i]`` is added to copy i after block ``layer[i]``."""

    layer: Sequence[int]
    delta: Float[Tensor, "condition d_model"]


@dataclass(frozen=True)
class Pass:
    """The states that one pass read.

    prompt: per grid layer, the states of the last prompt tokens. queries: per grid layer, the states that predict the
    continuations' tokens. copies: the last layer's states of the steering copies, row by row.
    """

    prompt: dict[int, Float[Tensor, "row d_model"]]
    queries: dict[int, Float[Tensor, "query d_model"]]
    copies: Float[Tensor, "copy d_model"]


@torch.inference_mode()
def run(decoder: Decoder, batch: Batch, layers: Sequence[int], copies: Copies | None = None) -> Pass:
    """Run the decoder stack once and return the states that were read.

    The full model is never run, because its head would compute logits for every token. ``layers`` is the grid and ends
    with the last layer.
    """
    places = [_prompt_places(batch), _query_places(batch), _copy_places(batch)]
    sizes = [len(place.row) for place in places]
    all_places = Places(*(torch.cat(axis).to(decoder.device) for axis in zip(*places, strict=True)))
    shift = _shifts(batch, copies, decoder.device) if copies is not None else {}
    masks = decoder.masks(batch.positions, batch.ends)
    with (
        masked_layers(decoder.layers, masks),
        residual_stream(decoder.layers, dict.fromkeys(layers, all_places), shift) as states,
    ):
        # A four-dimensional mask stops the model from making its own; the layers get theirs from masked_layers.
        decoder.stack(input_ids=batch.tokens, position_ids=batch.positions, attention_mask=masks[0], use_cache=False)
    # Per layer: (row + query + copy, d_model) -> (row, d_model), (query, d_model), (copy, d_model)
    split = {layer: torch.split(states[layer], sizes) for layer in layers}
    return Pass(
        prompt={layer: parts[0] for layer, parts in split.items()},
        queries={layer: parts[1] for layer, parts in split.items()},
        copies=split[layers[-1]][2],
    )


@torch.inference_mode()
def letter_logprobs(
    decoder: Decoder, states: Float[Tensor, "state d_model"], letters: Int[Tensor, " choice"]
) -> Float[Tensor, "state choice"]:
    """Return log p(letter) over the vocabulary in nats, from last-layer states by the model's own norm and head."""
    n, j = len(states), len(letters)
    if n == 0:
        return torch.zeros(0, j, device=states.device)
    # One target per pair of state and choice: (state * choice) -> (state, choice)
    state = torch.arange(n, device=states.device).repeat_interleave(j)
    return token_logprobs(decoder.norm(states), decoder.head, state, letters.repeat(n)).view(n, j)


@torch.inference_mode()
def latent_logprobs(
    decoder: Decoder, batch: Batch, read: Pass, final_norm: bool = True, softcap: bool = True
) -> Float[Tensor, "layer continuation"]:
    """Return the mean log-probability per token, in nats, of every continuation at every grid layer (Eq. 7).

    Continuations are in the order of the rows. final_norm: whether the model's final norm is applied to the states
    first. softcap: whether its final soft-cap is applied.
    """
    head = decoder.head
    if not softcap:
        head = Unembedding(head.weight, head.bias, head.scale, None)
    state, token, continuation, n_continuations = (_to(decoder.device, x) for x in _targets(batch))
    latent = []
    for states in read.queries.values():
        states = decoder.norm(states) if final_norm else states
        # (query, d_model) -> (target) -> (continuation)
        latent.append(mean_over(token_logprobs(states, head, state, token), continuation, n_continuations))
    return torch.stack(latent)


def _to(device: torch.device, value):
    return torch.tensor(value, device=device) if isinstance(value, list) else value


def _targets(batch: Batch) -> tuple[list[int], list[int], list[int], int]:
    """Return, per token of every continuation, the query that predicts it, its id and the index of the continuation.

    The fourth value is the number of continuations.
    """
    state, token, continuation = [], [], []
    first, n_continuations = 0, 0
    for row in batch.rows:
        queries = {index: first + i for i, index in enumerate(query_indices(row))}
        for path, tokens in zip(row.paths, row.continuations, strict=True):
            state += [queries[index] for index in path]
            token += tokens
            continuation += [n_continuations] * len(tokens)
            n_continuations += 1
        first += len(queries)
    return state, token, continuation, n_continuations


def query_indices(row: Row) -> list[int]:
    """Return the indices within the row whose states predict any token of any continuation."""
    return sorted({index for path in row.paths for index in path})


def _prompt_places(batch: Batch) -> Places:
    return Places(torch.arange(len(batch.rows)), torch.tensor([row.last for row in batch.rows]))


def _query_places(batch: Batch) -> Places:
    pairs = [(i, index) for i, row in enumerate(batch.rows) for index in query_indices(row)]
    return Places(*torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T)


def _copy_places(batch: Batch) -> Places:
    pairs = [(i, index) for i, row in enumerate(batch.rows) for index in row.copies]
    return Places(*torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T)


def _shifts(batch: Batch, copies: Copies, device: torch.device) -> dict[int, Shift]:
    """Return, per layer, the places of the copies that are steered there and the vectors to add."""
    steered = [i for i, row in enumerate(batch.rows) if row.copies]
    shifts = {}
    for layer in sorted(set(copies.layer)) if steered else ():
        conditions = [i for i, at in enumerate(copies.layer) if at == layer]
        # Places and vectors in the order (steered row, condition of this layer), flattened
        row = torch.tensor(steered).repeat_interleave(len(conditions))
        column = torch.tensor([batch.rows[i].copies[condition] for i in steered for condition in conditions])
        # (condition, d_model) -> (steered row * condition, d_model)
        shifts[layer] = Shift(
            Places(row.to(device), column.to(device)), copies.delta[conditions].to(device).repeat(len(steered), 1)
        )
    return shifts
