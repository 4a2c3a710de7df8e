"""The methods page: the report's template with values, and what is counted and collected for it."""

import jinja2
import pyarrow as pa
import pytest
from crosslens.report import methods_page, templates
from workflow_runs import ROOT

TEMPLATE = ROOT / "workflow/report/methods.html"
CONFIG = {
    "run": "mine",
    "seed": 7,
    "pivot": "fr",
    "exclude_misaligned": True,
    "prompt": {"instruction_language": "native", "chat_template": True, "examples": {"number": 4}},
    "layers": {"every": 3},
    "states": {"questions": 123},
    "lens": {
        "control_questions": 31,
        "prompts": ["without_choices"],
        "final_norm": False,
        "softcap": True,
        "aggregate": "mean_prob",
    },
    "steering": {"questions": 45},
    "pca": {"questions": 67},
    "correlations": {"layers": [3, 6]},
    "intervals": {"bootstrap": 89, "level": 0.9},
}
VALUES = {
    "config": CONFIG,
    "pivot": "French",
    "models": {
        "m": {
            "title": "My <model>",
            "source": {"hub": "me/m", "revision": "abc"},
            "layers": 6,
            "grid": [3, 6],
            "correlated": [3, 6],
            "conditions": [[3, -2.0], [3, 2.5], [6, 2.0]],
            "controls": {"random_1, add": [[3, 4.5]], "patch, replace": [[6, 1.0]]},
        }
    },
    "datasets": {
        "d": {
            "title": "My data",
            "source": {"path": "x"},
            "languages": {"sw": "Swahili"},
            "shares": ("questions", "choices"),
            "examples": "drawn from x",
        },
    },
    "left_out": [],
    "findings": [{"dataset": "d", "reason": "other_key", "n": 11, "excluded": 10}],
    "prompts": [{"dataset": "d", "template": "Question: <question>"}],
    "versions": {"torch": "2.13.0"},
    "computed": {"m": {"device": "cpu", "model_revision": None}},
    "level": 2,
}


def test_the_page_states_every_value():
    page = templates.fill(TEMPLATE, VALUES)
    for value in (
        "mine",
        "seed 7",
        "French (fr)",
        "123 questions",
        "without the\nmodel's final norm",
        "mean_prob",
        "after these prompts:\nwithout_choices.",
    ):
        assert value in page
    for value in ("45 parallel", "components use 67", "layers 3, 6", "89 bootstrap", "level 0.9", "<td>3, 6</td>"):
        assert value in page
    for value in (
        "hub: me/m<br>revision: abc",
        "3: -2, 2.5<br>6: 2<br>",
        "random_1, add</td><td>3: 4.5<br>",
        "Swahili (sw)",
        "device: cpu",
        "2.13.0",
    ):
        assert value in page
    assert "<td>other key</td><td>11</td><td>10</td>" in page
    assert "My &lt;model&gt;" in page and "Question: &lt;question&gt;" in page  # texts are no HTML
    assert (
        "in the language of the question; the prompts above show those for French" in page and "chat template" in page
    )
    assert "model revision" not in page  # unknown values are not shown as None


def test_examples_are_mentioned_if_there_are_any():
    assert "4 examples" in templates.fill(TEMPLATE, VALUES)
    assert "My data: drawn from x." in templates.fill(TEMPLATE, VALUES)
    without = CONFIG | {"prompt": {**CONFIG["prompt"], "examples": {"number": 0}}}
    assert "example" not in templates.fill(TEMPLATE, VALUES | {"config": without})


def test_the_page_says_what_languages_share_and_what_the_run_leaves_out():
    assert "<td>questions, choices</td>" in templates.fill(TEMPLATE, VALUES)
    data = VALUES["datasets"]["d"] | {"shares": ()}
    page = templates.fill(TEMPLATE, VALUES | {"datasets": {"d": data}, "left_out": ["Not made: pca."]})
    assert "<td>nothing</td>" in page and "<p>Not made: pca.</p>" in page


@pytest.mark.parametrize("every", [1, 3, 0.25])
def test_the_grid_is_described_for_any_distance_of_its_layers(every):
    page = templates.fill(TEMPLATE, VALUES | {"config": CONFIG | {"layers": {"every": every}}})
    assert f"<code>layers.every</code>: {every})" in page and "<td>3, 6</td>" in page


def test_a_missing_value_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        templates.fill(TEMPLATE, {name: value for name, value in VALUES.items() if name != "versions"})


def test_findings_are_counted_by_data_set_and_reason():
    reasons = ["other_key", "empty_choice", "other_key", "other_key"]
    audits = pa.table({"dataset": ["a", "a", "a", "b"], "reason": reasons, "excluded": [True, True, False, False]})
    assert methods_page.findings(audits) == [
        {"dataset": "a", "reason": "other_key", "n": 2, "excluded": 1},
        {"dataset": "a", "reason": "empty_choice", "n": 1, "excluded": 1},
        {"dataset": "b", "reason": "other_key", "n": 1, "excluded": 0},
    ]


def test_what_computed_is_read_from_provenance():
    written = {"table": "answers", "rule": "inference", "params": {}, "versions": {"torch": "2"}}
    old = written | {"device": "NVIDIA A100", "model_revision": None, "tokens": 3}
    new = written | {
        "device": "NVIDIA H100",
        "model_revision": None,
        "tokens": 4,
        "versions": {"torch": "3", "numpy": "2"},
    }
    assert methods_page.computed({"m": [old, old], "n": [old, new]}) == {
        "versions": {"torch": "2, 3", "numpy": "2"},
        "computed": {
            "m": {"device": "NVIDIA A100", "model_revision": "", "tokens": "6"},
            "n": {"device": "NVIDIA A100, NVIDIA H100", "model_revision": "", "tokens": "7"},
        },
    }
