"""The experiment as a whole: what it selects, the slices that rules pass on, where files are, and its errors."""

import dataclasses
import json

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import description, raw_files, work
from crosslens.experiment.experiment import Experiment
from experiments import experiment
from workflow_runs import ROOT

PAPER = experiment("paper")


def test_an_overlay_that_names_one_model_and_one_data_set_runs():
    for model in ("gemma-2-2b", "qwen2.5-32b", "toy-gemma2"):
        one = experiment({"models": [model], "datasets": ["belebele" if "toy" not in model else "toy-mmmlu"]})
        depth = one.models[model]["layers"]
        assert one.layers(model)[-1] == depth and len(one.layers(model)) in (4, 5)
        steered = {condition.layer for condition in one.conditions(model)}
        assert steered == set(one.layers(model))


def test_the_default_config_has_no_absolute_layers():
    config = experiment().config
    assert isinstance(config["layers"]["every"], float)
    assert not any(isinstance(layer, int) for entry in config["steering"]["conditions"] for layer in entry["layers"])


def test_the_paper_is_six_models_on_three_data_sets():
    assert len(PAPER.evaluations) == 18
    assert [len(PAPER.languages(name)) for name in PAPER.config["datasets"]] == [122, 15, 10]
    assert PAPER.layers("gemma-2-9b") == list(range(2, 43, 4))
    assert PAPER.conditions_in("qwen2.5-7b", "mmmlu", "en") == []
    assert len(PAPER.conditions_in("qwen2.5-7b", "mmmlu", "de")) == 2 * 7 + 3 * 7 + 1  # own, controls, patch


def test_every_lookup_of_a_rule_is_a_slice_of_config_and_catalogues():
    demo = experiment()
    assert demo.lens_settings("toy-qwen2", "toy-mmmlu")["layers"] == [1, 2, 3, 4]
    assert set(demo.model_settings("toy-qwen2")["load"]) == {"dtype", "n_layers", "implementation", "forward", "gpus"}
    assert demo.model_settings("toy-qwen2")["chat_template_kwargs"] == {}
    assert demo.prompt_settings("de")["frame"]["question"] == "Question:"
    assert demo.described("name", "toy-mmmlu")["hi"] == "Hindi"
    assert demo.training_settings("toy-gemma2")["architecture"] == "gemma2"


@pytest.mark.parametrize("chat", [False, True])
def test_variables_of_the_chat_template_are_settings_of_a_model_whose_prompts_are_chats(chat):
    demo = experiment({"prompt": {"chat_template": chat}})
    thinks_not = {"enable_thinking": False}
    models = {**demo.models, "toy-qwen2": {**demo.models["toy-qwen2"], "chat_template_kwargs": thinks_not}}
    settings = dataclasses.replace(demo, models=models).model_settings("toy-qwen2")
    assert settings["chat_template_kwargs"] == (thinks_not if chat else {})


def test_files_are_in_the_run_the_resources_or_the_users_own_folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "notes.txt").touch()
    own = dataclasses.replace(experiment(), models={"mine": {"source": {"path": str(tmp_path)}}})
    assert own.model_input("mine") == [str(tmp_path), f"{tmp_path}/config.json", f"{tmp_path}/model.safetensors"]
    assert PAPER.model_input("gemma-2-2b") == ["resources/models/gemma-2-2b"]
    assert raw_files.raw_input(PAPER, "mmmlu", "sw") == [
        "resources/data/mmmlu/test/mmlu_SW-KE.csv",
        raw_files.raw_path(PAPER, "mmmlu", "en"),
    ]
    assert raw_files.raw_input(PAPER, "belebele", "en") == [raw_files.raw_path(PAPER, "belebele", "en")]
    assert raw_files.raw_input(experiment(), "toy-mmmlu", "de") == ["results/demo/demo_data/toy-mmmlu"]
    assert PAPER.vectors_input("gemma-2-2b", "belebele", "en") == []
    vectors = [f"results/paper/steering_vectors/gemma-2-2b/belebele/{language}.arrow" for language in ("de", "es")]
    states = "results/paper/hidden_states/gemma-2-2b/belebele/en.arrow"
    assert PAPER.vectors_input("gemma-2-2b", "belebele", "de") == [*vectors, states]


def test_throughput_is_the_gpus_unless_the_config_says_another():
    assert work.evaluation(PAPER, "gemma-2-27b", "mmmlu").throughput == 400
    faster = experiment("paper", {"plan": {"throughput": {"h100": 500}}})
    assert work.evaluation(faster, "gemma-2-27b", "mmmlu").throughput == 500


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        (
            {"plan": {"throughput": {"h200": 1}}},
            "key 'plan.throughput': 'h200' is not in config/gpus.yaml; did you mean",
        ),
        ({"pivot": "xx"}, "key 'pivot': 'xx' is not in config/languages.tsv"),
        (
            {"states": {"questions": 40}},
            "'steering.questions' needs the hidden states of 50 questions, but only 40 are",
        ),
        ({"correlations": {"layers": [9]}}, "the lens reads layer 9 of no model"),
    ],
)
def test_settings_that_cannot_be_run_name_key_and_remedy(overlay, said):
    with pytest.raises(CrosslensError, match=said.replace(".", r"\.")):
        experiment(overlay)


def test_an_overlay_with_a_key_twice_is_refused(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("run: mine\nseed: 1\nrun: yours\n")
    with pytest.raises(CrosslensError, match="overlay.yaml: key 'run' is there twice.* line 3"):
        Experiment.load(dict(experiment().config), [overlay], ROOT)


def test_a_language_that_yaml_reads_as_false_gets_a_remedy():
    with pytest.raises(CrosslensError, match=r"key 'languages\.0': YAML reads .* as false; write the tag in quotes"):
        experiment({"languages": [False]})


def test_the_description_has_what_the_methods_page_shows():
    described = description.methods(experiment())
    assert described["models"]["toy-qwen2"]["grid"] == described["models"]["toy-qwen2"]["correlated"] == [1, 2, 3, 4]
    assert list(described["datasets"]) == ["toy-belebele", "toy-mmmlu", "toy-hellaswag"]
    assert description.text_hash(ROOT, "workflow/report/*.rst") != description.text_hash(ROOT, "workflow/report/*.html")


def own_model(folder, config: dict, **entry) -> Experiment:
    (folder / "config.json").write_text(json.dumps({"num_hidden_layers": 4, **config}))
    mine = {"source": {"path": str(folder)}, **entry}
    return experiment({"models": ["mine"], "define": {"models": {"mine": mine}}})


def test_the_parse_says_which_models_have_plain_rows(tmp_path):
    assert work.plain_models(own_model(tmp_path, {})) == []
    (said,) = work.plain_models(own_model(tmp_path, {"layer_types": ["conv", "full_attention"] * 2}))
    assert said.startswith("Model 'mine' is run with plain rows, one forward pass per answer and condition, because it")
    assert "conv" in said
    (said,) = work.plain_models(own_model(tmp_path, {}, forward="plain"))
    assert said.endswith("because the model's entry says so.")
    with pytest.raises(CrosslensError, match="'mine.forward': packed rows .*ALiBi"):
        own_model(tmp_path, {"alibi": True}, forward="packed")


def test_jobs_ask_for_as_many_gpus_as_the_entry_says(tmp_path):
    several = own_model(tmp_path, {}, gpus=4, gpu="a100")
    assert work.gpus(several, "mine") == 4 and several.model_settings("mine")["load"]["gpus"] == 4
    assert work.gpus(own_model(tmp_path, {}), "mine") == 1
    assert work.gpus(own_model(tmp_path, {}, gpu="none"), "mine") == 0
    with pytest.raises(CrosslensError, match="'mine.gpus': it is 2, but 'gpu' is none.*leave 'gpus' out"):
        own_model(tmp_path, {}, gpus=2, gpu="none")


def test_families_and_resource_levels_are_those_of_the_runs_languages_so_far_as_known():
    own = {"name": "Mine", "script": "Latn", "family": "Isolate", "codes": {"belebele": "mine"}}
    levels = {"qaa": "", "qab": "much", "qac": "4"}
    languages = {tag: own | {"resource": level, "codes": {"belebele": tag}} for tag, level in levels.items()}
    config = {"datasets": ["belebele"], "languages": ["de", *levels], "define": {"languages": languages}}
    defined = experiment(config)
    assert defined.described("family") == {"de": "Germanic", "en": "Germanic"} | dict.fromkeys(levels, "Isolate")
    assert defined.resource_levels() == {"de": 5, "en": 5, "qac": 4}
