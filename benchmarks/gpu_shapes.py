"""The paper's models with random weights and the published hyper-parameters. Nothing is downloaded."""

import torch
from crosslens.engine import attention, models
from crosslens.engine.models import Decoder
from transformers import AutoConfig, AutoModelForCausalLM

_GEMMA2 = {
    "model_type": "gemma2",
    "vocab_size": 256_000,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
    "tie_word_embeddings": True,
}
_QWEN2 = {"model_type": "qwen2", "vocab_size": 152_064, "rope_theta": 1e6, "tie_word_embeddings": False}


def _shape(family: dict, d_model: int, feed_forward: int, layers: int, heads: int, kv_heads: int, **others) -> dict:
    return {
        **family,
        "hidden_size": d_model,
        "intermediate_size": feed_forward,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        **others,
    }


# From the config.json of each model on the Hugging Face hub.
PAPER = {
    "gemma-2-2b": _shape(_GEMMA2, 2304, 9216, 26, 8, 4),
    "gemma-2-9b": _shape(_GEMMA2, 3584, 14336, 42, 16, 8),
    "gemma-2-27b": _shape(_GEMMA2, 4608, 36864, 46, 32, 16, head_dim=128, query_pre_attn_scalar=144),
    "qwen2.5-3b": _shape(_QWEN2, 2048, 11008, 36, 16, 2, vocab_size=151_936, tie_word_embeddings=True),
    "qwen2.5-7b": _shape(_QWEN2, 3584, 18944, 28, 28, 4),
    "qwen2.5-32b": _shape(_QWEN2, 5120, 27648, 64, 40, 8),
}
# Shapes that a CPU runs in seconds, to test the benchmark itself.
TINY = {
    "tiny-gemma-2": _shape(_GEMMA2, 64, 128, 12, 4, 2, head_dim=16, query_pre_attn_scalar=16, vocab_size=500),
    "tiny-qwen2.5": _shape(_QWEN2, 64, 128, 12, 4, 2, vocab_size=500),
}


def build(shape: dict, device: torch.device, dtype: torch.dtype, implementation: str = "auto") -> Decoder:
    """Return a model with random weights, created on the device in their final dtype.

    implementation: as in `crosslens.engine.attention.choose`.
    """
    torch.manual_seed(0)
    config = AutoConfig.for_model(**shape)
    with device:
        model = AutoModelForCausalLM.from_config(
            config, dtype=dtype, attn_implementation=attention.choose(config, implementation, device.type)
        )
    return models.dissect(model.eval())


def grid(decoder: Decoder) -> list[int]:
    """Return the paper's layers: every fourth, ending with the last."""
    n = len(decoder.layers)
    return [layer for layer in range(1, n + 1) if (n - layer) % 4 == 0]


def gib(shape: dict, dtype: torch.dtype) -> float:
    """Return the size of the weights in GiB."""
    parameters = build(shape, torch.device("meta"), dtype).model.parameters()
    return sum(parameter.numel() for parameter in parameters) * dtype.itemsize / 2**30
