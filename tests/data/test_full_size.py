"""The synthetic data sets have the shapes of the hub: the readers accept them, and the audit finds what was planted."""

import full_size
import pytest
import yaml
from crosslens.data.alignment import align_with_pivot
from crosslens.experiment import languages as language_table
from crosslens.experiment.languages import raw_file
from full_size import SCRIPTS, letters, write_data_set
from workflow_runs import ROOT

CONFIG = ROOT / "config"
LANGUAGES = language_table.read_languages(CONFIG / "languages.tsv")
DATASETS = yaml.safe_load((CONFIG / "datasets.yaml").read_text(encoding="utf-8"))
ROWS, DEFECTS = 300, 0.01  # more defects than by default


@pytest.mark.parametrize("name", ["belebele", "mmmlu", "mhellaswag"])
def test_formats_read_them_and_the_audit_finds_the_planted_defects(tmp_path, monkeypatch, name):
    monkeypatch.setattr(full_size, "DEFECTS", DEFECTS)
    entry, tags = DATASETS[name], ["en", "hi", "zh"]
    write_data_set(tmp_path, name, entry, LANGUAGES, tags, ROWS)
    pivot = tmp_path / raw_file(LANGUAGES, "en", name, entry)
    for tag in tags:
        path = tmp_path / raw_file(LANGUAGES, tag, name, entry)
        aligned, audited = align_with_pivot(str(path), str(pivot), tag, entry["format"], {}, exclude_misaligned=True)
        counts = dict.fromkeys(["other_key", "empty_choice", "missing"], 0)
        for reason in audited["reason"]:
            counts[reason] += 1
        translated = tag != "en"
        kept = ROWS - counts["missing"]
        assert counts["missing"] == (round(ROWS * (1 - 9400 / 10042)) if translated and "swag" in name else 0)
        for reason in ("other_key", "empty_choice"):
            assert 0 <= counts[reason] <= round(DEFECTS * ROWS) * translated
            assert counts[reason] > 0 or not translated
        assert kept - 2 * round(DEFECTS * ROWS) <= len(aligned["question_id"]) <= kept - 1 * translated
        words = aligned["prompt"][0].rsplit("A: ", 1)[1].split(" B: ")[0].replace(" ", "")
        assert set(words) <= set(letters(LANGUAGES[tag]["script"]))


def test_every_script_has_letters():
    assert {row["script"] for row in LANGUAGES.values()} <= set(SCRIPTS)
    assert all(len(letters(script)) > 20 for script in SCRIPTS)
