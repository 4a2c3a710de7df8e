"""Where the examples of a data set come from: its entry's key `examples`, the files that are read, and errors."""

import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment import description, raw_files, sources, work
from experiments import experiment

READ = {
    "id": "id",
    "question": "question",
    "choices": ["a", "b"],
    "answer": {"column": "answer", "as": "letter"},
    "where": {"split": "test", "lang": "{code}"},
}
ENTRY = {
    "languages": ["en", "de"],
    "files": {"translations": "{code}.jsonl"},
    "read": READ,
    "rows": {"translations": 9},
}
DEV = {"files": {"translations": "{code}/dev.jsonl", "english": "dev-en.csv"}}


def own(entry: dict, number: int = 2, **prompt):
    """Return an experiment on a data set `mine`, ``number`` examples before each question."""
    examples = {"number": number, **prompt}
    datasets = {"mine": ENTRY | {"source": {"hub": "me/mine"}} | entry}
    return experiment({"datasets": ["mine"], "define": {"datasets": datasets}, "prompt": {"examples": examples}})


def test_without_examples_nothing_is_said_or_read():
    none = own({"examples": DEV}, number=0)
    assert raw_files.example_settings(none, "mine", "de") is None and none.question_selection() is None
    assert none.examples_entry("mine") is None
    assert raw_files.raw_input(none, "mine", "de") == ["resources/data/mine/de.jsonl", "resources/data/mine/en.jsonl"]
    assert "examples" not in description.table3_settings(none)
    assert "example" not in description.prompt_remark(none, "mine")


def test_examples_without_files_are_taken_from_the_questions():
    stored = own({}, number=3, **{"not": {"mine": ["a", 7], "belebele": ["b"]}})
    assert raw_files.example_settings(stored, "mine", "de") == {"number": 3, "without": ["a", "7"], "split": None}
    assert stored.question_selection() == {"seed": 0, "max": None, "where": {}}
    note = "3 examples, drawn by hash from its questions, which are then not asked:"
    assert description.table3_settings(stored)["examples"] == {"mine": note}


def test_examples_of_a_split_have_files_of_their_own_that_are_fetched_and_read_as_the_questions_are():
    split = own({"examples": DEV})
    folder = "resources/data/mine"
    assert raw_files.raw_input(split, "mine", "de") == [
        f"{folder}/{file}" for file in ("de.jsonl", "en.jsonl", "de/dev.jsonl", "dev-en.csv")
    ]
    settings = raw_files.example_settings(split, "mine", "de")["split"]
    assert (settings["path"], settings["pivot_path"]) == (f"{folder}/de/dev.jsonl", f"{folder}/dev-en.csv")
    assert settings["readings"] == raw_files.reading_settings(split, "mine", "de")["readings"]
    assert raw_files.file_settings(split, "mine", "de/dev.jsonl")["rows"] is None
    assert raw_files.file_settings(split, "mine", "de.jsonl")["rows"] == 9
    assert "drawn by hash from {code}/dev.jsonl" in description.prompt_remark(split, "mine")


def test_the_english_examples_are_in_the_repository_of_the_english_questions():
    source = {"hub": "me/mine", "english": {"hub": "you/theirs"}}
    files = {"translations": "{code}.jsonl", "english": "en.csv"}
    split = own({"source": source, "files": files, "examples": DEV})
    hubs = {"dev-en.csv": "you/theirs", "en.csv": "you/theirs", "de/dev.jsonl": "me/mine", "de.jsonl": "me/mine"}
    for file, hub in hubs.items():
        assert sources.repository(raw_files.file_entry(split, "mine", file), file)["hub"] == hub
        assert raw_files.file_settings(split, "mine", file)["hub"] == hub


def test_examples_may_be_another_split_of_the_configurations_that_the_questions_are_in():
    test, dev = ({"translations": {"config": "{code}", "split": split}} for split in ("test", "dev"))
    split = own({"files": test, "examples": {"files": dev}})
    assert raw_files.example_settings(split, "mine", "de")["split"]["path"] == "resources/data/mine/de/dev.parquet"
    for name in ("dev", "test"):
        settings = raw_files.file_settings(split, "mine", f"de/{name}.parquet")
        assert (settings["config"], settings["split"]) == ("de", name)
    assert "drawn by hash from {code}/dev.parquet" in description.prompt_remark(split, "mine")


def test_examples_may_be_other_rows_of_the_same_files():
    rows = own({"examples": {"where": {"split": "dev"}}})
    split = raw_files.example_settings(rows, "mine", "de")["split"]
    assert split["readings"]["language"]["read"]["where"] == {"split": "dev", "lang": "de"}
    asked = raw_files.reading_settings(rows, "mine", "de")["readings"]["language"]["read"]["where"]
    assert asked == {"split": "test", "lang": "de"}
    assert split["path"] == raw_files.raw_path(rows, "mine", "de") == "resources/data/mine/de.jsonl"
    assert "from {code}.jsonl where split is dev" in description.prompt_remark(rows, "mine")


def test_the_plan_assumes_that_an_example_is_as_long_as_a_prompt():
    typical = {"typical": {"questions": 50, "prompt_tokens": 100}}
    assert work.evaluation(own(typical, number=4), "toy-qwen2", "mine").typical["prompt_tokens"] == 500
    assert work.evaluation(own(typical, number=0), "toy-qwen2", "mine").typical["prompt_tokens"] == 100


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        ({"number": -1}, r"key 'prompt\.examples\.number': -1 is less than"),
        (
            {"not": {"toy-mmlu": ["1"]}},
            r"key 'prompt\.examples\.not': 'toy-mmlu' is not in .* did you mean 'toy-mmmlu'",
        ),
        ({"without": {}}, r"unknown key 'prompt\.examples\.without'"),
    ],
)
def test_wrong_keys_of_the_config_are_named(overlay, said):
    with pytest.raises(CrosslensError, match=said):
        experiment({"prompt": {"examples": overlay}})


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"source": {"demo": "mmmlu"}, "examples": DEV}, r"'mine\.examples': the workflow writes no examples"),
        ({"examples": {}}, r"'define\.datasets\.mine\.examples'"),
        (
            {"examples": {"files": {"translations": "{code}/*.jsonl"}}},
            r"'mine\.examples\.files\.translations': '\*' needs",
        ),
    ],
)
def test_examples_that_cannot_be_had_are_an_error_when_the_workflow_is_parsed(entry, said):
    with pytest.raises(CrosslensError, match=said):
        own(entry)


def test_a_missing_file_of_examples_is_named_with_the_language(tmp_path):
    for file in ("en.jsonl", "de.jsonl", "dev-en.csv"):
        (tmp_path / file).touch()
    with pytest.raises(
        CrosslensError, match=r"data set 'mine\.examples' has no file '.*de/dev\.jsonl' for language 'de'"
    ):
        own({"source": {"path": str(tmp_path)}, "examples": DEV})


def test_rows_cannot_be_narrowed_without_a_mapping():
    entry = {key: value for key, value in ENTRY.items() if key != "read"} | {
        "module": "fields",
        "source": {"hub": "a/b"},
    }
    datasets = {"mine": entry | {"examples": {"where": {"split": "dev"}}}}
    overlay = {"datasets": ["mine"], "define": {"datasets": datasets}, "prompt": {"examples": {"number": 1}}}
    with pytest.raises(
        CrosslensError, match=r"'mine\.examples\.where': it narrows `read`, which the entry does not have"
    ):
        experiment(overlay)
