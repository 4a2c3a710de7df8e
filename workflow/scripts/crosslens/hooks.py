"""Reads and shifts the residual stream after chosen decoder layers, inside a `with` block only.

Layers are numbered 1..L as the output of block k. The final norm is not applied to what is read.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from crosslens.errors import CrosslensError


class Places(NamedTuple):
    """Tokens of a batch: token ``column[i]`` of row ``row[i]``."""

    row: Int[Tensor, " place"]
    column: Int[Tensor, " place"]


class Shift(NamedTuple):
    """What to add where: ``delta[i]`` (float32) at ``places[i]``."""

    places: Places
    delta: Float[Tensor, "place d_model"]


@contextmanager
def residual_stream(
    layers: nn.ModuleList, read: Mapping[int, Places], shift: Mapping[int, Shift]
) -> Iterator[dict[int, Float[Tensor, "place d_model"]]]:
    """Yield a dictionary that a forward pass fills with the states of ``read[k]`` after block k.

    ``shift[k]`` is added to the stream after block k first, in float32, rounded once. The hooks are removed on leaving.
    """
    states: dict[int, Tensor] = {}
    handles = [
        layers[layer - 1].register_forward_hook(_hook(layer, read.get(layer), shift.get(layer), states))
        for layer in sorted({*read, *shift})
    ]
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()


def _hook(layer: int, read: Places | None, shift: Shift | None, states: dict[int, Tensor]):
    def hook(module: nn.Module, args: tuple, output: object) -> Tensor | tuple:
        stream, rest = _unwrap(module, output)
        if shift is not None:
            shifted = (widen(stream[shift.places]) + shift.delta).to(stream.dtype)
            stream = stream.index_put(shift.places, shifted)
        if read is not None:
            states[layer] = stream[read]
        return stream if rest is None else (stream, *rest)

    return hook


def _unwrap(module: nn.Module, output: object) -> tuple[Tensor, tuple | None]:
    if isinstance(output, Tensor):
        return output, None
    if isinstance(output, tuple) and output and isinstance(output[0], Tensor):
        return output[0], output[1:]
    raise CrosslensError(
        f"{type(module).__name__} returns {type(output).__name__}, expected a tensor of hidden states."
    )


def widen(values: Tensor) -> Tensor:
    """At least float32: float64 models (tests) stay float64."""
    return values if values.dtype == torch.float64 else values.float()
