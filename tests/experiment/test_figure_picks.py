"""What the config may pick for a figure, how it is resolved, and the errors that name figure, key and remedy."""

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import figure_picks
from crosslens.report.figures.catalogue import FIGURES
from experiments import experiment

# Four layers each; every layer is steered with 2 and -2, layer 2 with six more.
MODELS = {"models": ["toy-qwen2", "toy-gemma2"]}


def picking(name: str, **picks):
    return experiment(MODELS, {"figures": {name: picks}})


@pytest.mark.parametrize(
    ("wanted", "layers"),
    [
        ("all", [1, 2, 3, 4]),
        ("middle", [2]),
        ([4, 1], [1, 4]),
        ([0.5, 4], [2, 4]),
        (["middle"], [2]),
        ({"toy-qwen2": [3]}, [3]),
        ({"toy-gemma2": [3]}, [2]),  # a model without a list gets its middle
    ],
)
def test_layers_are_picked_by_word_number_fraction_or_model(wanted, layers):
    assert figure_picks.picked_layers(picking("pca", layers=wanted), "pca")["toy-qwen2"] == layers


def test_swept_layers_are_those_with_the_most_gammas():
    swept = figure_picks.picked_layers(picking("gamma_sweep"), "gamma_sweep")
    assert swept == {"toy-qwen2": [2], "toy-gemma2": [2]}


def test_figures_of_steering_pick_from_the_layers_steered_with_their_gamma():
    name = "steering_accuracy_by_language"
    assert figure_picks.picked_layers(picking(name, gamma=4, layers="all"), name)["toy-qwen2"] == [2]
    with pytest.raises(CrosslensError, match=rf"'figures\.{name}\.layers': layer 3 is not among the steered layers of"):
        figure_picks.drawn(picking(name, gamma=4, layers=[3]))


def test_panels_are_models_times_data_sets_and_only_steered_models_where_it_is_about_steering():
    steered_once = {"steering": {"conditions": [{"models": ["toy-qwen2"], "layers": "grid", "gammas": [-2, 2]}]}}
    of_one = experiment(MODELS, steered_once, {"datasets": ["toy-mmmlu"]})
    assert figure_picks.shown(of_one, "gamma_sweep") == [("toy-qwen2", "toy-mmmlu")]
    assert figure_picks.shown(of_one, "pca") == [("toy-qwen2", "toy-mmmlu"), ("toy-gemma2", "toy-mmmlu")]


def test_without_steering_its_figures_are_not_drawn():
    unsteered = experiment({"steering": {"conditions": []}})
    always = {name for name, figure in FIGURES.items() if not figure.is_steered}
    assert set(figure_picks.drawn(unsteered)) == always


@pytest.mark.parametrize(
    ("lens", "drawn"),
    [
        ({}, True),
        ({"prompts": []}, False),
        ({"prompts": ["without_choices"]}, True),
        ({"prompts": ["pivot"], "control_questions": 0}, False),
    ],
)
def test_a_figure_of_further_prompts_is_drawn_if_there_are_some(lens, drawn):
    name = "log_ratio_by_prompt"
    asked = experiment({"lens": lens})
    assert (name in figure_picks.drawn(asked)) == drawn
    assert len(figure_picks.files(asked, name, "log_ratio_means")) == (2 * 3 * 4 if drawn else 0)


def test_figures_of_the_lens_have_its_layers():
    asked = experiment({"lens": {"layers": [3]}})
    files = figure_picks.files(asked, "log_ratio_by_layer", "log_ratio_means")
    assert "results/demo/metrics/toy-qwen2/toy-mmmlu/log_ratio_means/layer_3.arrow" in files and len(files) == 6


@pytest.mark.parametrize(
    ("name", "picks", "said"),
    [
        (
            "pca",
            {"models": ["other"]},
            r"key 'figures\.pca\.models': 'other' is not in .* 'models' or use one of",
        ),
        ("pca", {"datasets": ["other"]}, r"key 'figures\.pca\.datasets': 'other' is not in this run"),
        ("pca", {"layers": [9]}, r"key 'figures\.pca\.layers': layer 9 is not on the grid of toy-qwen2 \(1, 2, 3, 4\)"),
        ("pca", {"layers": {"other": [1]}}, r"it has layers for 'other', which is not among this run's models"),
        (
            "steering_accuracy_by_language",
            {"gamma": 9},
            r"needs γ = 9, but toy-qwen2 is steered only with -4, -3, -2, -1, 1, 2, 3, 4\. Use one of these or",
        ),
        ("steering_across_layers", {"gamma": 9}, r"key 'figures\.steering_across_layers\.gamma'"),
    ],
)
def test_a_pick_that_cannot_be_drawn_names_figure_key_and_remedy(name, picks, said):
    with pytest.raises(CrosslensError, match=said):
        figure_picks.drawn(picking(name, **picks))


def test_a_figure_of_both_signs_needs_both():
    towards_only = {"steering": {"conditions": [{"layers": "grid", "gammas": [2]}]}}
    with pytest.raises(CrosslensError, match="needs γ = -2, but toy-qwen2 is steered only with 2"):
        figure_picks.drawn(experiment(towards_only))


def test_files_are_those_of_the_panels_and_layers_each_with_its_names():
    picked = picking("pca", layers=[2], models=["toy-qwen2"], datasets=["toy-mmmlu"])
    assert figure_picks.files(picked, "pca", "pca") == {
        "results/demo/metrics/toy-qwen2/toy-mmmlu/pca/layer_2.arrow": {"model": "toy-qwen2", "dataset": "toy-mmmlu"}
    }
    questions = figure_picks.files(experiment(), "latent_accuracy_by_layer", "questions")
    assert questions["results/demo/questions/toy-mmmlu/en.arrow"] == {"dataset": "toy-mmmlu"}
    assert len(questions) == 3


def test_settings_are_the_arguments_that_the_catalogue_names():
    for name, figure in FIGURES.items():
        assert tuple(figure_picks.settings(experiment(), name)) == figure.settings
    settings = figure_picks.settings(experiment(), "steering_transfer_change")
    assert settings["layers"] == {"toy-qwen2": [2], "toy-gemma2": [2]} and settings["gamma"] == 2
    assert settings["scripts"]["hi"] == "Deva"


def test_toys_are_named_for_the_captions():
    facts = {"pivot": "English", "toys": ["Toy Qwen 2"], "lacking": ""}
    assert figure_picks.caption_facts(experiment(), ["toy-qwen2"]) == facts
    assert figure_picks.caption_facts(experiment(), ["qwen2.5-3b"])["toys"] == []
