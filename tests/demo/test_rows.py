"""The planted defects are of known kinds and change nothing else."""

import pytest
from crosslens.data.audit import REASONS
from crosslens.demo.items import FAMILIES
from crosslens.demo.lexicon import LANGUAGES
from crosslens.demo.rows import LOOKALIKES, PLANTED, clean_rows, expected_findings, planted_rows


def test_the_defects_are_of_the_kinds_that_the_audit_knows():
    reasons = {defect.reason for defects in PLANTED.values() for defect in defects}
    assert reasons <= set(REASONS)
    assert {"missing", "other_key", "duplicate", "empty_choice", "malformed_choice", "subject_from_pivot"} <= reasons


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_planted_rows_differ_from_clean_ones(family):
    for language in LANGUAGES:
        clean, planted = clean_rows(family, language), planted_rows(family, language)
        places = {defect.place for defect in PLANTED[family] if defect.language == language}
        changed = {row.place for row in clean if [row] != [other for other in planted if other.place == row.place]}
        assert changed == places


@pytest.mark.parametrize("family", FAMILIES)
def test_english_has_no_defects_and_the_others_have_few(family):
    languages = [defect.language for defect in expected_findings(family)]
    assert "en" not in languages
    assert max(map(languages.count, languages)) <= 4


def test_texts_that_look_like_other_types_are_wrong_choices_in_every_language():
    for language in LANGUAGES:
        rows = clean_rows("mmmlu", language)
        for place, text in LOOKALIKES.items():
            assert text in rows[place].wording.choices
            assert rows[place].wording.choices[rows[place].key] != text
