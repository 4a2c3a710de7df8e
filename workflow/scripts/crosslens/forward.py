"""One forward pass over a batch of packed rows: states, latent log-probabilities, letters, steered letters.

Decides nothing about questions, languages or files; `inference` and `hidden_states` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from crosslens.attention import masked_layers
from crosslens.batches import Batch
from crosslens.hooks import Places, Shift, residual_stream
from crosslens.lens import Unembedding, mean_over, token_logprobs
from crosslens.models import Decoder


@dataclass(frozen=True)
class Copies:
    """What is added to every row's steering copies: copy i gets ``delta[i]`` after block ``layer[i]``."""

    layer: Sequence[int]
    delta: Float[Tensor, "condition d_model"]


@dataclass(frozen=True)
class Pass:
    """What one pass read.

    prompt: for every grid layer, the states of the last prompt tokens. queries: for every grid layer, the states that
    predict the answers' tokens. copies: the last layer's states of the steering copies, row after row.
    """

    prompt: dict[int, Float[Tensor, "row d_model"]]
    queries: dict[int, Float[Tensor, "query d_model"]]
    copies: Float[Tensor, "copy d_model"]


@torch.inference_mode()
def run(decoder: Decoder, batch: Batch, layers: Sequence[int], copies: Copies | None = None) -> Pass:
    """Run the decoder stack once; never the full model, whose head would make logits for every token.

    ``layers`` is the grid and ends with the last layer.
    """
    places = [_prompt_places(batch), _query_places(batch), _copy_places(batch)]
    sizes = [len(place.row) for place in places]
    here = Places(*(torch.cat(axis).to(decoder.device) for axis in zip(*places, strict=True)))
    shift = _shifts(batch, copies, decoder.device) if copies is not None else {}
    masks = decoder.masks(batch.positions, batch.ends)
    with (
        masked_layers(decoder.layers, masks),
        residual_stream(decoder.layers, dict.fromkeys(layers, here), shift) as states,
    ):
        # A four-dimensional mask stops the model from making its own; the layers get theirs from masked_layers.
        decoder.stack(input_ids=batch.tokens, position_ids=batch.positions, attention_mask=masks[0], use_cache=False)
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
    """log p(letter) over the full vocabulary from last-layer states, by the model's own norm and head."""
    n, j = len(states), len(letters)
    if n == 0:
        return torch.zeros(0, j, device=states.device)
    state = torch.arange(n, device=states.device).repeat_interleave(j)
    return token_logprobs(decoder.norm(states), decoder.head, state, letters.repeat(n)).view(n, j)


@torch.inference_mode()
def latent_logprobs(
    decoder: Decoder, batch: Batch, read: Pass, final_norm: bool = True, softcap: bool = True
) -> Float[Tensor, "layer answer"]:
    """Mean log-probability per token of every answer at every grid layer (Eq. 7), answers in row order.

    final_norm: apply the model's final norm to the states first. softcap: apply its final soft-cap.
    """
    head = decoder.head
    if not softcap:
        head = Unembedding(head.weight, head.bias, head.scale, None)
    state, token, answer, n_answers = (_to(decoder.device, x) for x in _targets(batch))
    latent = []
    for states in read.queries.values():
        states = decoder.norm(states) if final_norm else states
        latent.append(mean_over(token_logprobs(states, head, state, token), answer, n_answers))
    return torch.stack(latent)


def _to(device: torch.device, value):
    return torch.tensor(value, device=device) if isinstance(value, list) else value


def _targets(batch: Batch) -> tuple[list[int], list[int], list[int], int]:
    """For every token of every answer: the query that predicts it, its id, and the answer it belongs to."""
    state, token, answer = [], [], []
    first, n_answers = 0, 0
    for row in batch.rows:
        queries = {index: first + i for i, index in enumerate(_queries(row))}
        for path, tokens in zip(row.paths, row.answers, strict=True):
            state += [queries[index] for index in path]
            token += tokens
            answer += [n_answers] * len(tokens)
            n_answers += 1
        first += len(queries)
    return state, token, answer, n_answers


def _queries(row) -> list[int]:
    """The indices whose states predict any token of any answer."""
    return sorted({index for path in row.paths for index in path})


def _prompt_places(batch: Batch) -> Places:
    return Places(torch.arange(len(batch.rows)), torch.tensor([row.last for row in batch.rows]))


def _query_places(batch: Batch) -> Places:
    pairs = [(i, index) for i, row in enumerate(batch.rows) for index in _queries(row)]
    return Places(*torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T)


def _copy_places(batch: Batch) -> Places:
    pairs = [(i, index) for i, row in enumerate(batch.rows) for index in row.copies]
    return Places(*torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T)


def _shifts(batch: Batch, copies: Copies, device: torch.device) -> dict[int, Shift]:
    """Per layer, where which steering vector is added."""
    steered = [i for i, row in enumerate(batch.rows) if row.copies]
    shifts = {}
    for layer in sorted(set(copies.layer)) if steered else ():
        conditions = [i for i, at in enumerate(copies.layer) if at == layer]
        row = torch.tensor(steered).repeat_interleave(len(conditions))
        column = torch.tensor([batch.rows[i].copies[condition] for i in steered for condition in conditions])
        shifts[layer] = Shift(
            Places(row.to(device), column.to(device)), copies.delta[conditions].to(device).repeat(len(steered), 1)
        )
    return shifts
