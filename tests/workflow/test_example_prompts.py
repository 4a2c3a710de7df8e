"""Examples before the questions, from an overlay to the tables: taken from a split, or set aside from the questions."""

import json

import pytest
from crosslens.tables.files import read_provenance, read_table
from crosslens.tables.inference import AUDIT, QUESTIONS
from hub_files import write_jsonl
from workflow_runs import snakemake

ENTRY = {
    "source": {"path": "data"},
    "files": {"translations": "{code}.jsonl"},
    "languages": ["en", "de"],
    "read": {
        "id": "id",
        "question": "question",
        "choices": {"range": "option_{a..c}"},
        "answer": {"column": "answer", "as": "letter"},
    },
}


def rows(language: str, first: int, n: int) -> list[dict]:
    options = {f"option_{letter}": f"{language.upper()} {letter}" for letter in "abc"}
    return [
        {"id": str(i), "question": f"{language.upper()} {i}?", "answer": "ABC"[i % 3], **options}
        for i in range(first, first + n)
    ]


@pytest.mark.parametrize("split", [False, True])
def test_all_languages_have_the_same_examples_and_ask_none_of_them(project, split):
    (project / "data").mkdir()
    for language in ENTRY["languages"]:
        write_jsonl(project / f"data/{language}.jsonl", rows(language, 0, 12))
        write_jsonl(project / f"data/{language}_dev.jsonl", rows(language, 100, 6))
    entry = ENTRY | ({"examples": {"files": {"translations": "{code}_dev.jsonl"}}} if split else {})
    overlay = {"run": "mine", "models": ["toy-qwen2"], "datasets": ["mine"], "define": {"datasets": {"mine": entry}}}
    overlay["prompt"] = {"examples": {"number": 3}}
    (project / "mine.yaml").write_text(json.dumps(overlay))
    results = project / "results/mine"
    targets = ["prompts/mine.txt", "audit/mine.arrow", "tables/table3.csv"]
    targets = [f"results/mine/{target}" for target in targets]
    snakemake(project, *targets, "--configfile", "mine.yaml", "--cores", "1")

    shown = set()
    for language in ENTRY["languages"]:
        path = results / f"questions/mine/{language}.arrow"
        table = read_table(path, QUESTIONS).to_pylist()
        assert len(table) == (12 if split else 9)
        beginnings = {row["prompt"].rsplit("\n\n", 1)[0].replace(f"{language.upper()} ", "") for row in table}
        assert len(beginnings) == 1
        shown |= beginnings
        assert read_provenance(path)["params"]["examples"]["number"] == 3
    assert len(shown) == 1  # but for the language
    ids = [block.split("?")[0].removeprefix("Question: ") for block in shown.pop().split("\n\n")[1:]]
    assert all(int(number) >= 100 for number in ids) == split
    asked = {row["question_id"] for row in table}
    assert not asked & set(ids)
    found = read_table(results / "audit/mine.arrow", AUDIT).to_pylist()
    assert sorted({row["question_id"] for row in found}) == ([] if split else sorted(ids))
    origin = "{code}_dev.jsonl" if split else "its questions, which are then not asked"
    assert f"[3 examples, drawn by hash from {origin}:]" in (results / "tables/table3.csv").read_text()
    assert f"Each has 3 examples: drawn by hash from {origin}." in (results / "prompts/mine.txt").read_text()
