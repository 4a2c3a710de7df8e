"""The synthetic data sets are of the hub's shapes: the adapters read them, and the audit finds what was planted."""

from pathlib import Path

import full_size
import pytest
import yaml
from crosslens import languages as language_table
from crosslens.languages import raw_file
from crosslens.questions import align
from full_size import SCRIPTS, letters, write_data_set

CONFIG = Path(__file__).parent.parent / "config"
LANGUAGES = language_table.read_languages(CONFIG / "languages.tsv")
DATASETS = yaml.safe_load((CONFIG / "datasets.yaml").read_text(encoding="utf-8"))
ROWS, DEFECTS = 300, 0.01  # more than there are by default


@pytest.mark.parametrize("name", ["belebele", "mmmlu", "mhellaswag"])
def test_the_adapters_read_them_and_the_audit_finds_the_planted_defects(tmp_path, monkeypatch, name):
    monkeypatch.setattr(full_size, "DEFECTS", DEFECTS)
    entry, tags = DATASETS[name], ["en", "hi", "zh"]
    write_data_set(tmp_path, name, entry, LANGUAGES, tags, ROWS)
    pivot = tmp_path / raw_file(LANGUAGES, "en", name, entry)
    for tag in tags:
        path = tmp_path / raw_file(LANGUAGES, tag, name, entry)
        aligned, audited = align(str(path), str(pivot), tag, entry["format"], {}, exclude_misaligned=True)
        found = dict.fromkeys(["other_key", "empty_choice", "missing"], 0)
        for reason in audited["reason"]:
            found[reason] += 1
        translated = tag != "en"
        kept = ROWS - found["missing"]
        assert found["missing"] == (round(ROWS * (1 - 9400 / 10042)) if translated and "swag" in name else 0)
        for reason in ("other_key", "empty_choice"):
            assert 0 <= found[reason] <= round(DEFECTS * ROWS) * translated
            assert found[reason] > 0 or not translated
        assert kept - 2 * round(DEFECTS * ROWS) <= len(aligned["question_id"]) <= kept - 1 * translated
        words = aligned["prompt"][0].rsplit("A: ", 1)[1].split(" B: ")[0].replace(" ", "")
        assert set(words) <= set(letters(LANGUAGES[tag]["script"]))


def test_every_script_of_the_languages_has_letters():
    assert {row["script"] for row in LANGUAGES.values()} <= set(SCRIPTS)
    assert all(len(letters(script)) > 20 for script in SCRIPTS)
