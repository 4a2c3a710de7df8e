"""Stored states are those of a plain forward pass, for the first questions in hash order."""

import numpy as np
import pyarrow as pa
import pytest
import tiny_models
import tiny_questions
import torch
from crosslens import sampling
from crosslens.engine import hidden_states, models
from crosslens.tables import files
from crosslens.tables.inference import HIDDEN_STATES
from plain_forwards import hidden_states as plain_states

QUESTIONS, TOKENIZER, LAYERS = tiny_questions.questions(9), tiny_questions.tokenizer(), [1, 3, 4]


def run(model, table=QUESTIONS, questions=6, seed=3, token_budget=120):
    return hidden_states.run(models.dissect(model), TOKENIZER, table, LAYERS, questions, seed, token_budget)


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2])
def test_states_are_those_of_plain_forwards_and_form_a_valid_table(make, tmp_path):
    model, path = make(), tmp_path / "states.arrow"
    files.write_table(path, HIDDEN_STATES, run(model), {})
    table = files.read_table(path, HIDDEN_STATES)
    prompts = dict(zip(QUESTIONS["question_id"].to_pylist(), QUESTIONS["prompt"].to_pylist(), strict=True))
    chosen = table["question_id"].to_pylist()
    assert chosen == sampling.order(prompts, 3)[:6]
    for i, question in enumerate(chosen):
        expected = plain_states(model, TOKENIZER(prompts[question])["input_ids"])
        for layer in LAYERS:
            state = files.matrix(table, f"layer_{layer}")[i]
            np.testing.assert_allclose(state, expected[layer][-1].numpy(), rtol=0, atol=2e-5 * np.abs(state).max())


def test_the_last_layer_is_stored_without_the_final_norm():
    model = tiny_models.qwen2()
    states = run(model)["layer_4"]
    normed = model.model.norm(torch.from_numpy(states)).detach().numpy()
    assert np.abs(states - normed).max() > 0.1


def test_all_questions_are_stored_if_there_are_fewer_than_asked_for():
    columns = run(tiny_models.qwen2(), questions=500)
    assert sorted(columns["question_id"]) == sorted(QUESTIONS["question_id"].to_pylist())
    assert columns["layer_4"].shape == (9, 32) and columns["layer_4"].dtype == np.float32


@pytest.mark.parametrize("token_budget", [1, 50, 10**6])
def test_the_token_budget_changes_nothing_beyond_rounding(token_budget):
    model = tiny_models.gemma2()
    reference, ours = run(model), run(model, token_budget=token_budget)
    for layer in LAYERS:
        np.testing.assert_allclose(ours[f"layer_{layer}"], reference[f"layer_{layer}"], rtol=0, atol=2e-5)


def test_the_order_of_the_table_does_not_matter():
    shuffled = QUESTIONS.take(pa.array([4, 2, 0, 8, 6, 7, 5, 3, 1]))
    reference, ours = run(tiny_models.qwen2()), run(tiny_models.qwen2(), table=shuffled)
    assert ours["question_id"] == reference["question_id"]
    np.testing.assert_allclose(ours["layer_4"], reference["layer_4"], rtol=0, atol=2e-5)
