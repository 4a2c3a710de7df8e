"""What a config selects: models, data sets, languages, layers, conditions; a wrong name is named with the nearest."""

import pytest
import yaml
from crosslens.errors import CrosslensError
from crosslens.experiment import catalogues, languages
from workflow_runs import ROOT

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
    catalogues.check_selected(config["models"], models, "models", "config/models.yaml")
    catalogues.check_selected(config["datasets"], datasets, "datasets", "config/datasets.yaml")
    for name in config["datasets"]:
        chosen = catalogues.dataset_languages(name, datasets[name], config["languages"], config["pivot"], known)
        assert chosen[0] == config["pivot"] and len(chosen) == 6


@pytest.mark.parametrize(("name", "meant"), [("toy-qwen", "toy-qwen2"), ("toygemma2", "toy-gemma2"), ("xyz", None)])
def test_an_unknown_model_or_data_set_is_named_with_the_nearest(name, meant):
    with pytest.raises(CrosslensError) as error:
        catalogues.check_selected(["toy-qwen2", name], ["toy-gemma2", "toy-qwen2"], "models", "config/models.yaml")
    for part in ("'models'", f"'{name}'", "config/models.yaml"):
        assert part in str(error.value)
    assert (f"did you mean '{meant}'?" if meant else "known are toy-gemma2, toy-qwen2") in str(error.value)


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
    assert catalogues.dataset_languages("mmmlu", EVERY, selection, pivot, LANGUAGES) == chosen


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
        catalogues.dataset_languages("mmmlu", dataset, selection, pivot, LANGUAGES)
    for part in said:
        assert part in str(error.value)


def test_a_selected_language_that_no_data_set_has_is_an_error():
    has = {"mmmlu": ["en", "sw"], "belebele": ["en", "yo"]}
    catalogues.check_languages_used("all", has)
    catalogues.check_languages_used(["yo", "sw"], has)
    with pytest.raises(CrosslensError, match="'languages': none of the data sets mmmlu, belebele has .* 'fr'"):
        catalogues.check_languages_used(["yo", "fr"], has)


FRAMES = {tag: {"instruction": f"{tag}!", "question": "Q:", "answer": "A:"} for tag in ("en", "de")}


@pytest.mark.parametrize("choice, expected", [("en", "en!"), ("de", "de!"), ("native", "de!")])
def test_words_around_a_question_are_in_one_language_or_in_each_its_own(choice, expected):
    assert catalogues.frame(FRAMES, choice, "de")["instruction"] == expected


@pytest.mark.parametrize("choice", ["native", "sw"])
def test_missing_instructions_name_the_language_and_the_catalogue(choice):
    with pytest.raises(
        CrosslensError, match="config/instructions.yaml has no instructions in 'sw', only in en, de. Add"
    ):
        catalogues.frame(FRAMES, choice, "sw")


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
        catalogues.load_yaml(tmp_path / "models.yaml", "config/models.yaml")


def test_a_catalogue_is_read_as_yaml():
    path = ROOT / "config/models.yaml"
    assert catalogues.load_yaml(path, "config/models.yaml") == yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("overlay", "key", "written"),
    [
        ("steering: {conditions: [{layers: grid, gammas: [1e-3]}]}", "steering.conditions.0.gammas.0", "1.0e-3"),
        ("layers: {every: 5e-1}", "layers.every", "5.0e-1"),
        ("intervals: {level: 9.5E-1}", "intervals.level", None),
        ("plan: {throughput: {a100: 1.5e2}}", "plan.throughput.a100", "1.5e+2"),
        ("figures: {steering_across_layers: {gamma: -1e1}}", "figures.steering_across_layers.gamma", "-1.0e+1"),
    ],
)
def test_a_number_that_yaml_reads_as_text_gets_the_remedy_that_yaml_reads_as_a_number(overlay, key, written):
    schema = catalogues.load_schema(ROOT / "workflow/schemas", "config")
    config = {"run": "r", "models": ["m"], "datasets": ["d"]} | yaml.safe_load(overlay)
    if written is None:  # a point and a sign: YAML reads a number
        assert catalogues.validated(config, schema, "mine.yaml")
        return
    with pytest.raises(CrosslensError) as error:
        catalogues.validated(config, schema, "mine.yaml")
    assert f"mine.yaml: key '{key}'" in str(error.value)
    assert f"YAML reads it as text, write {written}" in str(error.value)
    assert isinstance(yaml.safe_load(written), float)


@pytest.mark.parametrize("text", ["many", "1e-3-4", "e5"])
def test_other_texts_get_no_remedy_for_numbers(text):
    schema = catalogues.load_schema(ROOT / "workflow/schemas", "config")
    config = {"run": "r", "models": ["m"], "datasets": ["d"], "intervals": {"level": text}}
    with pytest.raises(CrosslensError, match="'intervals.level'(?!.*YAML reads it as text)"):
        catalogues.validated(config, schema, "mine.yaml")
