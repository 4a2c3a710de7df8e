"""The synthetic data sets have the shapes of the hub: the readers accept them, and the audit finds what was planted."""

from collections import Counter

import full_size
import pytest
from crosslens.data.alignment import align_with_pivot
from full_size import SCRIPTS, letters, write_data_set
from readings import DATASETS, LANGUAGES, both, path

ROWS, DEFECTS = 300, 0.01  # more defects than by default


@pytest.mark.parametrize("name", ["belebele", "mmmlu", "mhellaswag"])
def test_mappings_read_them_and_the_audit_finds_the_planted_defects(tmp_path, monkeypatch, name):
    monkeypatch.setattr(full_size, "DEFECTS", DEFECTS)
    entry, tags = DATASETS[name], ["en", "hi", "sw", "zh"]
    tags = [tag for tag in tags if tag != "sw" or "swag" not in name]
    write_data_set(tmp_path, name, entry, LANGUAGES, tags, ROWS)
    pivot = path(tmp_path, name, "en")
    for tag in tags:
        aligned, audited = align_with_pivot(
            path(tmp_path, name, tag), pivot, tag, both(name, tag), {}, exclude_misaligned=True
        )
        counts = Counter(audited["reason"])
        translated = tag != "en"
        swapped = 30 if (name, tag) == ("mmmlu", "zh") else 0
        kept = ROWS - counts["missing"] - swapped
        assert counts.pop("misordered_group", 0) == swapped
        assert counts.pop("subject_from_pivot", 0) == (60 if (name, tag) == ("mmmlu", "sw") else 0)
        assert counts.pop("repeated_id", 0) == (1 if (name, tag) == ("mhellaswag", "hi") else 0)
        assert counts["missing"] == (round(ROWS * (1 - 9400 / 10042)) if translated and "swag" in name else 0)
        assert set(counts) <= {"other_key", "empty_choice", "missing"}
        for reason in ("other_key", "empty_choice"):
            assert 0 <= counts[reason] <= round(DEFECTS * ROWS) * translated + swapped * (reason == "other_key")
            assert counts[reason] > 0 or not translated
        assert kept - 2 * round(DEFECTS * ROWS) <= len(aligned["question_id"]) <= kept - 1 * translated
        words = aligned["prompt"][0].rsplit("A: ", 1)[1].split(" B: ")[0].replace(" ", "")
        assert set(words) <= set(letters(LANGUAGES[tag]["script"]))


def test_every_script_has_letters():
    assert {row["script"] for row in LANGUAGES.values()} <= set(SCRIPTS)
    assert all(len(letters(script)) > 20 for script in SCRIPTS)
