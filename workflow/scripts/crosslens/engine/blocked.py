"""Attention on a CPU in blocks of queries, each of which reads only the keys that one of them may attend to.

torch's sdpa takes the scores of all pairs of tokens, whatever the mask forbids, which in a packed row are most of them.
Results are those of the whole mask to rounding. GPUs skip blocks with flex_attention.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

# Number of queries per block. Fewer skip more keys, but each block takes an operation of its own.
QUERIES = 128


class Block(NamedTuple):
    """Queries from ``first`` up to ``end``, the keys that they may attend to, up to ``last_key``, and the mask.

    The mask is in the form that is added to the scores.
    """

    first: int
    end: int
    keys: slice | Int[Tensor, " key"]
    last_key: int
    mask: Float[Tensor, "row 1 query key"]


class BlockedMask(torch.Tensor):
    """A boolean mask (row, 1, query, key) that sdpa applies block by block; to all else it is the mask itself.

    Every query may attend to a key. The mask between the first n tokens shares the blocks that it has in common with
    the whole one.
    """

    _whole: "BlockedMask | None"
    _parts: dict[int, "BlockedMask"]
    _blocks: list[Block]

    @staticmethod
    def __new__(cls, allowed: Bool[Tensor, "row 1 token token"], whole: "BlockedMask | None" = None) -> "BlockedMask":
        self = torch.Tensor._make_subclass(cls, allowed)
        self._whole, self._parts, self._blocks = whole, {}, []
        return self

    def first(self, n: int) -> "BlockedMask":
        """Return the mask between the first ``n`` tokens; it is made once."""
        if n not in self._parts:
            self._parts[n] = BlockedMask(self[..., :n, :n], whole=self)
        return self._parts[n]

    def blocks(self, dtype: torch.dtype) -> list[Block]:
        """Return the blocks, for scores of a dtype; they are made once."""
        if not self._blocks:
            n, same = self.shape[-1], {}
            if self._whole is not None:
                same = {(block.first, block.end): block for block in self._whole.blocks(dtype) if block.last_key < n}
            ranges = [(first, min(first + QUERIES, n)) for first in range(0, n, QUERIES)]
            self._blocks = [same.get(queries) or self._block(*queries, dtype) for queries in ranges]
        return self._blocks

    def _block(self, first: int, end: int, dtype: torch.dtype) -> Block:
        allowed = self[:, :, first:end]
        # (row, 1, query, key) -> (key)
        index = torch.nonzero(allowed.flatten(0, 2).any(dim=0))[:, 0]
        first_key, last_key = int(index[0]), int(index[-1])
        keys = slice(first_key, last_key + 1) if len(index) == last_key + 1 - first_key else index
        allowed = allowed[..., keys]
        mask = torch.zeros(allowed.shape, dtype=dtype).masked_fill_(~allowed, torch.finfo(dtype).min)
        return Block(first, end, keys, last_key, mask)

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function is scaled_dot_product_attention:
            return _attention(*args, **(kwargs or {}))
        with torch._C.DisableTorchFunctionSubclass():
            return function(*args, **(kwargs or {}))


def _attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: BlockedMask, **options) -> Tensor:
    """Return scaled_dot_product_attention of tensors (row, head, token, d_head)."""
    # With one token, transformers counts heads on the axis of queries.
    if query.shape[2] != attn_mask.shape[-2] or query.shape[2] <= QUERIES:
        return scaled_dot_product_attention(query, key, value, attn_mask.as_subclass(Tensor), **options)
    of_blocks = [
        scaled_dot_product_attention(
            query[:, :, block.first : block.end],
            _at(key, block.keys),
            _at(value, block.keys),
            attn_mask=block.mask,
            **options,
        )
        for block in attn_mask.blocks(query.dtype)
    ]
    return torch.cat(of_blocks, dim=2)


def _at(values: Tensor, keys: slice | Tensor) -> Tensor:
    """Return the values of some tokens: (row, head, token, d_head) -> (row, head, key, d_head)."""
    return values[:, :, keys] if isinstance(keys, slice) else values.index_select(2, keys)
