"""The demo models before training: one small configuration per architecture that the demo shows."""

import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Qwen2Config,
    Qwen2ForCausalLM,
)

WIDTH, HEADS, LAYERS = 64, 4, 4
POST_NORM = 0.3  # otherwise Gemma 2's blocks write at full strength and drown out the token's own state
MATCHING = 0.6  # scale of queries; keys start as copies of them, so that a token first attends to tokens like itself
WINDOW = 16  # tokens; the shortest prompts have about 20


def build(architecture: str, tokenizer: PreTrainedTokenizerBase, seed: int) -> PreTrainedModel:
    """Return an untrained model with random weights. ``architecture`` is one of `ARCHITECTURES`."""
    torch.manual_seed(seed)
    model = ARCHITECTURES[architecture](
        {
            "vocab_size": len(tokenizer),
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "num_key_value_heads": HEADS,
            "max_position_embeddings": 512,
            "initializer_range": 0.1,
            "tie_word_embeddings": True,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            "use_cache": False,
        }
    )
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.q_proj.weight.normal_(0, MATCHING / WIDTH**0.5)
            layer.self_attn.k_proj.weight.copy_(layer.self_attn.q_proj.weight)
    return model


def _qwen2(sizes: dict) -> Qwen2ForCausalLM:
    return Qwen2ForCausalLM(Qwen2Config(**sizes))


def _gemma2(sizes: dict) -> Gemma2ForCausalLM:
    """Build a model with Gemma 2's own soft-caps, in which every other layer sees only the last `WINDOW` tokens."""
    head = WIDTH // HEADS
    config = Gemma2Config(**sizes, head_dim=head, query_pre_attn_scalar=head, sliding_window=WINDOW)
    model = Gemma2ForCausalLM._from_config(config, attn_implementation="eager")
    with torch.no_grad():
        for layer in model.model.layers:
            for norm in (layer.post_attention_layernorm, layer.post_feedforward_layernorm):
                norm.weight.fill_(POST_NORM - 1)  # Gemma's norms multiply by 1 + weight
    return model


ARCHITECTURES = {"qwen2": _qwen2, "gemma2": _gemma2}
