"""In true float64 one pass equals plain forwards to 1e-10; in bfloat16 it is no noisier than plain forwards."""

import packed_against_plain
import pytest
import tiny_models
import torch
from packed_against_plain import (
    CONDITIONS,
    CONTINUATIONS,
    LAYERS,
    LETTERS,
    MODELS,
    prompts,
    related_prompts,
    run_packed,
)
from plain_forwards import latent_logprob, next_token_logprobs
from torch.overrides import TorchFunctionMode


class NoFloat32(TorchFunctionMode):
    """Make everything that asks for float32 compute in float64.

    Hugging Face's models leave the model's precision in some places: norms and rotary embeddings compute in float32,
    and eager attention takes its softmax in float32.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        def wide(value):
            return torch.float64 if value is torch.float32 else value

        if function is torch.Tensor.float:
            function = torch.Tensor.double
        kwargs = {name: wide(value) for name, value in (kwargs or {}).items()}
        return function(*map(wide, args), **kwargs)


def assert_close_in_float64(ours, oracle):
    assert ours.dtype == oracle.dtype == torch.float64
    torch.testing.assert_close(ours, oracle, rtol=0, atol=1e-10 * max(1.0, float(oracle.abs().max())))


def assert_equal_in_float64(name, *arguments):
    with NoFloat32(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed_against_plain, "assert_close", assert_close_in_float64)
        model = MODELS[name]() if name in MODELS else tiny_models.make(name)
        packed_against_plain.assert_equals_plain_forwards(model.double(), *arguments)


@pytest.mark.parametrize("continuations", CONTINUATIONS.values(), ids=CONTINUATIONS)
@pytest.mark.parametrize("name", [*MODELS, "llama", "olmo2"])
def test_float64(name, continuations):
    assert_equal_in_float64(name, related_prompts(), continuations, CONDITIONS["first and last"])


@pytest.mark.parametrize("name", MODELS)
def test_many_conditions_in_float64(name):
    assert_equal_in_float64(name, prompts(3, 20), CONTINUATIONS["one token"], CONDITIONS["many"])


def test_float64_is_not_reached_by_widening_the_weights_alone(monkeypatch):
    """Show that the tests above can fail: computations left in float32 are detected."""
    monkeypatch.setattr(packed_against_plain, "assert_close", assert_close_in_float64)
    with pytest.raises(AssertionError, match="not close"):
        packed_against_plain.assert_equals_plain_forwards(
            tiny_models.gemma2().double(), prompts(9, 14), CONTINUATIONS["long"], CONDITIONS["one layer"]
        )


def readings(model, prompt_list, continuations, conditions, vectors):
    """Return letters, steered letters and latent log-probabilities of plain forwards, as one vector."""
    letters = [next_token_logprobs(model, prompt)[LETTERS] for prompt in prompt_list]
    steered = [
        next_token_logprobs(model, prompt, layer, vector)[LETTERS]
        for prompt in prompt_list
        for (layer, _), vector in zip(conditions, vectors, strict=True)
    ]
    latent = [
        latent_logprob(model, prompt, tokens, layer)
        for prompt in prompt_list
        for tokens in continuations
        for layer in LAYERS
    ]
    return torch.cat([*letters, *steered, torch.stack(latent)])


@pytest.mark.parametrize("name", ["qwen2", "gemma2", "gemma2 no soft-caps, untied"])
def test_bfloat16_is_no_noisier_than_plain_forwards_in_bfloat16(name):
    """Compare both with float64 on the same weights: the ratio of their errors is 0.95 to 1.04, by model."""
    conditions = CONDITIONS["first and last"]
    vectors = torch.randn(len(conditions), 32, generator=torch.Generator().manual_seed(2))
    work = prompts(*range(3, 27, 3)), CONTINUATIONS["shared prefixes"], conditions, vectors
    _, letters, latent, steered = run_packed(MODELS[name]().bfloat16(), *work, together=False)
    ours = torch.cat([letters.flatten(), steered.flatten(), latent.flatten()])
    naive = readings(MODELS[name]().bfloat16(), *work)
    with NoFloat32():
        truth = readings(MODELS[name]().bfloat16().double(), *work)
    assert (ours.double() - truth).abs().mean() < 1.1 * (naive.double() - truth).abs().mean()
