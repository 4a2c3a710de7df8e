"""flex_attention with block masks gives the results of eager attention with dense masks.

Most tests run torch's uncompiled flex_attention, which defines what the compiled one computes; one test compiles it.
"""

import shutil

import pytest
import tiny_models
import torch
from crosslens.engine import attention, batches, forward, models
from packed_against_plain import (
    CONDITIONS,
    CONTINUATIONS,
    LAYERS,
    LETTERS,
    copies_of,
    prompts,
    related_prompts,
    rows_of,
)
from torch.nn.attention import flex_attention as torch_flex
from transformers.integrations import flex_attention as hf_flex

MODELS = {
    "gemma2": tiny_models.gemma2,
    "gemma2 wide window": lambda: tiny_models.gemma2(window=64),
    "qwen2": tiny_models.qwen2,
}


@pytest.fixture
def uncompiled(monkeypatch):
    monkeypatch.setattr(
        hf_flex,
        "compile_friendly_flex_attention",
        lambda query, key, value, training=False, **options: torch_flex.flex_attention(query, key, value, **options),
    )


def measured(model, implementation, rows, conditions):
    """Return letters, steered letters and latent log-probabilities with the attention implementation."""
    model.set_attn_implementation(implementation)
    decoder = models.dissect(model)
    assert decoder.implementation == implementation
    batch = batches.collate(rows, multiple=decoder.multiple)
    assert batch.tokens.shape[1] % decoder.multiple == 0
    copies = None
    if conditions:
        delta = torch.randn(len(conditions), 32, generator=torch.Generator().manual_seed(2))
        copies = copies_of(conditions, delta)
    read = forward.run(decoder, batch, LAYERS, copies)
    letters = forward.letter_logprobs(decoder, read.final, LETTERS)
    return letters, *forward.latent_logprobs(decoder, batch, read, LAYERS)


def assert_flex_equals_eager(model, prompt_list, continuations, conditions, together=False):
    rows = rows_of(prompt_list, continuations, conditions, together)
    with torch.inference_mode():
        eager, flex = (measured(model, name, rows, conditions) for name in ("eager", "flex_attention"))
    for ours, oracle in zip(flex, eager, strict=True):
        torch.testing.assert_close(ours, oracle, rtol=0, atol=1e-5 * float(oracle.abs().max()))


@pytest.mark.parametrize("conditions", CONDITIONS.values(), ids=CONDITIONS)
@pytest.mark.parametrize("name", MODELS)
def test_conditions(name, conditions, uncompiled):
    assert_flex_equals_eager(MODELS[name](), prompts(9, 3, 14), CONTINUATIONS["shared prefixes"], conditions)


@pytest.mark.parametrize("name", MODELS)
def test_prompts_that_begin_alike_in_one_row(name, uncompiled):
    long = [prompts(130)[0] + prompt for prompt in related_prompts()]
    work = CONTINUATIONS["shared prefixes"], CONDITIONS["one layer"]
    assert_flex_equals_eager(MODELS[name](), long, *work, together=True)


@pytest.mark.parametrize("lengths", [(1,), (6, 140), (127, 20)], ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_prompts_up_to_beyond_a_block(name, lengths, uncompiled):
    model = MODELS[name]()
    assert_flex_equals_eager(model, prompts(*lengths), CONTINUATIONS["long"], CONDITIONS["one layer"])


@pytest.mark.skipif(shutil.which("c++") is None, reason="torch compiles flex_attention with a C++ compiler")
def test_compiled(monkeypatch):
    """Compile for fixed shapes: on a CPU, torch 2.13 cannot compile flex_attention for varying ones."""
    monkeypatch.setattr(torch._dynamo.config, "automatic_dynamic_shapes", False)
    assert_flex_equals_eager(tiny_models.gemma2(), prompts(9, 3), CONTINUATIONS["shared prefixes"], CONDITIONS["many"])


def test_if_flex_attention_does_not_run_eager_replaces_it_and_the_log_says_why(monkeypatch, capsys):
    def broken(*args, **options):
        raise RuntimeError("no kernel for this card")

    monkeypatch.setattr(hf_flex, "compile_friendly_flex_attention", broken)
    model = tiny_models.gemma2()
    model.set_attn_implementation("flex_attention")
    decoder = models.dissect(model)
    models.try_flex_attention(decoder)
    assert decoder.implementation == "eager" and decoder.multiple == 1
    said = capsys.readouterr().out
    assert "RuntimeError: no kernel for this card" in said and "using eager" in said


def test_if_flex_attention_runs_it_stays(uncompiled, capsys):
    model = tiny_models.gemma2()
    model.set_attn_implementation("flex_attention")
    decoder = models.dissect(model)
    models.try_flex_attention(decoder)
    assert decoder.implementation == "flex_attention" and decoder.multiple == attention.FLEX_BLOCK
    assert not capsys.readouterr().out
