"""Captions of the report: one per figure and table, valid reStructuredText, values interpolated and not typed."""

import re
from collections.abc import Mapping

import pytest
from crosslens.report import captions
from crosslens.report.figures.catalogue import FIGURES
from workflow_runs import ROOT

REPORT = ROOT / "workflow/report"
TABLES = ("accuracy", "letters", "table1", "table2", "table3", "audit", "published", "claims", "claim_parts")
CAPTIONS = sorted([*FIGURES, *TABLES, "methods"])
CONFIG = {
    "run": "r",
    "models": ["m"],
    "datasets": ["d"],
    "pivot": "tlh",
    "lens": {"aggregate": "mean_prob", "control_questions": 31},
    "ceiling": {"questions": 43},
} | {
    "intervals": {"level": 0.88, "bootstrap": 77},
    "correlations": {"layers": [5, 9]},
    "prompt": {"instruction_language": "native", "chat_template": True, "examples": {"number": 3}},
}


def caption(name: str, toys: list[str], config: Mapping = CONFIG, gamma: float = 6.5, lacking: str = "") -> str:
    """Return the caption as the report renders it, as HTML."""
    facts = {"pivot": "Klingon", "toys": toys, "lacking": lacking}
    facts["limits"] = {"languages": 7, "families": 9, "alpha": 0.03, "equivalence_level": 0.92}
    return captions.caption(REPORT / f"{name}.rst", config, facts, {"gamma": gamma})


def test_there_is_a_caption_per_figure_and_table_and_no_other():
    assert sorted(path.stem for path in REPORT.glob("*.rst")) == sorted([*CAPTIONS, "workflow"])


@pytest.mark.parametrize("name", [*CAPTIONS, "workflow"])
@pytest.mark.parametrize("toys", [[], ["Toy A", "Toy B"]], ids=["real", "toys"])
def test_captions_are_valid(name, toys):
    assert "system-message" not in caption(name, toys)


@pytest.mark.parametrize("name", [*FIGURES, "accuracy", "letters", "table1", "table2", "audit"])
@pytest.mark.parametrize("toys", [[], ["Toy A"]], ids=["real", "toys"])
def test_captions_say_which_data_sets_lack_what_is_shown_in_a_paragraph_of_its_own(name, toys):
    assert "<p>Not shown: A set.</p>" in caption(name, toys, lacking="Not shown: A set.")


@pytest.mark.parametrize("name", CAPTIONS)
def test_no_value_is_typed_into_a_caption(name):
    text = (REPORT / f"{name}.rst").read_text(encoding="utf-8")
    text = re.sub(r"\{[{%].*?[%}]\}|Table \d|arXiv [\d.]+|p below .*\n|γ [=<>] 0|``.*?``", "", text)
    assert not re.search(r"\d", text)


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in ("pca", "transfer_heatmap")])
def test_figures_of_means_say_what_n_is_and_name_the_pivot(name):
    body = caption(name, [])
    assert "Klingon" in body and re.search(r"\bn is\b", body)


@pytest.mark.parametrize("name", [name for name in FIGURES if name.startswith(("steering", "gamma"))])
def test_no_benefit_of_steering_is_claimed_for_toys(name):
    assert "neither shown nor claimed" in " ".join(caption(name, ["Toy A"]).split())
    assert "claimed" not in caption(name, [])


@pytest.mark.parametrize(
    ("layers", "text"),
    [("all", "all layers of the grid"), ("middle", "selects (middle)"), ([5, 0.5], "selects (5, 0.5)")],
)
def test_correlations_say_which_layers_the_log_ratio_is_averaged_over(layers, text):
    assert text in " ".join(
        re.sub("<.*?>", "", caption("table2", [], CONFIG | {"correlations": {"layers": layers}})).split()
    )


def test_prompts_say_which_language_the_words_around_them_are_in():
    assert "those for Klingon" in caption("table3", []) and "chat template" in caption("table3", [])


@pytest.mark.parametrize("number", [0, 3])
def test_prompts_say_how_many_examples_they_have(number):
    prompt = {**CONFIG["prompt"], "examples": {"number": number}}
    text = " ".join(caption("table3", [], CONFIG | {"prompt": prompt}).split())
    assert ("The 3 examples before the question are shown as one" in text) == bool(number)


def test_the_log_ratio_says_how_choices_are_aggregated_and_has_its_level():
    assert "lens.aggregate: mean_prob" in caption("log_ratio_by_layer", [])
    assert "88 %" in caption("log_ratio_by_layer", [])


@pytest.mark.parametrize(("questions", "text"), [(0, "self-consistency is not known"), (43, "asked once more")])
def test_the_letters_say_whether_questions_were_asked_twice(questions, text):
    body = " ".join(caption("letters", [], CONFIG | {"ceiling": {"questions": questions}}).split())
    assert text in body and "77 bootstrap replicates" in body


def words(name: str) -> str:
    """Return a caption's words alone."""
    return " ".join(re.sub("<.*?>", "", caption(name, [])).split())


def test_the_log_ratio_is_not_said_to_be_about_the_question_once_the_control_is_taken_off():
    text = words("log_ratio_by_layer")
    assert "The control does not isolate the question" in text and "copied" in text
    assert text.count("thinks") == 1 and "likelihood ratio" in text
    assert not re.search("only the (distance|difference)", text)


def test_the_log_ratio_by_prompt_says_what_is_shaded():
    assert "Shaded: layers at which the measures disagree in sign" in words("log_ratio_by_prompt")
    assert "31 questions" in words("log_ratio_by_prompt")


def test_the_split_of_errors_says_at_which_layer_it_is_read():
    assert "nearest to half of the depth" in words("latent_accuracy_by_layer")


@pytest.mark.parametrize(("gamma", "text"), [(0.1, "γ = 0.1"), (1e-3, "γ = 0.001"), (2, "γ = 2")])
@pytest.mark.parametrize("name", [name for name in FIGURES if name.startswith("steering") and FIGURES[name].picks])
def test_multipliers_are_written_without_exponent(name, gamma, text):
    assert re.search(rf"{text}\b", caption(name, [], gamma=gamma))


def test_the_claims_say_by_which_rule_verdicts_are_made():
    text = words("claims")
    assert "fewer than 7 languages besides Klingon or 9 families" in text and "the 92 % interval lies" in text
    assert "below 0.03" in text and "all parts of one claim on one data set" in text
