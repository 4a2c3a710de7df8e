"""One forward pass over a batch of packed rows: states, latent log-probabilities, letters and steered letters.

For a model that does not allow packed rows, `plain` reads the same states in many passes. Decides nothing about
questions, languages or files; `inference` and `hidden_states` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from crosslens.engine import plain, sharing
from crosslens.engine.attention import masked_layers
from crosslens.engine.batches import Batch
from crosslens.engine.hooks import Edit, Places, residual_stream
from crosslens.engine.last_layer import only_read
from crosslens.engine.lens import log_normalizer, mean_over, token_logits, token_logprobs
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Prompt, Row


@dataclass(frozen=True)
class Copies:
    """The edits of the steering copies: after block ``layer[i]``, ``operation[i]`` is done to copies of condition i.

    Condition i has a vector of its own, ``vector[i]``; a vector that differs between prompts is as many conditions.
    """

    layer: Sequence[int]
    vector: Float[Tensor, "condition d_model"]
    operation: Sequence[str]


@dataclass(frozen=True)
class Pass:
    """The states that one pass read, in the order of the batch's prompts.

    prompt: per layer, the states of the last prompt tokens. queries: per layer, the states that predict the
    continuations' tokens. copies: the last layer's states of the steering copies. The last layer is always among the
    layers.
    """

    prompt: dict[int, Float[Tensor, "prompt d_model"]]
    queries: dict[int, Float[Tensor, "query d_model"]]
    copies: Float[Tensor, "copy d_model"]

    @property
    def final(self) -> Float[Tensor, "state d_model"]:
        """Return the last layer's states of the prompts, followed by those of the copies."""
        return torch.cat([self.prompt[max(self.prompt)], self.copies])


@torch.inference_mode()
def run(decoder: Decoder, batch: Batch, layers: Sequence[int], copies: Copies | None = None) -> Pass:
    """Run the decoder stack and return the states of ``layers`` and of the last layer, on the decoder's device.

    It is run once, or, if `Decoder.why_plain` says why, in a plain pass for every prompt, continuation and copy. In one
    pass a copy is made after the layer at which it is steered, from the state of its prompt's last token, if the model
    allows it (`Decoder.grows`); otherwise, and without ``copies``, it is in the row from the beginning. The full model
    is never run, because its head would compute logits for every token.
    """
    if decoder.why_plain is not None:
        return Pass(*plain.run(decoder, batch, layers, copies and _steer(batch, copies)))
    last_layer = len(decoder.layers)
    read = {layer: _joined([batch.last, batch.queries]) for layer in layers}
    read[last_layer] = _joined([batch.last, batch.queries, batch.copies])
    edits = {} if copies is None else _edits(batch, copies)
    masks = decoder.masks(batch.positions, batch.places, batch.ends)
    tokens, lengths, in_last_layer = batch.tokens, {}, batch.tokens.shape[1]
    if decoder.grows and copies is not None:
        tokens = tokens[:, : batch.length_after(0)]
        lengths = {layer: batch.length_after(layer) for layer in edits}
        in_last_layer = batch.length_after(last_layer - 1)
    with (
        masked_layers(decoder.layers, masks),
        only_read(decoder.layers[-1], _read_among_first(batch, in_last_layer)),
        residual_stream(decoder.layers, read, edits, lengths) as states,
    ):
        # A four-dimensional mask stops the model from making its own. masked_layers gives the layers theirs, and the
        # positions of the tokens that are in the row by then.
        decoder.stack(input_ids=tokens, position_ids=batch.positions, attention_mask=masks[0], use_cache=False)
    n, end = len(batch.prompts), len(batch.prompts) + len(batch.queries.row)
    states = {layer: values.to(decoder.device) for layer, values in states.items()}
    # Per layer: (prompt + query + copy, d_model) -> (prompt, d_model), (query, d_model), (copy, d_model)
    return Pass(
        prompt={layer: values[:n] for layer, values in states.items()},
        queries={layer: values[n:end] for layer, values in states.items()},
        copies=states[last_layer][end:],
    )


def rows(decoder: Decoder, prompts: Sequence[Prompt], token_budget: int) -> list[Row]:
    """Return the rows of all prompts, of at most ``token_budget`` tokens if several share one: packed or plain ones."""
    if decoder.why_plain is not None:
        return [plain.row(prompt) for prompt in prompts]
    return sharing.rows(prompts, decoder.crossover, token_budget)


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
    return token_logprobs(decoder.normed(states), decoder.head, state, letters.repeat(n)).view(n, j)


class Latent(NamedTuple):
    """Latent log-probabilities of continuations, in nats: the mean over their tokens, and that of the first token."""

    mean: Float[Tensor, "layer continuation"]
    first: Float[Tensor, "layer continuation"]


@torch.inference_mode()
def latent_logprobs(
    decoder: Decoder,
    batch: Batch,
    read: Pass,
    layers: Sequence[int],
    final_norm: bool = True,
    softcap: bool = True,
) -> Latent:
    """Return the log-probabilities of every continuation at each of ``layers`` (Eq. 7).

    Continuations are in the order of the batch's prompts. final_norm: whether the model's final norm is applied to the
    states first. softcap: whether its final soft-cap is applied.
    """
    head = decoder.head if softcap else replace(decoder.head, softcap=None)
    targets = batch.targets
    states = [decoder.normed(read.queries[layer]) if final_norm else read.queries[layer] for layer in layers]
    # All layers together: (layer * query, d_model) -> (layer * query) -> (layer, query)
    normalizers = log_normalizer(torch.cat(states), head).view(len(layers), len(states[0]))
    mean, first = [], []
    for of_layer, normalizer in zip(states, normalizers, strict=True):
        # (query, d_model) -> (target) -> (continuation)
        logits = token_logits(of_layer, head, targets.query, targets.token)
        of_tokens = logits - normalizer[targets.query]
        mean.append(mean_over(of_tokens, targets.continuation, targets.n))
        first.append(of_tokens[targets.first])
    return Latent(torch.stack(mean), torch.stack(first))


def _read_among_first(batch: Batch, n: int) -> Places:
    """Return the places that are read among the first ``n`` tokens of the rows; for a later copy, what it copies."""
    copies = Places(batch.copies.row, torch.where(batch.copies.column < n, batch.copies.column, batch.copied.column))
    return _joined([batch.last, batch.queries, copies])


def _joined(places: Sequence[Places]) -> Places:
    return Places(*(torch.cat(axis) for axis in zip(*places, strict=True)))


def _edits(batch: Batch, copies: Copies) -> dict[int, list[Edit]]:
    """Return, per layer, an edit per operation, with the places of the copies and their vectors."""
    # On the host, so that the GPU is not waited for
    kinds = list(zip(copies.layer, copies.operation, strict=True))
    distinct = sorted(set(kinds))
    # (condition)[copy] -> (copy)
    kind_of_copy = torch.tensor([distinct.index(kind) for kind in kinds])[batch.conditions]
    edits: dict[int, list[Edit]] = {}
    for kind, (layer, operation) in enumerate(distinct):
        edited = torch.nonzero(kind_of_copy == kind)[:, 0]
        conditions, edited = (index.to(copies.vector.device) for index in (batch.conditions[edited], edited))
        copied, last = (Places(*(axis[edited] for axis in places)) for places in (batch.copies, batch.copied))
        # (condition, d_model)[condition of each copy] -> (copy of this kind, d_model)
        edit = Edit(copied, copies.vector[conditions], operation, source=last)
        edits.setdefault(layer, []).append(edit)
    return edits


def _steer(batch: Batch, copies: Copies) -> plain.Steer:
    """Return a function of a copy and of its place in a row of its own: the edit of its condition there."""

    def edit(copy: int, place: Places) -> dict[int, list[Edit]]:
        condition = int(batch.conditions[copy])
        vector = copies.vector[condition : condition + 1]
        return {copies.layer[condition]: [Edit(place, vector, copies.operation[condition])]}

    return edit
