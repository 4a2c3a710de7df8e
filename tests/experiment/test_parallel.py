"""Data sets whose languages share less: what is computed of them, what is said, and what is refused."""

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import description, figure_picks, raw_files, work
from crosslens.experiment.parallel import PARALLEL, lacking
from crosslens.metrics.answers import PAIR_METRICS
from crosslens.report.figures.catalogue import FIGURES
from crosslens.tables.inference import FORMS
from experiments import experiment
from snakemake.iocontainers import Wildcards
from unparallel_data import write

BY_CHOICES = {"log_ratio_by_layer", "log_ratio_by_prompt", "steering_consistency_change"}


@pytest.fixture()
def using(tmp_path):
    """Return a function that makes the experiment of the named data sets, in the order given."""
    defined = {"define": {"datasets": write(tmp_path)}}

    def make(*datasets, **changed):
        return experiment(defined, {"datasets": list(datasets), "models": ["toy-qwen2"], **changed})

    return make


def test_the_values_of_parallel_are_those_of_the_schema_and_name_forms_and_metrics():
    assert list(PARALLEL) == ["rows", "ids", "none"]
    assert PARALLEL["rows"].forms == FORMS and PARALLEL["rows"].pair_metrics == tuple(PAIR_METRICS)
    for parallel in PARALLEL.values():
        assert parallel.forms == FORMS[: len(parallel.forms)] and set(parallel.pair_metrics) <= set(PAIR_METRICS)
        assert all(figure.needs in ("questions", "choices") for figure in FIGURES.values())


def test_languages_with_questions_of_their_own_need_no_pivot_and_are_not_compared_with_it(using):
    alone = using("own")
    assert alone.pivot == "en" and alone.languages("own") == ["de", "hi", "sw"]
    assert alone.vectors_input("toy-qwen2", "own", "hi") == []
    assert raw_files.raw_input(alone, "own", "hi") == [raw_files.raw_path(alone, "own", "hi")]
    readings = raw_files.reading_settings(alone, "own", "hi")["readings"]
    assert readings["language"] == readings["pivot"]
    assert using("own", languages=["sw"]).languages("own") == ["sw"], "one language is enough"
    assert using("own", pivot="hi").conditions_in("toy-qwen2", "own", "de") == [], "nothing is steered"
    with pytest.raises(CrosslensError, match=r"'languages': data set 'own' has none of fr; it has de, hi, sw"):
        using("own", languages=["fr"])


def test_the_catalogues_include_runs_without_its_missing_english():
    include = experiment({"datasets": ["include"], "models": ["toy-qwen2"]})
    assert len(include.languages("include")) == 43 and "en" not in include.languages("include")
    assert figure_picks.drawn(include) == []


def test_choices_in_another_order_are_steered_towards_the_pivot(using):
    permuted = using("permuted")
    assert permuted.languages("permuted") == ["en", "de"]
    steered = permuted.conditions_in("toy-qwen2", "permuted", "de")
    assert steered == [each for each in permuted.conditions("toy-qwen2") if each.vector != "language:de"] != []
    own, of_pivot = permuted.vectors_input("toy-qwen2", "permuted", "de")
    assert own.endswith("steering_vectors/toy-qwen2/permuted/de.arrow")
    assert of_pivot.endswith("hidden_states/toy-qwen2/permuted/en.arrow")  # for the patch


def test_jobs_are_asked_only_for_what_is_computed(using):
    prompts = {"lens": {"prompts": ["without_choices", "pivot"]}}
    mixed = using("own", "permuted", "toy-mmmlu", **prompts, ceiling={"questions": 30})
    asked = {name: mixed.sample_settings(name) for name in ("own", "permuted", "toy-mmmlu")}
    assert [settings["forms"] for settings in asked.values()] == [(), ("native",), FORMS]
    expected = [[], ["without_choices"], ["without_choices", "pivot"]]
    assert [settings["lens_prompts"] for settings in asked.values()] == expected
    assert [settings["ceiling_questions"] for settings in asked.values()] == [0, 0, 30]
    layers = [mixed.lens_settings("toy-qwen2", name)["layers"] for name in asked]
    assert layers == [[], [1, 2, 3, 4], [1, 2, 3, 4]]


def test_figures_show_the_data_sets_that_have_what_they_need(using):
    prompts = {"lens": {"prompts": ["without_choices"]}}
    mixed = using("own", "toy-mmmlu", "permuted", **prompts)
    for name, figure in FIGURES.items():
        datasets = [dataset for _, dataset in figure_picks.shown(mixed, name)]
        assert datasets == (["toy-mmmlu"] if figure.needs == "choices" else ["toy-mmmlu", "permuted"]), name
    assert {name for name, figure in FIGURES.items() if figure.needs == "choices"} == BY_CHOICES
    assert figure_picks.drawn(mixed) == list(FIGURES)
    assert set(figure_picks.drawn(using("permuted", "own", **prompts))) == set(FIGURES) - BY_CHOICES
    assert figure_picks.drawn(using("own")) == []


def test_captions_name_the_data_sets_that_lack_something_and_why(using):
    mixed = using("own", "toy-mmmlu", "permuted")
    own, permuted = (
        f"The {name} set ({PARALLEL[kind].because})" for name, kind in (("own", "none"), ("permuted", "ids"))
    )
    assert figure_picks.figure_facts(mixed, "pca")["lacking"] == f"Not shown: {own}."
    assert figure_picks.figure_facts(mixed, "log_ratio_by_layer")["lacking"] == f"Not shown: {own}, {permuted}."
    swept = figure_picks.figure_facts(mixed, "gamma_sweep")["lacking"]
    assert swept == f"Not shown: {own}. Shown without consistency: {permuted}."
    picked = using("own", "toy-mmmlu", figures={"pca": {"datasets": ["toy-mmmlu"]}})
    assert figure_picks.figure_facts(picked, "pca")["lacking"] == "", "it was not asked for"
    assert all(figure_picks.figure_facts(using("toy-mmmlu"), name)["lacking"] == "" for name in FIGURES)


def test_a_data_set_is_named_once_for_the_first_need_that_it_lacks():
    needs = {"questions": "Neither", "choices": "Not the second"}
    assert lacking([("A", PARALLEL["none"]), ("B", PARALLEL["rows"])], needs).startswith("Neither: A (each of its")
    assert lacking([("A", PARALLEL["ids"])], needs).startswith("Not the second: A (the order of its")
    assert lacking([("B", PARALLEL["rows"])], needs) == ""


@pytest.mark.parametrize(("name", "dataset"), [("pca", "own"), ("log_ratio_by_layer", "permuted")])
def test_a_figure_that_is_asked_for_a_data_set_that_lacks_it_is_refused(using, name, dataset):
    said = rf"'figures\.{name}\.datasets': the figure cannot show '{dataset}', because .*`parallel: .*Take it out"
    with pytest.raises(CrosslensError, match=said):
        figure_picks.drawn(using("toy-mmmlu", dataset, figures={name: {"datasets": ["toy-mmmlu", dataset]}}))


def test_the_run_says_what_it_leaves_out(using):
    assert description.left_out(using("toy-mmmlu")) == []
    computed, missing = description.left_out(using("own"))
    assert computed.startswith("Only letters and accuracy are computed: The own set (")
    assert set(missing.removesuffix(".").split(": ")[1].split(", ")) == {*FIGURES, "table2"}
    _, missing = description.left_out(using("own", "permuted"))
    assert set(missing.removesuffix(".").split(": ")[1].split(", ")) == {*BY_CHOICES, "table2"}
    assert len(description.left_out(using("own", "toy-mmmlu"))) == 1


def test_stored_states_need_not_suffice_for_vectors_that_are_not_made(using):
    few = {"states": {"questions": 4}, "steering": {"questions": 50}}
    assert using("own", **few)
    with pytest.raises(CrosslensError, match="'steering.questions' needs the hidden states of 50 questions"):
        using("own", "toy-mmmlu", **few)


def test_vectors_of_other_languages_and_data_sets_pass_over_languages_that_are_not_steered(using):
    def steering(**vector):
        return {"steering": {"conditions": [{"layers": "grid", "gammas": [2], "vector": vector}]}}

    assert using("own", "same", "permuted", **steering(language="de"))
    assert using("own", "same", "permuted", **steering(dataset="same"))
    with pytest.raises(
        CrosslensError, match=r"'own' is not among the run's data sets \(same, permuted\) whose languages"
    ):
        using("own", "same", "permuted", **steering(dataset="own"))


def test_metrics_of_languages_that_are_not_compared_are_refused_as_targets(using):
    mixed, wildcards = using("own", "permuted"), Wildcards(fromdict={"dataset": "own"})
    assert len(mixed.of_all_languages("audit/{dataset}/{language}.arrow")(wildcards)) == 3
    with pytest.raises(CrosslensError, match="data set 'own' has no such metrics, because each of its languages has"):
        mixed.of_all_languages("hidden_states/{dataset}/{language}.arrow", "questions")(wildcards)


def test_the_plan_counts_only_what_is_computed(using):
    mixed = using("own", "permuted", "toy-mmmlu")
    planned = {name: work.evaluation(mixed, "toy-qwen2", name) for name in ("own", "permuted", "toy-mmmlu")}
    assert [(len(one.forms), one.jobs) for one in planned.values()] == [(0, 3), (1, 2 + 1 + 2), (4, 6 + 5 + 6)]
    assert planned["own"].conditions == planned["own"].state_questions == 0
    assert work.job_minutes(mixed, "inference", "toy-qwen2", "own") > 0
    single = using("own", languages=["de"], pivot="de")
    assert work.job_minutes(single, "inference", "toy-qwen2", "own") > 0
