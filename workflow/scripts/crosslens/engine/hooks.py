"""Read and edit the residual stream after chosen decoder layers, inside a `with` block only.

Layers are numbered 1..L; layer k is the output of block k. The final norm is not applied to the states that are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from crosslens.errors import CrosslensError
from crosslens.tables.conditions import ADD, PROJECT_OUT, REPLACE


class Places(NamedTuple):
    """Tokens of a batch: place i is token ``column[i]`` of row ``row[i]``."""

    row: Int[Tensor, " place"]
    column: Int[Tensor, " place"]

    def to(self, device: torch.device) -> "Places":
        """Return the places on a device; nothing is copied if they are there."""
        return Places(self.row.to(device), self.column.to(device))


class Edit(NamedTuple):
    """What is done to the residual stream: ``operation``, with ``vector[i]`` (float32) at place i.

    The state h that is at place i, or at place i of ``source`` if there is one, becomes h + v ("add"), v ("replace"),
    or h less its component along v ("project_out").
    """

    places: Places
    vector: Float[Tensor, "place d_model"]
    operation: str = ADD
    source: Places | None = None

    def to(self, device: torch.device) -> "Edit":
        """Return the edit on a device; nothing is copied if it is there."""
        source = None if self.source is None else self.source.to(device)
        return Edit(self.places.to(device), self.vector.to(device), self.operation, source)

    def of(self, states: Float[Tensor, "place d_model"]) -> Float[Tensor, "place d_model"]:
        """Return the edited states."""
        if self.operation == REPLACE:
            return self.vector.to(states.dtype)
        if self.operation == PROJECT_OUT:
            unit = torch.nn.functional.normalize(self.vector.to(states.dtype), dim=-1)
            return states - (states * unit).sum(dim=-1, keepdim=True) * unit
        return states + self.vector


@contextmanager
def residual_stream(
    layers: nn.ModuleList,
    read: Mapping[int, Places],
    edits: Mapping[int, Sequence[Edit]],
    lengths: Mapping[int, int] | None = None,
) -> Iterator[dict[int, Float[Tensor, "place d_model"]]]:
    """Yield a dictionary that a forward pass fills with the states of ``read[k]`` after block k.

    ``edits[k]`` are done to the stream after block k before the states are read, in float32 and rounded once. Before
    that, the stream is filled up with zeros to ``lengths[k]`` tokens, if it has fewer. The hooks are removed on
    leaving. Places and vectors go to the device of the layer, where the states that are read stay. Raises
    CrosslensError if a layer returns something other than hidden states.
    """
    states: dict[int, Tensor] = {}
    lengths = lengths or {}
    handles = [
        layers[layer - 1].register_forward_hook(
            _hook(layer, read.get(layer), edits.get(layer, ()), lengths.get(layer, 0), states)
        )
        for layer in sorted({*read, *edits, *lengths})
    ]
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()


def _hook(layer: int, read: Places | None, edits: Sequence[Edit], length: int, states: dict[int, Tensor]):
    def hook(module: nn.Module, args: tuple, output: object) -> Tensor | tuple:
        stream, rest = _unwrap(module, output)
        if length > stream.shape[1]:
            stream = nn.functional.pad(stream, (0, 0, 0, length - stream.shape[1]))
        elif edits:
            stream = stream.clone()
        for edit in edits:
            here = edit.to(stream.device)
            # (row, token, d_model)[places] -> (place, d_model)
            before = stream[here.places if here.source is None else here.source]
            stream[here.places] = here.of(widen(before)).to(stream.dtype)
        if read is not None:
            states[layer] = stream[read.to(stream.device)]
        return stream if rest is None else (stream, *rest)

    return hook


def _unwrap(module: nn.Module, output: object) -> tuple[Tensor, tuple | None]:
    stream, rest = (output[0], output[1:]) if isinstance(output, tuple) and output else (output, None)
    if not isinstance(stream, Tensor):
        raise CrosslensError(
            f"{type(module).__name__} returned {type(output).__name__} instead of a tensor of hidden states; "
            "this type of model is not supported."
        )
    if stream.ndim != 3:
        raise CrosslensError(
            f"{type(module).__name__} returned a tensor of shape {list(stream.shape)} instead of [row, token, "
            "d_model]; a model with several residual streams is not supported."
        )
    return stream, rest


def widen(values: Tensor) -> Tensor:
    """Return the values in float32, or unchanged if they are float64 (as in tests)."""
    return values if values.dtype == torch.float64 else values.float()
