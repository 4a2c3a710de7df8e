"""The examples of docs/mapping.md are what they say: valid by the schema and free of mistakes."""

import re

import pytest
import yaml
from crosslens.data.mapping import check_mapping
from crosslens.experiment import catalogues, sources
from readings import LANGUAGES
from workflow_runs import ROOT

PAGE = (ROOT / "docs/mapping.md").read_text(encoding="utf-8")
SCHEMA = catalogues.load_schema(ROOT / "workflow/schemas", "datasets")
READ = {"id": "id", "question": "q", "choices": ["a", "b"], "answer": {"column": "key", "as": "letter"}}
ENTRY = {"title": "Mine", "source": {"path": "mine"}, "codes": "language", "languages": ["en", "de"]}
ENTRY |= {"files": {"translations": "{code}.jsonl"}}
KEYS = {"Texts": "question", "Choices": "choices", "Answer": "answer"}


def rows(section: str) -> list[list[str]]:
    """Return the cells of the rows of a section's table."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines]


def examples(section: str) -> list[str]:
    return [example for _, cell, *_ in rows(section) for example in re.findall("`([^`]+)`", cell)]


CASES = [(key, example) for section, key in KEYS.items() for example in examples(section)]


@pytest.mark.parametrize(("key", "example"), CASES, ids=[example for _, example in CASES])
def test_an_example_is_a_part_of_a_mapping(key, example):
    value = yaml.safe_load(example.replace("with: {word: ...}", "with: {word: {column: w}}"))
    entry = ENTRY | {"read": READ | {key: value}}
    catalogues.validated({"mine": entry}, SCHEMA, "config/datasets.yaml")
    check_mapping(entry["read"], "mine.read", ["en", "de"])


def test_the_whole_example_is_an_entry(tmp_path):
    entries = yaml.safe_load(re.search("```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    (entry,) = catalogues.validated(entries, SCHEMA, "config/datasets.yaml").values()
    for tag in entry["languages"]:
        (tmp_path / tag).mkdir()
        for n in range(2):
            (tmp_path / tag / f"test-{n}.parquet").touch()
    sources.check_dataset(
        "arc", entry | {"source": {"path": str(tmp_path)}}, entry["languages"], LANGUAGES, "config/datasets.yaml"
    )


def test_the_example_with_a_configuration_is_an_entry():
    section = PAGE.split("\n## Files, or a configuration and a split\n")[1]
    (entry,) = yaml.safe_load(re.search("```yaml\n(.*?)```", section, re.DOTALL)[1]).values()
    (entry,) = catalogues.validated({"mine": entry | {"read": READ}}, SCHEMA, "config/datasets.yaml").values()
    sources.check_dataset("mine", entry, entry["languages"], LANGUAGES, "config/datasets.yaml")


def test_the_page_has_every_key_that_the_schema_allows():
    definitions = SCHEMA["$defs"]
    mapping, text = definitions["mapping"]["properties"], definitions["text"]["properties"]
    expected = {"Keys of `read`": set(mapping), "Texts": set(text)}
    expected["Choices"] = set(mapping["choices"]["properties"])
    for section, keys in expected.items():
        named = {name for first, *_ in rows(section) for name in re.findall(r"`([a-z_]+)`", first)}
        assert named >= keys, section
    assert {cells[0].strip("`") for cells in rows("Answer")} == set(mapping["answer"]["properties"]["as"]["enum"])
