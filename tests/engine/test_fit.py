"""Questions that a model cannot read are refused before the first batch, with their tokens and the limit."""

from types import SimpleNamespace

import pytest
import tiny_models
import tiny_questions
from crosslens.engine import edits, fit, hidden_states, inference, models, preparation
from crosslens.errors import CrosslensError
from transformers import AutoConfig

QUESTIONS = tiny_questions.questions(6)


def jobs(model, tokenizer):
    """Return the two jobs that run a model, as functions."""
    decoder = models.dissect(model)
    return [
        lambda: hidden_states.run(decoder, tokenizer, QUESTIONS, [2, 4], 6, 0, 300),
        lambda: inference.run(
            decoder, preparation.prepare(QUESTIONS, tokenizer, edits.make([], {}), 6, 0, [], 0), [2, 4], True, True, 300
        ),
    ]


@pytest.mark.parametrize("job", [0, 1], ids=["hidden_states", "inference"])
def test_a_question_that_is_longer_than_the_context_is_named_with_its_tokens_and_the_limit(job, monkeypatch):
    model = tiny_models.make("llama", max_position_embeddings=20)
    monkeypatch.setattr(model.model, "forward", lambda **arguments: pytest.fail("a batch was run"))
    with pytest.raises(CrosslensError, match=r"question question \d has \d\d tokens .* reads at most 20 "):
        jobs(model, tiny_questions.tokenizer())[job]()


@pytest.mark.parametrize("job", [0, 1], ids=["hidden_states", "inference"])
def test_a_token_without_a_row_in_the_embedding_is_named(job):
    tokenizer = tiny_questions.tokenizer()
    size = len(tokenizer)
    model = tiny_models.make("llama", vocab_size=size)
    jobs(model, tokenizer)[job]()
    tokenizer.add_tokens(["is:"])
    with pytest.raises(CrosslensError, match=rf"token 'is:' with id {size}, .* only {size} rows"):
        jobs(model, tokenizer)[job]()


def test_a_token_that_no_question_has_may_lie_beyond_the_embedding():
    tokenizer = tiny_questions.tokenizer()
    tokenizer.add_tokens(["<image>"])
    jobs(tiny_models.make("llama", vocab_size=len(tokenizer) - 1), tokenizer)[1]()


@pytest.mark.parametrize(
    "changes, context",
    [
        ({}, 128),
        ({"sliding_window": 6}, 128),
        (
            {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0}
             | {"original_max_position_embeddings": 128}},
            512,
        ),
    ],
    ids=str,
)  # fmt: skip
def test_the_context_is_what_the_config_says_stretched_by_its_factor(changes, context):
    decoder = models.dissect(tiny_models.make("mistral"))
    config = AutoConfig.for_model("mistral", **tiny_models.SIZES)
    for key, value in changes.items():
        setattr(config, key, value)
    decoder.stack.config = config
    assert fit.context(decoder) == context


def test_a_config_that_names_no_number_of_positions_limits_nothing():
    decoder = models.dissect(tiny_models.make("llama"))
    decoder.stack.config = SimpleNamespace(model_type="endless", n_positions=None)
    assert fit.context(decoder) is None
    decoder.stack.config.n_positions = 20
    assert fit.context(decoder) == 20
