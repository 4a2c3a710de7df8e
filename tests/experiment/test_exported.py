"""What of a run is exported, and what the exported files say of it."""

import yaml
from crosslens.experiment import exported
from experiments import experiment
from workflow_runs import ROOT


def test_a_run_without_comparable_choices_has_no_table2():
    assert "table2" in exported.tables(experiment())
    assert exported.tables(experiment({"datasets": ["include"]})) == [
        "accuracy",
        "letters",
        "table1",
        "table3",
        "audit",
        "claims",
    ]


def test_vectors_are_exported_where_a_positive_gamma_can_be_selected():
    every = exported.steered(experiment())
    assert every == experiment().evaluations
    negative = {"steering": {"conditions": [{"layers": "grid", "gammas": [-2]}]}}
    assert (
        exported.steered(experiment(negative)) == exported.steered(experiment({"steering": {"conditions": []}})) == []
    )
    of_one = {"steering": {"conditions": [{"layers": "grid", "gammas": [2], "models": ["toy-qwen2"]}]}}
    assert {model for model, _ in exported.steered(experiment(of_one))} == {"toy-qwen2"}
    mixed = experiment({"datasets": ["toy-mmmlu", "include"]})
    assert {dataset for _, dataset in exported.steered(mixed)} == {"toy-mmmlu"}


def test_languages_are_all_but_the_pivot_with_their_names():
    assert exported.steered_names(experiment({"languages": ["de", "sw"]}), "toy-mmmlu") == {
        "de": "German",
        "sw": "Swahili",
    }


def test_vectors_say_where_model_and_data_come_from_and_under_which_terms():
    paper = experiment("paper")
    described = exported.described(paper, "gemma-2-9b", "belebele")
    assert described["model_source"] == "google/gemma-2-9b-it" and described["dataset_licence"] == "CC-BY-SA-4.0"
    assert "Licence of the data set: CC-BY-SA-4.0" in described["licence_note"] and described["pivot"] == "en"
    assert (
        exported.described(experiment(), "toy-qwen2", "toy-mmmlu")["model_source"] == "made by crosslens (demo: qwen2)"
    )


def test_the_bundle_names_models_and_data_sets_with_their_pages():
    about = exported.bundle(experiment("paper"))
    assert about["models"]["gemma-2-9b"]["url"] == "https://huggingface.co/google/gemma-2-9b-it"
    assert about["datasets"]["belebele"]["url"] == "https://huggingface.co/datasets/facebook/belebele"
    assert about["datasets"]["belebele"]["licence"] == "CC-BY-SA-4.0" and about["run"] == "paper"


def test_the_settings_of_a_bundle_are_a_config_that_gives_the_same_run():
    paper = experiment("paper")
    written = yaml.safe_load(yaml.safe_dump(exported.settings(paper), allow_unicode=True))
    again = experiment(written["config.yaml"])
    assert again.config == paper.config and again.evaluations == paper.evaluations
    assert written["catalogues.yaml"]["models"].keys() == set(paper.config["models"])


def test_the_files_of_the_project_are_there():
    for name in exported.PROJECT:
        assert (ROOT / name).is_file()
    assert len(exported.project_hash(experiment())) == 16
