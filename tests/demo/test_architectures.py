"""The demo models have the features of their architectures."""

import pytest
import torch
from crosslens.demo.architectures import ARCHITECTURES, WINDOW, build
from crosslens.demo.corpus import prompt
from crosslens.demo.items import held_out_items, word
from demo_tokenizer import demo_tokenizer


@pytest.fixture
def tokenizer():
    return demo_tokenizer()


def last_state(model, tokens):
    """Return the last token's state after the last block."""
    with torch.no_grad():
        return model.model(input_ids=torch.tensor([tokens])).last_hidden_state[0, -1]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_seed_fixes_the_weights(architecture, tokenizer):
    one, two, other = (build(architecture, tokenizer, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


def test_gemma_has_both_soft_caps_and_a_window_shorter_than_any_prompt(tokenizer):
    config = build("gemma2", tokenizer, 0).config
    assert config.attn_logit_softcapping == 50 and config.final_logit_softcapping == 30
    assert config.layer_types == ["sliding_attention", "full_attention"] * 2
    assert config.sliding_window == WINDOW
    for family in ("belebele", "mmmlu", "hellaswag"):
        lengths = [len(tokenizer(prompt(word(item, "en")))["input_ids"]) for item in held_out_items(family)]
        assert min(lengths) > WINDOW


def test_gemmas_window_changes_its_states(tokenizer):
    model = build("gemma2", tokenizer, 0).eval()
    tokens = tokenizer(prompt(word(held_out_items("belebele")[0], "en")))["input_ids"]
    windowed = last_state(model, tokens)
    wide = build("gemma2", tokenizer, 0).eval()
    for layer in wide.model.layers:
        layer.self_attn.sliding_window = None
    wide.config.sliding_window = wide.model.config.sliding_window = 512
    assert not torch.allclose(windowed, last_state(wide, tokens), atol=1e-4)
    short = tokens[: WINDOW - 1]
    assert torch.allclose(last_state(model, short), last_state(wide, short), atol=1e-6)
