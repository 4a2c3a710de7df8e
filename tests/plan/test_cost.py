"""The cost model: against the engine note's table of six models, and against counting by hand."""

from dataclasses import replace

import pytest
import yaml
from crosslens.engine import packing, plain
from crosslens.plan import cost
from workflow_runs import ROOT

TYPICAL = {"prompt_tokens": 400, "answers": 8, "answer_tokens": 8, "copies": 48}
# TFLOP a prompt, measured off the models' configs by hand: prefill, branches, steering, lens at every 4th layer, all.
EXPECTED = {
    "gemma-2-2b": (1.64, 0.23, 0.20, 0.47, 2.54),
    "gemma-2-9b": (6.71, 0.95, 0.81, 1.15, 9.62),
    "gemma-2-27b": (20.9, 2.93, 2.51, 1.61, 28.0),
    "qwen2.5-3b": (2.24, 0.32, 0.27, 0.32, 3.15),
    "qwen2.5-7b": (5.25, 0.74, 0.63, 0.43, 7.06),
    "qwen2.5-32b": (25.1, 3.52, 3.02, 1.42, 33.0),
}


@pytest.fixture(scope="module")
def models():
    """config/models.yaml as architectures."""
    entries = yaml.safe_load((ROOT / "config/models.yaml").read_text(encoding="utf-8"))
    return {name: cost.Architecture.of({"tied": True, **entry}) for name, entry in entries.items()}


def of_question(model, prompt_tokens, answers, answer_tokens, copies, lens_layers, shared=0) -> cost.Cost:
    parts = [
        cost.prompts(1, prompt_tokens, shared, lens_layers),
        cost.choices(answers, answer_tokens, prompt_tokens, lens_layers),
        cost.copies(copies, prompt_tokens),
    ]
    return cost.of(model, parts)


def typical(model, **changed) -> cost.Cost:
    return of_question(model, **{**TYPICAL, "lens_layers": -(-model.layers // 4), **changed})


@pytest.mark.parametrize("name", EXPECTED)
def test_the_papers_models_cost_what_their_configs_say(models, name):
    found = typical(models[name])
    parts = (found.prefill, found.branches, found.steering, found.lens)
    for value, expected in zip((*parts, sum(parts)), EXPECTED[name], strict=True):
        assert value == pytest.approx(expected, rel=0.02, abs=0.005)


def test_every_model_of_the_catalogue_states_its_sizes(models):
    assert None not in models.values()


def test_sizes_that_are_not_stated_are_not_guessed():
    assert cost.Architecture.of({"layers": 2, "parameters": 1, "tied": True}) is None


def test_by_hand():
    """One layer of width 10 with 1,000 parameters and a vocabulary of 20: 1,200 parameters when tied."""
    tied = cost.Architecture(layers=1, parameters=1.2e-6, d_model=10, vocabulary=20)
    untied = cost.Architecture(layers=1, parameters=1.4e-6, d_model=10, vocabulary=20, tied=False)
    one = of_question(tied, prompt_tokens=6, answers=2, answer_tokens=3, copies=5, lens_layers=7)
    assert one == of_question(untied, prompt_tokens=6, answers=2, answer_tokens=3, copies=5, lens_layers=7)
    assert one.prefill * 1e12 == pytest.approx(6 * (2000 + 40 * 3))
    assert one.branches * 1e12 == pytest.approx(4 * (2000 + 40 * 6))
    assert one.steering * 1e12 == pytest.approx(5 * (2000 + 40 * 6))
    assert one.lens * 1e12 == pytest.approx((1 + 4) * 7 * 400)
    assert one.letters * 1e12 == pytest.approx((1 + 5) * 400)
    assert one.total == pytest.approx(one.prefill + one.branches + one.steering + one.lens + one.letters)


def test_a_shared_beginning_is_read_once_and_still_seen_by_hand():
    """Of 6 tokens 2 are in the row already; the other 4 are at depths 2 to 6, so they see 4 on average."""
    model = cost.Architecture(layers=1, parameters=1.2e-6, d_model=10, vocabulary=20)
    one = of_question(model, prompt_tokens=6, answers=2, answer_tokens=3, copies=5, lens_layers=7, shared=2)
    alone = of_question(model, prompt_tokens=6, answers=2, answer_tokens=3, copies=5, lens_layers=7)
    assert one.prefill * 1e12 == pytest.approx(4 * (2000 + 40 * 4))
    assert replace(one, prefill=alone.prefill) == alone


@pytest.mark.parametrize(
    "more", [{"prompt_tokens": 401}, {"answers": 9}, {"answer_tokens": 8.5}, {"copies": 49}, {"lens_layers": 10}]
)
def test_more_work_costs_more(models, more):
    model = models["qwen2.5-3b"]
    assert typical(model, **more).total > typical(model).total > typical(model, shared=1).total


def test_one_token_answers_and_no_copies_cost_only_the_prompt_and_its_letters(models):
    model = models["qwen2.5-3b"]
    found = typical(model, answer_tokens=1, copies=0)
    assert found.branches == found.steering == 0
    assert found.lens == pytest.approx(9 * found.letters)


def test_stored_states_cost_the_prompt_only(models):
    model = models["qwen2.5-3b"]
    stored = cost.of(model, [cost.states(3, 400)])
    assert stored.total == stored.prefill == pytest.approx(3 * typical(model).prefill)


def test_costs_add_up():
    one, other = cost.Cost(1.0, 2.0, 3.0, 4.0, 5.0), cost.Cost(10.0, 20.0, 30.0, 40.0, 50.0)
    assert one + other == cost.Cost(11.0, 22.0, 33.0, 44.0, 55.0) and one + cost.NOTHING == one


def test_tokens_are_those_of_the_packed_row():
    """The oracle is the packing itself: two prompts of 40 with 12 in common, 16 answers of 5 tokens, 7 copies."""
    answers = [[100 * i + j for j in range(5)] for i in range(16)]  # none begins like another
    beginning = list(range(2000, 2012))
    prompts = [packing.Prompt([*beginning, *range(k, k + 28)], answers, range(7)) for k in (1000, 1100)]
    parts = [cost.prompts(2, 40, 6), cost.choices(32, 5, 40, 1), cost.copies(14, 40)]
    assert cost.tokens(parts) == len(packing.pack(prompts)) == 2 * (40 + 16 * 4 + 7) - 12


def test_tokens_of_plain_rows_are_those_of_the_engines_rows():
    answers = [[100 * i + j for j in range(5)] for i in range(16)]
    row = plain.row(packing.Prompt(list(range(1000, 1040)), answers, range(7)))
    parts = [cost.prompts(1, 40), cost.plain_choices(16, 5, 40, 1), cost.plain_copies(7, 40)]
    assert cost.tokens(parts) == len(row) == 40 + 16 * 44 + 7 * 40


def test_plain_rows_by_hand():
    """One layer of width 10 with 1,000 parameters and a vocabulary of 20, as above."""
    model = cost.Architecture(layers=1, parameters=1.2e-6, d_model=10, vocabulary=20)
    rows = cost.of(model, [cost.plain_choices(2, 3, 6, 7), cost.plain_copies(5, 6)])
    assert rows.branches * 1e12 == pytest.approx(2 * 8 * (2000 + 40 * 4))
    assert rows.steering * 1e12 == pytest.approx(5 * 6 * (2000 + 40 * 3))
    assert rows.lens * 1e12 == pytest.approx(2 * 3 * 7 * 400) and rows.letters * 1e12 == pytest.approx(5 * 400)
