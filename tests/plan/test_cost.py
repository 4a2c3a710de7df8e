"""The cost model: against the engine note's table of six models, and against counting by hand."""

import pytest
import yaml
from crosslens.engine import packing, plain
from crosslens.plan import cost
from crosslens.tables.inference import FORMS
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


def of_question(model, **changed) -> cost.Cost:
    return cost.of_question(model, **{**TYPICAL, "lens_layers": -(-model.layers // 4), **changed})


@pytest.mark.parametrize("name", EXPECTED)
def test_the_papers_models_cost_what_their_configs_say(models, name):
    found = of_question(models[name])
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
    one = cost.of_question(tied, prompt_tokens=6, answers=2, answer_tokens=3, copies=5, lens_layers=7)
    assert one == cost.of_question(untied, prompt_tokens=6, answers=2, answer_tokens=3, copies=5, lens_layers=7)
    assert one.prefill * 1e12 == pytest.approx(6 * (2000 + 40 * 3))
    assert one.branches * 1e12 == pytest.approx(4 * (2000 + 40 * 6))
    assert one.steering * 1e12 == pytest.approx(5 * (2000 + 40 * 6))
    assert one.lens * 1e12 == pytest.approx((1 + 4) * 7 * 400)
    assert one.letters * 1e12 == pytest.approx((1 + 5) * 400)
    assert one.total == pytest.approx(one.prefill + one.branches + one.steering + one.lens + one.letters)


@pytest.mark.parametrize("more", [{"prompt_tokens": 401}, {"answers": 9}, {"answer_tokens": 8.5}, {"copies": 49}])
def test_more_work_costs_more(models, more):
    model = models["qwen2.5-3b"]
    assert of_question(model, **more).total > of_question(model).total


def test_one_token_answers_and_no_copies_cost_only_the_prompt_and_its_letters(models):
    model = models["qwen2.5-3b"]
    found = of_question(model, answer_tokens=1, copies=0)
    assert found.branches == found.steering == 0
    assert found.lens == pytest.approx(9 * found.letters)
    assert of_question(model, answers=0, answer_tokens=1, copies=0).total == found.prefill


def test_costs_add_up_and_scale():
    one, other = cost.Cost(1.0, 2.0, 3.0, 4.0, 5.0), cost.Cost(10.0, 20.0, 30.0, 40.0, 50.0)
    assert one + other == cost.Cost(11.0, 22.0, 33.0, 44.0, 55.0) and one * 10 == other and one + cost.NOTHING == one


def test_tokens_are_those_of_the_packed_row():
    """The oracle is the packing itself: a prompt of 40, 16 answers of 5 tokens, 7 copies."""
    answers = [[100 * i + j for j in range(5)] for i in range(16)]  # none begins like another
    row = packing.pack(list(range(1000, 1040)), answers, 7)
    assert cost.tokens(40, 16, 5, 7) == len(row) == 40 + 16 * 4 + 7


def test_tokens_of_plain_rows_are_those_of_the_engines_rows():
    answers = [[100 * i + j for j in range(5)] for i in range(16)]
    row = plain.row(packing.Prompt(list(range(1000, 1040)), answers, range(7)))
    assert cost.plain_tokens(40, 16, 5, 7) == len(row) == 40 + 16 * 44 + 7 * 40


def test_plain_rows_by_hand():
    """One layer of width 10 with 1,000 parameters and a vocabulary of 20, as above."""
    model = cost.Architecture(layers=1, parameters=1.2e-6, d_model=10, vocabulary=20)
    settings = {"prompt_tokens": 6, "answers": 2, "answer_tokens": 3, "copies": 5, "lens_layers": 7}
    packed, rows = cost.of_question(model, **settings), cost.of_plain_question(model, **settings)
    assert (rows.prefill, rows.letters) == (packed.prefill, packed.letters)
    assert rows.branches * 1e12 == pytest.approx(2 * 8 * (2000 + 40 * 4))
    assert rows.steering * 1e12 == pytest.approx(5 * 6 * (2000 + 40 * 3))
    assert rows.lens * 1e12 == pytest.approx(2 * 3 * 7 * 400)


def test_as_many_sets_of_answers_are_counted_as_the_lens_scores():
    assert len(FORMS) == cost.ANSWER_SETS
