"""Attention masks of packed rows, the attention implementations that accept them, and how they reach a model's layers.

Masks are dense for sdpa (boolean) and eager (additive) attention, and block masks for flex_attention. The model's own
mask construction is bypassed, because it measures sliding windows by index and does not know about trees.
"""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from crosslens.engine.architecture import FULL, SLIDING
from crosslens.engine.blocked import BlockedMask
from crosslens.errors import CrosslensError

IMPLEMENTATIONS = ("sdpa", "eager", "flex_attention")
# Side length, in tokens, of flex_attention's blocks of queries and keys.
FLEX_BLOCK = 128
# What a decoder layer may be given beside the hidden states: values per token, which one axis counts, and others.
POSITIONS = {"position_embeddings": -2, "position_ids": -1}
NOT_PER_TOKEN = {"past_key_values", "layer_past", "use_cache", "output_attentions", "kwargs"}


def choose(config, implementation: str = "auto", device: str = "cpu", packed: bool = True) -> str:
    """Return the attention implementation to use: resolve "auto" and check any other name.

    "auto" means sdpa, except for models that soft-cap their attention scores, which sdpa does not support: these get
    flex_attention if ``device`` is cuda (it keeps no scores in memory, but has to be compiled) and eager otherwise.
    Rows that are not ``packed`` get eager attention instead: they have all lengths, for each of which flex_attention
    would be compiled. Raises CrosslensError if the implementation cannot apply the tree mask or the soft-cap.
    """
    text = config.get_text_config(decoder=True)
    capped = getattr(text, "attn_logit_softcapping", None) is not None
    if implementation == "auto":
        if_capped = "flex_attention" if device == "cuda" and packed else "eager"
        return if_capped if capped else "sdpa"
    if implementation not in IMPLEMENTATIONS:
        raise CrosslensError(
            f"attention implementation '{implementation}' cannot apply the mask of prompts with branches; "
            f"use one of {', '.join(IMPLEMENTATIONS)}."
        )
    if implementation == "sdpa" and capped:
        raise CrosslensError(
            f"model type '{text.model_type}' soft-caps its attention scores, which sdpa does not support; "
            "use eager or flex_attention."
        )
    return implementation


def windows(config) -> list[int | None]:
    """Return, per layer, how many positions back it attends (None: all), from a Hugging Face text config.

    Raises CrosslensError if a layer is neither full nor sliding attention: it could not express the tree.
    """
    window = getattr(config, "sliding_window", None)
    types = getattr(config, "layer_types", None)
    if types is None:
        return [window] * config.num_hidden_layers
    unknown = set(types) - {SLIDING, FULL}
    if unknown:
        raise CrosslensError(
            f"model type '{config.model_type}' has layers of type {sorted(unknown)}; rows can be packed only if all "
            f"layers are {FULL} or {SLIDING}. Set 'forward: plain' in its entry."
        )
    return [window if kind == SLIDING else None for kind in types]


def tree_mask(
    positions: Int[Tensor, "row token"],
    places: Int[Tensor, "row token"],
    ends: Int[Tensor, "row token"],
    window: int | None,
) -> Bool[Tensor, "row 1 token token"]:
    """Return True where the token on the third axis may attend to the token on the fourth: see `packing`.

    The window counts positions, that is, depth in the tree, not indices.
    """
    # (row, query, key): places[key] <= places[query] < ends[key]
    query = places[:, :, None]
    allowed = (places[:, None, :] <= query) & (query < ends[:, None, :])
    if window is not None:
        allowed &= positions[:, :, None] - positions[:, None, :] < window
    # (row, query, key) -> (row, 1, query, key): one mask for all heads
    return allowed[:, None]


def mask(positions: Tensor, places: Tensor, ends: Tensor, window: int | None, implementation: str, dtype: torch.dtype):
    """Return the mask of packed rows (see `tree_mask`) in the form that the attention implementation expects."""
    allowed = tree_mask(positions, places, ends, window)
    if implementation == "eager":
        return as_additive(allowed, dtype)
    if implementation == "flex_attention":
        return as_blocks(allowed)
    return BlockedMask(allowed) if allowed.device.type == "cpu" else allowed


def as_additive(allowed: Bool[Tensor, "..."], dtype: torch.dtype) -> Tensor:
    """Return 0 where attention is allowed and the dtype's minimum elsewhere: eager attention adds it to its scores."""
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill_(~allowed, torch.finfo(dtype).min)


def as_blocks(allowed: Bool[Tensor, "row 1 token token"]):
    """Return the same mask for flex_attention (torch's BlockMask), which skips blocks where nothing is allowed."""
    # Imported here because it pulls in the compiler, which takes seconds.
    from torch.nn.attention.flex_attention import create_block_mask

    n, _, queries, keys = allowed.shape
    return create_block_mask(
        lambda row, head, query, key: allowed[row, 0, query, key], n, None, queries, keys, device=allowed.device
    )


@contextmanager
def masked_layers(layers: nn.ModuleList, masks: list) -> Iterator[None]:
    """Make layer i attend under ``masks[i]`` inside the `with` block, whatever ``attention_mask`` its caller passes.

    A layer that gets only the first tokens of the rows attends under their part of the mask, and gets their part of the
    positions. Raises CrosslensError if a layer is called without an ``attention_mask``.
    """
    handles = [
        layer.register_forward_pre_hook(_replace_mask(mask, inspect.signature(layer.forward)), with_kwargs=True)
        for layer, mask in zip(layers, masks, strict=True)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def takes_mask(layer: nn.Module) -> bool:
    """Return whether a layer has an argument ``attention_mask``."""
    return "attention_mask" in inspect.signature(layer.forward).parameters


def takes_longer_rows(layer: nn.Module) -> bool:
    """Return whether a layer may get rows that have grown since the embedding: whether all that it gets is known."""
    given = set(inspect.signature(layer.forward).parameters)
    return "position_embeddings" in given and given <= {"hidden_states", "attention_mask", *POSITIONS, *NOT_PER_TOKEN}


def _replace_mask(mask, signature: inspect.Signature):
    def hook(module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        given = signature.bind(*args, **kwargs)
        if "attention_mask" not in given.arguments:
            raise CrosslensError(
                f"{type(module).__name__} is called without an attention_mask, so its mask cannot be replaced. Set "
                "'forward: plain' in the model's entry."
            )
        # (row, token, d_model): the first argument of every decoder layer
        n = next(iter(given.arguments.values())).shape[1]
        given.arguments["attention_mask"] = mask
        if n < mask.shape[-1]:
            given.arguments["attention_mask"] = _among_first(mask, n)
            for name, axis in POSITIONS.items():
                if given.arguments.get(name) is not None:  # layers without positions are given none
                    given.arguments[name] = _first(given.arguments[name], axis, n)
        return given.args, given.kwargs

    return hook


def _among_first(mask: Tensor, n: int) -> Tensor:
    """Return the mask between the first ``n`` tokens."""
    return mask.first(n) if isinstance(mask, BlockedMask) else mask[..., :n, :n]


def _first(values: Tensor | Sequence[Tensor], axis: int, n: int) -> Tensor | tuple[Tensor, ...]:
    """Return the values of the first ``n`` tokens, which an axis counts; several tensors are a tuple again."""
    if isinstance(values, Tensor):
        return values.narrow(axis, 0, n)
    return tuple(_first(each, axis, n) for each in values)
