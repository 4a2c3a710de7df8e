"""Attention masks of packed rows, the implementation that takes them, and how they reach a model's layers.

Dense masks for sdpa (boolean) and eager (additive) attention, block masks for flex_attention. A model's own mask making
is bypassed: it windows by index and knows no trees.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from crosslens.errors import CrosslensError

SLIDING, FULL = "sliding_attention", "full_attention"
IMPLEMENTATIONS = ("sdpa", "eager", "flex_attention")
# The side of flex_attention's blocks of queries and keys, in tokens.
FLEX_BLOCK = 128


def choose(config, implementation: str = "auto", device: str = "cpu") -> str:
    """What "auto" means: sdpa; for models that soft-cap attention scores, which sdpa cannot, flex_attention or eager.

    flex_attention where ``device`` is cuda: it holds no scores in memory, but has to be compiled. Any other name than
    auto is kept. Raises CrosslensError for implementations that cannot honour the tree mask.
    """
    text = config.get_text_config(decoder=True)
    capped = getattr(text, "attn_logit_softcapping", None) is not None
    if implementation == "auto":
        of_capped = "flex_attention" if device == "cuda" else "eager"
        return of_capped if capped else "sdpa"
    if implementation not in IMPLEMENTATIONS:
        raise CrosslensError(
            f"attention implementation '{implementation}' cannot honour the mask of prompts with branches; "
            f"use one of {', '.join(IMPLEMENTATIONS)}."
        )
    if implementation == "sdpa" and capped:
        raise CrosslensError(
            f"model type '{text.model_type}' soft-caps its attention scores, which sdpa cannot; "
            "use eager or flex_attention."
        )
    return implementation


def windows(config) -> list[int | None]:
    """Per layer, how many positions back it sees (None: all), from a Hugging Face text config.

    Raises CrosslensError for a layer type that is neither full nor sliding attention: the tree cannot be expressed
    there.
    """
    window = getattr(config, "sliding_window", None)
    types = getattr(config, "layer_types", None)
    if types is None:
        return [window] * config.num_hidden_layers
    unknown = set(types) - {SLIDING, FULL}
    if unknown:
        raise CrosslensError(
            f"model type '{config.model_type}' has layers of type {sorted(unknown)}; "
            f"only {FULL} and {SLIDING} can run prompts and answers in one pass."
        )
    return [window if kind == SLIDING else None for kind in types]


def tree_mask(
    positions: Int[Tensor, "row token"], ends: Int[Tensor, "row token"], window: int | None
) -> Bool[Tensor, "row 1 token token"]:
    """True where a token (third axis) may attend to another (fourth axis): see `packing`.

    The window counts positions, that is depth in the tree, not indices.
    """
    index = torch.arange(positions.shape[1], device=positions.device)
    allowed = (index[None, None, :] <= index[None, :, None]) & (index[None, :, None] < ends[:, None, :])
    if window is not None:
        allowed &= positions[:, :, None] - positions[:, None, :] < window
    return allowed[:, None]


def mask(positions: Tensor, ends: Tensor, window: int | None, implementation: str, dtype: torch.dtype):
    """The mask of packed rows (see `tree_mask`) in the form that the attention implementation takes."""
    allowed = tree_mask(positions, ends, window)
    if implementation == "eager":
        return as_additive(allowed, dtype)
    return as_blocks(allowed) if implementation == "flex_attention" else allowed


def as_additive(allowed: Bool[Tensor, "..."], dtype: torch.dtype) -> Tensor:
    """0 where allowed and the dtype's minimum elsewhere: eager attention adds the mask to its scores."""
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill_(~allowed, torch.finfo(dtype).min)


def as_blocks(allowed: Bool[Tensor, "row 1 token token"]):
    """The same mask for flex_attention (torch's BlockMask), which skips blocks where nothing is allowed."""
    from torch.nn.attention.flex_attention import create_block_mask  # imports the compiler: only who needs it waits

    n, _, queries, keys = allowed.shape
    return create_block_mask(
        lambda row, head, query, key: allowed[row, 0, query, key], n, None, queries, keys, device=allowed.device
    )


@contextmanager
def masked_layers(layers: nn.ModuleList, masks: list) -> Iterator[None]:
    """Within the context, layer i attends under ``masks[i]``, whatever its caller passes as ``attention_mask``."""
    handles = [
        layer.register_forward_pre_hook(_replace_mask(mask), with_kwargs=True)
        for layer, mask in zip(layers, masks, strict=True)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _replace_mask(mask):
    def hook(module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        if "attention_mask" not in kwargs:
            raise CrosslensError(
                f"{type(module).__name__} is not called with an attention_mask keyword; cannot run it."
            )
        return args, {**kwargs, "attention_mask": mask}

    return hook
