"""One packed pass equals one plain forward per continuation and condition, for every architecture and layout."""

import pytest
import tiny_models
from packed_against_plain import (
    CONDITIONS,
    CONTINUATIONS,
    MODELS,
    assert_equals_plain_forwards,
    prompts,
    related_prompts,
)


@pytest.mark.parametrize("conditions", CONDITIONS.values(), ids=CONDITIONS)
@pytest.mark.parametrize("name", MODELS)
def test_conditions(name, conditions):
    assert_equals_plain_forwards(MODELS[name](), prompts(9, 3, 14), CONTINUATIONS["shared prefixes"], conditions)


@pytest.mark.parametrize("continuations", CONTINUATIONS.values(), ids=CONTINUATIONS)
@pytest.mark.parametrize("name", MODELS)
def test_continuations(name, continuations):
    assert_equals_plain_forwards(MODELS[name](), prompts(7, 12), continuations, CONDITIONS["first and last"])


@pytest.mark.parametrize("lengths", [(1,), (1, 2, 20), (6, 7, 5), (30, 1)], ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_prompt_lengths_up_to_beyond_the_window(name, lengths):
    assert_equals_plain_forwards(MODELS[name](), prompts(*lengths), CONTINUATIONS["long"], CONDITIONS["one layer"])


@pytest.mark.parametrize("continuations", ["shared prefixes", "long"])
@pytest.mark.parametrize("name", MODELS)
def test_prompts_that_begin_alike(name, continuations):
    assert_equals_plain_forwards(MODELS[name](), related_prompts(), CONTINUATIONS[continuations], CONDITIONS["many"])


@pytest.mark.parametrize("lens", [{"final_norm": False}, {"softcap": False}], ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_lens_switches(name, lens):
    assert_equals_plain_forwards(MODELS[name](), prompts(7, 12), CONTINUATIONS["shared prefixes"], [], **lens)


@pytest.mark.parametrize(
    "model_type",
    ["llama", "mistral", "qwen3", "gemma3_text", "phi3", "olmo2", "olmo3", "cohere", "cohere2", "granite"]
    + ["smollm3", "apertus", "ministral"],
)
def test_other_architectures(model_type):
    changes = {"mistral": {"sliding_window": 6}, "phi3": {"sliding_window": 6}, "cohere": {"logit_scale": 0.25}}
    changes |= {"gemma3_text": {"sliding_window": 6, "layer_types": tiny_models.ALTERNATING}}
    changes |= {"granite": {"logits_scaling": 3.0}}
    changes |= {"cohere2": {"sliding_window": 6, "layer_types": tiny_models.ALTERNATING, "logit_scale": 0.25}}
    changes |= {"olmo3": {"sliding_window": 6, "layer_types": tiny_models.ALTERNATING}}
    changes |= {"ministral": {"sliding_window": 6, "layer_types": tiny_models.ALTERNATING}}
    model = tiny_models.make(model_type, **changes.get(model_type, {}))
    assert_equals_plain_forwards(model, related_prompts(), CONTINUATIONS["shared prefixes"], CONDITIONS["many"])


@pytest.mark.parametrize("make", [tiny_models.gemma3, tiny_models.gpt_oss])
def test_models_whose_parts_are_elsewhere(make):
    """Gemma 3 has its decoder inside a larger model; GPT-OSS has experts and attention sinks."""
    for continuations, conditions in (("shared prefixes", "many"), ("long", "first and last")):
        assert_equals_plain_forwards(make(), prompts(9, 3, 14), CONTINUATIONS[continuations], CONDITIONS[conditions])
