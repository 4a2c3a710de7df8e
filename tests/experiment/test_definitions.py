"""Entries that an overlay defines: merged into the catalogues, completed from config.json, and their errors."""

import json
from pathlib import Path

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import definitions
from experiments import experiment


@pytest.fixture()
def folder(tmp_path):
    """A model's folder with a config.json and nothing else."""
    config = {"num_hidden_layers": 6, "hidden_size": 32, "vocab_size": 100, "torch_dtype": "float32"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def test_a_model_needs_its_source_alone(folder):
    mine = experiment({"models": ["mine"], "define": {"models": {"mine": {"source": {"path": str(folder)}}}}})
    entry = mine.models["mine"]
    assert (entry["title"], entry["layers"], entry["d_model"], entry["dtype"]) == ("mine", 6, 32, "float32")
    assert mine.layers("mine") == [2, 4, 6] and mine.model_folder("mine") == str(folder)


def test_what_an_entry_states_goes_before_what_the_file_says(folder):
    stated = {"source": {"path": str(folder)}, "layers": 6, "title": "Mine", "d_model": 16}
    entry = definitions.complete_model("mine", stated, "x", Path("nowhere"))
    assert (entry["title"], entry["d_model"], entry["vocabulary"]) == ("Mine", 16, 100)
    assert entry["dtype"] == "bfloat16", "a file that arrives later must not change what a stated entry computes"


def test_the_home_folder_is_found(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    mine = {"source": {"path": f"~/{folder.name}"}}
    assert experiment({"models": ["mine"], "define": {"models": {"mine": mine}}}).model_folder("mine") == str(folder)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"source": {"hub": "owner/name"}}, "Run `hf download owner/name config.json --revision main` once, or write"),
        (
            {"source": {"path": "{folder}"}, "layers": 7},
            "it is 7, but the model in .* has 6 layers. Correct the entry, or",
        ),
        ({"source": {"path": "{folder}/absent"}}, "and there is no config.json in"),
    ],
)
def test_a_number_of_layers_that_is_unknown_or_wrong_is_named_with_the_remedy(folder, entry, said):
    text = json.dumps(entry).replace("{folder}", str(folder))
    with pytest.raises(CrosslensError, match=f"`define` of the config key 'mine.layers'.*{said}"):
        experiment({"models": ["mine"], "define": {"models": {"mine": json.loads(text)}}})


def test_a_name_that_a_catalogue_has_too_is_an_error():
    with pytest.raises(CrosslensError, match=r"define\.models\.toy-qwen2': config/models\.yaml has an entry"):
        experiment({"define": {"models": {"toy-qwen2": {"source": {"hub": "owner/name"}}}}})


def test_a_language_of_ones_own_has_a_row_with_its_codes():
    row = {"name": "Klingon", "script": "Latn", "family": "Constructed", "codes": {"belebele": "tlh_Latn"}}
    mine = experiment({"define": {"languages": {"tlh": row}}})
    assert mine.known_languages["tlh"]["belebele"] == "tlh_Latn" and mine.known_languages["tlh"]["mmmlu"] == ""
    with pytest.raises(CrosslensError, match="has a row for this tag"):
        experiment({"define": {"languages": {"de": row}}})
    with pytest.raises(CrosslensError, match="has no column of codes 'klingon'"):
        experiment({"define": {"languages": {"tlh": row | {"codes": {"klingon": "x"}}}}})


def test_a_typo_in_a_definition_is_named_with_the_nearest_key():
    with pytest.raises(CrosslensError, match=r"unknown key 'define\.models\.mine\.sorce'; did you mean 'source'"):
        experiment({"define": {"models": {"mine": {"sorce": {}}}}})


@pytest.mark.parametrize(
    ("config", "steering", "pca"),
    [
        ({}, (50, True), (50, True)),
        ({"questions": {"max": 60}}, (30, True), (50, True)),
        ({"questions": {"max": 20}}, (10, True), (20, True)),
        ({"questions": {"max": 60}, "steering": {"questions": 40}}, (40, False), (50, True)),
    ],
)
def test_sample_sizes_that_nobody_stated_shrink_to_fit(config, steering, pca):
    made = experiment(config)
    for section, (questions, fit) in (("steering", steering), ("pca", pca)):
        assert made.sample(section) == {"questions": questions, "fit": fit}
