"""What a model's config says about the passes it allows: packed rows, plain rows only, or none that is read correctly.

Works on config.json and on the config that transformers makes of it, without importing either; `experiment` asks when
the workflow is parsed, `models` when the weights are loaded. The run-time check finds what a config does not say.
"""

from collections.abc import Iterator, Mapping

SLIDING, FULL = "sliding_attention", "full_attention"
FORCED = "the model's entry says so"
# "attention" is Granite 4's name of FULL.
ATTENTION = {SLIDING, FULL, "attention"}
LAYER_TYPES = ("layer_types", "layers_block_type", "block_types")
# Keys of configs that do not list their layers, or list them only once transformers has read them.
OTHER_LAYERS = {
    "recurrent": ("mamba_d_state", "mamba_d_ssm", "ssm_state_size", "state_size", "lru_width", "linear_num_key_heads"),
    "convolutional": ("conv_L_cache",),
    "chunked": ("attention_chunk_size",),
}
RECURRENT_TYPES = ("rwkv", "xlstm", "mamba", "mamba2", "falcon_mamba")
# Rotary embeddings that rotate by other angles if the row is longer.
ROPE_BY_LENGTH = ("dynamic", "longrope", "su")
# Numbers of residual streams: Gemma 3n's, and hyper-connections.
STREAMS = ("altup_num_inputs", "hc_mult", "hc_count")
CAPACITY = ("expert_capacity", "capacity_factor", "moe_capacity_factor")


def why_refused(config: Mapping) -> str | None:
    """Return why neither packed nor plain rows of the model can be read, or None if they can."""
    text = text_part(config)
    if config.get("is_encoder_decoder"):
        return "it is an encoder-decoder: there is no one stack of layers that reads the prompt and predicts the answer"
    if text.get("use_bidirectional_attention") in (True, "all"):
        return "its tokens attend to later ones, so no state of the prompt predicts the answer that follows it"
    for key in STREAMS:
        if (text.get(key) or 1) > 1:
            return f"it has {text[key]} residual streams ({key}), but lens and steering are defined on one"
    return None


def why_plain(config: Mapping) -> str | None:
    """Return why packed rows of the model would be read otherwise than plain ones, or None if nothing says so."""
    text = text_part(config)
    attention = {**text, **(text.get("attn_config") or {})}
    if kinds := _layer_kinds(text):
        return f"it has layers of type {', '.join(kinds)}, which a mask of tokens does not reach"
    if kind := _rope_by_length(text):
        return f"its position embeddings are of type '{kind}', which depend on the length of the row"
    if attention.get("alibi") or text.get("model_type") in ("bloom", "mpt") and attention.get("alibi") is not False:
        return "its positions are biases of the attention (ALiBi), which count tokens in the row"
    if attention.get("prefix_lm"):
        return "it is a prefix language model, which attends in both directions within the prompt"
    if key := next((key for key in CAPACITY if text.get(key)), None):
        return f"its experts have a limited capacity ({key}), for which the tokens of a row compete"
    return None


def text_part(config: Mapping) -> Mapping:
    """Return the text model's part of a config: models of images and text nest it."""
    nested = config.get("text_config")
    return {**config, **nested} if isinstance(nested, Mapping) else config


def _layer_kinds(text: Mapping) -> list[str]:
    """Return the types of layers that are not attention with a mask of tokens, sorted."""
    stated = next((text[key] for key in LAYER_TYPES if text.get(key)), None)
    if stated is not None:
        return sorted(set(stated) - ATTENTION)
    if text.get("model_type") in RECURRENT_TYPES:
        return ["recurrent"]
    return [kind for kind, keys in OTHER_LAYERS.items() if any(text.get(key) for key in keys)]


def _rope_by_length(text: Mapping) -> str | None:
    kinds = [part.get("rope_type", part.get("type")) for part in _ropes(text)]
    return next((kind for kind in kinds if kind in ROPE_BY_LENGTH), None)


def _ropes(text: Mapping) -> Iterator[Mapping]:
    """Yield the settings of the rotary embedding, and those of each type of layer if these differ."""
    rope = text.get("rope_scaling") or text.get("rope_parameters") or {}
    yield rope
    yield from (part for part in rope.values() if isinstance(part, Mapping))
