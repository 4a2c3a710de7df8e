"""What a config selects: models, data sets, languages, layers, conditions; a wrong name is named with the nearest."""

from pathlib import Path

import pytest
import yaml
from crosslens import configuration, languages
from crosslens.errors import CrosslensError

ROOT = Path(__file__).parent.parent
LANGUAGES = {
    "en": {"belebele": "eng_Latn", "mmmlu": "EN-US"},
    "sw": {"belebele": "swh_Latn", "mmmlu": "SW-KE"},
    "zh": {"belebele": "zho_Hans", "mmmlu": "ZH-CN"},
    "zh-Hant": {"belebele": "zho_Hant", "mmmlu": ""},
}
EVERY = {"codes": "mmmlu", "languages": "all"}


def test_the_demo_selects_what_the_catalogues_have():
    config, models, datasets = (
        yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))
        for name in ("config", "models", "datasets")
    )
    known = languages.read_languages(ROOT / "config/languages.tsv")
    configuration.selected(config["models"], models, "models", "config/models.yaml")
    for name in configuration.selected(config["datasets"], datasets, "datasets", "config/datasets.yaml"):
        chosen = configuration.dataset_languages(name, datasets[name], config["languages"], config["pivot"], known)
        assert chosen[0] == config["pivot"] and len(chosen) == 6


@pytest.mark.parametrize(("name", "meant"), [("toy-qwen", "toy-qwen2"), ("toygemma2", "toy-gemma2"), ("xyz", None)])
def test_an_unknown_model_or_data_set_is_named_with_the_nearest(name, meant):
    with pytest.raises(CrosslensError) as error:
        configuration.selected(["toy-qwen2", name], ["toy-gemma2", "toy-qwen2"], "models", "config/models.yaml")
    for part in ("'models'", f"'{name}'", "config/models.yaml"):
        assert part in str(error.value)
    assert (f"did you mean '{meant}'?" if meant else "known are toy-gemma2, toy-qwen2") in str(error.value)


@pytest.mark.parametrize(
    ("n_layers", "every", "grid"),
    [
        (42, 4, [2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42]),  # Gemma 2 9B, as in the paper
        (28, 4, [4, 8, 12, 16, 20, 24, 28]),  # Qwen 2.5 7B
        (46, 4, [2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46]),  # Gemma 2 27B
        (4, 1, [1, 2, 3, 4]),
        (3, 4, [3]),
        (5, 5, [5]),
    ],
)
def test_the_grid_ends_at_the_last_layer(n_layers, every, grid):
    assert configuration.layer_grid(n_layers, every) == grid


def test_conditions_are_the_sorted_pairs_each_once_of_the_entries_for_the_model():
    entries = [
        {"layers": "grid", "gammas": [2, -2]},
        {"layers": [4], "gammas": [2, 3.5]},
        {"layers": [2], "gammas": [9], "models": ["other"]},
        {"layers": [2], "gammas": [1], "models": ["other", "mine"]},
    ]
    conditions = configuration.steering_conditions(entries, "mine", [2, 4])
    assert conditions == [[2, -2.0], [2, 1.0], [2, 2.0], [4, -2.0], [4, 2.0], [4, 3.5]]
    assert configuration.steering_conditions(entries[2:3], "mine", [2, 4]) == []


def test_a_layer_off_the_grid_names_model_grid_and_remedy():
    with pytest.raises(CrosslensError) as error:
        configuration.steering_conditions([{"layers": [2, 3], "gammas": [1]}], "mine", [2, 4])
    for part in ("steering.conditions", "layer 3", "mine", "2, 4", "layers.every"):
        assert part in str(error.value)


def test_an_entry_for_another_model_may_name_layers_that_this_one_lacks():
    entries = [{"layers": [30], "gammas": [1], "models": ["large"]}]
    assert configuration.steering_conditions(entries, "small", [2, 4]) == []


@pytest.mark.parametrize(
    ("selection", "pivot", "chosen"),
    [
        ("all", "en", ["en", "sw", "zh"]),
        ("all", "zh", ["zh", "en", "sw"]),
        (["zh", "sw"], "en", ["en", "zh", "sw"]),
        (["sw", "en"], "en", ["en", "sw"]),
        (["zh-Hant", "zh"], "en", ["en", "zh"]),
    ],
)
def test_languages_of_a_data_set_pivot_first_in_the_order_asked_for(selection, pivot, chosen):
    assert configuration.dataset_languages("mmmlu", EVERY, selection, pivot, LANGUAGES) == chosen


@pytest.mark.parametrize(
    ("dataset", "selection", "pivot", "said"),
    [
        (EVERY, ["zh_Hant"], "en", ["'languages'", "'zh_Hant'", "languages.tsv", "did you mean 'zh-Hant'?"]),
        ({"codes": "mmmlu", "languages": ["en", "swa"]}, "all", "en", ["'mmmlu.languages'", "'swa'", "'sw'"]),
        (EVERY, "all", "zh-Hant", ["'pivot'", "'mmmlu'", "'zh-Hant'", "did you mean 'zh'?"]),
        (EVERY, ["zh-Hant"], "en", ["'languages'", "'mmmlu'", "none of zh-Hant", "it has en, sw, zh"]),
        (EVERY, ["en"], "en", ["'languages'", "besides the pivot 'en'"]),
    ],
)
def test_bad_selections_of_languages(dataset, selection, pivot, said):
    with pytest.raises(CrosslensError) as error:
        configuration.dataset_languages("mmmlu", dataset, selection, pivot, LANGUAGES)
    for part in said:
        assert part in str(error.value)


def test_a_selected_language_that_no_data_set_has_is_an_error():
    has = {"mmmlu": ["en", "sw"], "belebele": ["en", "yo"]}
    configuration.used_somewhere("all", has)
    configuration.used_somewhere(["yo", "sw"], has)
    with pytest.raises(CrosslensError, match="'languages': none of the data sets mmmlu, belebele has .* 'fr'"):
        configuration.used_somewhere(["yo", "fr"], has)


FRAMES = {tag: {"instruction": f"{tag}!", "question": "Q:", "answer": "A:"} for tag in ("en", "de")}


@pytest.mark.parametrize("choice, expected", [("en", "en!"), ("de", "de!"), ("native", "de!")])
def test_words_around_a_question_are_in_one_language_or_in_each_its_own(choice, expected):
    assert configuration.frame(FRAMES, choice, "de")["instruction"] == expected


@pytest.mark.parametrize("choice", ["native", "sw"])
def test_missing_instructions_name_the_language_and_the_catalogue(choice):
    with pytest.raises(
        CrosslensError, match="config/instructions.yaml has no instructions in 'sw', only in en, de. Add"
    ):
        configuration.frame(FRAMES, choice, "sw")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n\tb: 1\n", "line 2, column 1"),
        ("a: {b: [}\n", "line 1, column 9"),
        ("a: {b: 1}\nc: 1\na: {b: 2}\n", "key 'a' is there twice.* line 3"),
        ("a:\n  b: 1\n  b: 1\n", "key 'b' is there twice.* line 3"),
    ],
)
def test_a_catalogue_that_is_no_yaml_or_has_a_key_twice_is_named(tmp_path, text, said):
    (tmp_path / "models.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CrosslensError, match=f"^config/models.yaml: .*{said}"):
        configuration.load_yaml(tmp_path / "models.yaml", "config/models.yaml")


def test_a_catalogue_is_read_as_yaml():
    path = ROOT / "config/models.yaml"
    assert configuration.load_yaml(path, "config/models.yaml") == yaml.safe_load(path.read_text(encoding="utf-8"))
