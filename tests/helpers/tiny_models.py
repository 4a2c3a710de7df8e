"""Tiny random models of many architectures, built from configs: nothing is downloaded."""

import torch
from transformers import AutoConfig, AutoModelForCausalLM

VOCABULARY = 97
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 128,
    "initializer_range": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
ALTERNATING = ["sliding_attention", "full_attention"] * 2
# Types that sdpa does not support, by their mathematics or in transformers.
EAGER = ("gemma2", "gpt_oss", "bloom", "mpt", "mamba", "rwkv", "xglm")


def make(model_type: str, dtype: torch.dtype = torch.float32, seed: int = 0, **changes) -> torch.nn.Module:
    """Return a random model in evaluation mode; ``changes`` override config values.

    Attention is sdpa, or eager for the types in `EAGER`.
    """
    torch.manual_seed(seed)
    attention = "eager" if model_type in EAGER else "sdpa"
    config = AutoConfig.for_model(model_type, **{**SIZES, **changes})
    model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation=attention)
    _spread_norms(model)
    return model.eval()


def _spread_norms(model: torch.nn.Module) -> None:
    """Make norm weights and biases random: they start as constants, which would hide mistakes."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))


def gemma2(window: int = 6, softcaps: bool = True, **changes) -> torch.nn.Module:
    """Return a Gemma 2 with alternating sliding and full attention, with or without both soft-caps."""
    caps = {} if softcaps else {"attn_logit_softcapping": None, "final_logit_softcapping": None}
    if softcaps:
        caps = {"attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0}
    return make("gemma2", sliding_window=window, layer_types=ALTERNATING, query_pre_attn_scalar=8, **caps, **changes)


def gemma3(**changes) -> torch.nn.Module:
    """Return a Gemma 3 as it is from 4B on: a text model beside an image encoder, three sliding layers per full one.

    The sizes of the text model are in a config of its own.
    """
    vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    vision |= {"image_size": 8, "patch_size": 4}
    layers = ["sliding_attention"] * 3 + ["full_attention"]
    text = SIZES | {"sliding_window": 6, "layer_types": layers, "query_pre_attn_scalar": 8} | changes
    ids = {"boi_token_index": 90, "eoi_token_index": 91, "image_token_index": 92, "mm_tokens_per_image": 4}
    torch.manual_seed(0)
    config = AutoConfig.for_model("gemma3", text_config=text, vision_config=vision, **ids)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="sdpa")
    _spread_norms(model)
    return model.eval()


def qwen2(window: int = 6, **changes) -> torch.nn.Module:
    """Return a Qwen 2 with alternating sliding and full attention."""
    return make("qwen2", use_sliding_window=True, sliding_window=window, layer_types=ALTERNATING, **changes)


ROPES = {
    "dynamic": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 4.0},
    "longrope": {
        "rope_type": "longrope",
        "rope_theta": 1e4,
        "factor": 4.0,
        "short_factor": [1.0] * 4,
        "long_factor": [1.0, 4.0, 4.0, 8.0],
        "original_max_position_embeddings": 16,
    },
}
# Architectures whose rows cannot be packed, each by a mechanism of its own.
PLAIN = {
    "convolutions (LFM2)": ("lfm2", {"layer_types": ["conv", "full_attention"] * 2}),
    "delta rule (Qwen3-Next)": ("qwen3_next", {}),
    "Mamba beside attention (Falcon-H1)": (
        "falcon_h1",
        {"mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8}
        | {"mamba_chunk_size": 8, "lm_head_multiplier": 0.5},
    ),
    "chunked attention (Llama 4)": (
        "llama4_text",
        {"attention_chunk_size": 8, "num_local_experts": 2, "intermediate_size_mlp": 48},
    ),
    "dynamic rotary embedding": ("llama", {"rope_parameters": ROPES["dynamic"], "max_position_embeddings": 16}),
    "LongRoPE": ("llama", {"rope_parameters": ROPES["longrope"], "max_position_embeddings": 64}),
    "ALiBi (BLOOM)": ("bloom", {"head_dim": None}),
    "ALiBi (MPT)": ("mpt", {"d_model": 32, "n_heads": 4, "n_layers": 4, "max_seq_len": 128}),
}


def plain(name: str, **changes) -> torch.nn.Module:
    """Return a model of `PLAIN`."""
    model_type, sizes = PLAIN[name]
    return make(model_type, **{**sizes, **changes})


def gpt_oss(window: int = 6, **changes) -> torch.nn.Module:
    """Return a GPT-OSS: experts, attention sinks, alternating sliding and full attention."""
    experts = {
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "rope_parameters": {"rope_type": "default"} | {"rope_theta": 1e4},
    }
    return make("gpt_oss", sliding_window=window, layer_types=ALTERNATING, **experts, **changes)
