"""Run the feed-forward part of the last layer only for the tokens whose states are read: nothing follows it.

All tokens are still keys and values of the last layer's attention.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from crosslens.engine.hooks import Places

# What transformers calls the feed-forward part of a decoder layer; layers that call it otherwise run it for all tokens.
FEED_FORWARD = "mlp"


@contextmanager
def only_read(layer: nn.Module, places: Places) -> Iterator[None]:
    """Inside the `with` block, run a layer's feed-forward part at ``places`` only; elsewhere its output is zero.

    Places may be repeated. They go to the layer's device. A part that is given more than the states runs for all
    tokens.
    """
    part = getattr(layer, FEED_FORWARD, None)
    if not isinstance(part, nn.Module):
        yield
        return
    shape: list[torch.Size] = []

    def gather(module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict] | None:
        if len(args) != 1 or kwargs:
            return None
        (stream,) = args
        shape.append(stream.shape)
        # (row, token, d_model)[places] -> (1, place, d_model)
        return (stream[places.to(stream.device)][None],), {}

    def scatter(module: nn.Module, args: tuple, output: Tensor | tuple) -> Tensor | tuple:
        if not shape:
            return output
        read, rest = (output[0], output[1:]) if isinstance(output, tuple) else (output, None)
        stream = read.new_zeros(shape.pop())
        stream[places.to(read.device)] = read.reshape(-1, stream.shape[-1])
        return stream if rest is None else (stream, *rest)

    handles = [part.register_forward_pre_hook(gather, with_kwargs=True), part.register_forward_hook(scatter)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
