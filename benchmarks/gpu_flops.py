"""The useful floating-point operations that a question needs, counted from shapes.

Padding, masked-out attention scores, recomputation and element-wise work are not counted, so that a share of the matmul
ceiling derived from this number is never too high. The feed-forward part of the last layer counts for the tokens that
are read.
"""

from crosslens.engine import sharing
from crosslens.engine.last_layer import FEED_FORWARD
from crosslens.engine.models import Decoder
from torch import nn

from benchmarks import one_pass
from benchmarks.work import Work


def useful(decoder: Decoder, work: Work) -> int:
    """Return the operations of one packed pass over all prompts, lens and letters included; a multiply-add is two."""
    layers = len(decoder.layers)
    weights = [_weights(layer) for layer in decoder.layers]
    last_part = _weights(getattr(decoder.layers[-1], FEED_FORWARD, nn.Identity()))
    vocabulary = 2 * decoder.head.weight.numel()
    total = 0
    for row in sharing.rows(one_pass.prompts(work), decoder.crossover, one_pass.LONGEST_ROW):
        lengths = [row.length_after(layer) if decoder.grows else len(row) for layer in range(layers)]
        for n, of_layer, window in zip(lengths, weights, decoder.windows, strict=True):
            total += 2 * of_layer * n + _attention(decoder, row.positions[:n], window)
        queries = sum(len(branches.queries) for branches in row.branches)
        copies = lengths[-1] - row.length_after(-1)
        read = sum(len({branches.last, *branches.queries}) for branches in row.branches) + copies
        total -= 2 * last_part * (lengths[-1] - read)
        total += vocabulary * (queries * len(work.layers) + len(row.prompts) * (1 + len(work.conditions)))
    return total


def _weights(layer: nn.Module) -> int:
    return sum(part.weight.numel() for part in layer.modules() if isinstance(part, nn.Linear))


def _attention(decoder: Decoder, positions: list[int], window: int | None) -> int:
    """Return the operations of one layer's scores and weighted sums.

    A token at depth p sees p + 1 tokens, or as many as the window holds.
    """
    config = decoder.stack.config
    width = config.num_attention_heads * getattr(config, "head_dim", config.hidden_size // config.num_attention_heads)
    seen = sum(position + 1 if window is None else min(position + 1, window) for position in positions)
    return 4 * width * seen
