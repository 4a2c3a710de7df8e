"""What the report opens with: verdicts in a sentence, key numbers as in the tables, and every warning that applies."""

from dataclasses import replace

import made_report
import pyarrow as pa
import pytest
from crosslens.report import cautions, findings_page, key_numbers, summary, verdicts
from crosslens.report.page import called
from crosslens.tables.files import write_table
from crosslens.tables.findings import CLAIMS
from crosslens.tables.report import ACCURACY_TABLE
from made_report import claim, supported, table_of
from synthetic import Run

DATASETS = {"set-0": "A set", "set-1": "B set"}


@pytest.fixture(scope="module")
def run():
    return Run()


@pytest.fixture(scope="module")
def sources(run):
    return made_report.sources(run)


def leads(*rows: dict) -> list[str]:
    """Return the sentences of the claims' data sets."""
    return [lead.sentence for lead in verdicts.leads(table_of(CLAIMS, list(rows)), DATASETS)]


def test_a_sentence_counts_claims_and_says_why_others_cannot_be_tested():
    other = claim(3, reason="set-1 has no control", dataset="set-1")
    rows = [supported(1), claim(2, verdict="inconclusive", reason="x"), claim(3), supported(1, dataset="set-1"), other]
    first, second = leads(*rows)
    assert first == f"1 of 3 claims supported, 1 inconclusive; 1 cannot be tested: {made_report.NO_REASON}."
    assert second == "1 of 2 claims supported; 1 cannot be tested: B set has no control."


def test_claims_that_are_tested_on_several_models_are_counted_as_verdicts():
    first, _ = leads(supported(1), claim(1, models="toy-1"), claim(2, reason="a"), supported(1, dataset="set-1"))
    assert first.startswith("1 of 3 verdicts on 2 claims supported; 2 cannot be tested, 1 of them because: ")


def test_the_headline_and_the_terminal_count_all_data_sets():
    table = table_of(CLAIMS, [supported(1), claim(2), supported(1, dataset="set-1"), claim(2, dataset="set-1")])
    assert verdicts.headline(table) == "2 of 4 verdicts on 2 claims supported; 2 cannot be tested."
    assert verdicts.counts(table) == "2 supported, 2 cannot be tested"


def test_the_overview_has_the_verdicts_of_all_models_by_claim_and_data_set():
    rows = [supported(2), claim(2, models="toy-1"), claim(10), claim(2, dataset="set-1")]
    found = verdicts.overview(table_of(CLAIMS, rows), DATASETS)
    assert found.datasets == ["A set", "B set"]
    assert [(id, [[(m.verdict, m.n) for m in cell] for cell in cells]) for id, _, cells in found.rows] == [
        ("C2", [[("supported", 1), ("cannot be tested", 1)], [("cannot be tested", 1)]]),
        ("C10", [[("cannot be tested", 1)], []]),
    ]


def test_every_verdict_names_models_part_numbers_and_reason():
    parts = {"n_parts": 3, "part": "first token"}
    table = table_of(CLAIMS, [supported(2, models="toy-1, toy-10", **parts), claim(10)])
    grid = verdicts.every_verdict(table, {"toy-1": "One", "toy-10": "Ten"}, DATASETS)
    first, second = grid.rows
    assert [cell.text for cell in first][:5] == ["C2. Statement 2.", "One, Ten", "A set", "supported", "0.123 points"]
    assert first[0].note == "decided by 1 of 3 parts: first token" and first[3].note.startswith(
        "the effect is at least"
    )
    assert first[4].note == "[0.100, 0.150]" and second[4].text == "–"
    assert (first[7].text, first[7].note) == ("5", "4 families")
    assert first[0].order < second[0].order  # C2 before C10


def test_key_numbers_are_those_of_the_tables(run, sources):
    names = called(made_report.described(run))
    args = (sources.table1, sources.ceiling, sources.selected, sources.log_ratios, names)
    grid = key_numbers.key_numbers(*args)
    table1, (first, *_) = sources.table1.to_pylist(), grid.rows
    assert len(grid.rows) == len(table1) == len(run.panels())
    assert (first[0].text, first[0].note) == ("Toy Gemma 2.0", "Toy mHellaSwag 0")
    shown = [float(cell.order) for cell in first[1:]]
    row, chosen = table1[0], sources.selected.to_pylist()[0]
    names = ("accuracy_mean", "consistency", "consistency_null", "consistency_excess")
    assert shown[:4] == pytest.approx([row[name] for name in names], rel=1e-4)
    assert shown[4] == pytest.approx(0.71) and shown[9] == pytest.approx(100 * chosen["mean"], rel=1e-4)
    ratio = {r["prompt"]: r["mean"] for r in reversed(sources.log_ratios.to_pylist())
             if r["normalisation"] == "per_token" and r["series"] == "log_ratio"
             and (r["model"], r["dataset"]) == ("toy-0", "set-0")}  # fmt: skip
    assert shown[7:9] == pytest.approx([ratio["native"], ratio["symmetric"]], rel=1e-4)
    without = key_numbers.key_numbers(*args[:3], None, args[4])
    assert [cell.text for cell in without.rows[0][8:10]] == ["–", "–"]


def test_a_gain_is_shown_less_its_largest_control_which_is_named(run, sources):
    rows = [row | {"control": "language:de", "difference": -0.031, "difference_low": -0.05, "difference_high": 0.0125}
            for row in sources.selected.to_pylist()]  # fmt: skip
    selected = pa.Table.from_pylist(rows, sources.selected.schema)
    names = called(made_report.described(run))
    grid = key_numbers.key_numbers(sources.table1, sources.ceiling, selected, sources.log_ratios, names)
    cell = grid.rows[0][-1]
    assert (cell.text, cell.note) == ("−3.1", "[−5.0, 1.2]\nlanguage de")


def warned(run: Run, sources, **changed) -> list[str]:
    """Return the warnings of a run whose config is ``changed``."""
    described = {**made_report.described(run), **made_report.methods(run)}
    described["config"] = described["config"] | changed.pop("config", {})
    described |= changed
    return cautions.cautions(described, sources.accuracy, sources.letters, sources.audits, sources.chance)


def quiet(sources, **changed):
    """Return tables that give no reason for a warning, but for those that are ``changed``."""
    letters = [
        row | {"max_share": 0.3, "top_choice_keys": 0.28, "letter_mass": 0.9} for row in sources.letters.to_pylist()
    ]
    calm = {"letters": pa.Table.from_pylist(letters, sources.letters.schema), "audits": sources.audits.slice(0, 0)}
    return replace(sources, **calm | changed)


def test_a_run_that_gives_no_reason_for_it_has_no_warning(run, sources):
    assert warned(run, quiet(sources)) == []


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"lens": {"control_questions": 0, "prompts": []}}, "without its shuffled-answer control"),
        ({"lens": {"control_questions": 5, "prompts": []}}, "the paper's prompt alone"),
        ({"ceiling": {"questions": 0}}, "ceiling of consistency is not known"),
    ],
)
def test_a_control_that_is_off_is_a_warning(run, sources, config, text):
    (sentence,) = warned(run, quiet(sources), config=config)
    assert text in sentence


def test_toys_plain_rows_and_steering_without_random_vectors_are_warnings(run, sources):
    models = made_report.described(run)["models"]
    models = {name: model | {"source": {"demo": "qwen2"}, "controls": {}} for name, model in models.items()}
    computed = dict.fromkeys(models, {"forward": "plain rows"})
    toys, uncontrolled, plain = warned(run, quiet(sources), models=models, computed=computed)
    assert toys.startswith("Toy Gemma 2.0 and Toy Gemma 2.1 are toy models that this workflow trained.")
    assert "without random vectors" in uncontrolled and "plain rows" in plain
    models = {name: model | {"conditions": []} for name, model in models.items()}
    assert "Not steered: Toy Gemma 2.0 and Toy Gemma 2.1." in warned(run, quiet(sources), models=models)


def test_languages_near_chance_and_letters_are_named(run, sources):
    chance = {"set-0": 0.25, "set-1": 0.25, "set-2": 0.8}
    near = [line for line in warned(run, quiet(sources, chance=chance)) if "guessing" in line]
    assert len(near) == 2 and all(
        "Toy mHellaSwag 2: accuracy is not clearly above guessing (80 %)" in line for line in near
    )
    much = {"max_share": 0.9, "top_choice_keys": 0.3, "letter_mass": 0.1}
    rows = quiet(sources).letters.to_pylist()
    preferring = [row | (much if row["language"] == "hi" else {}) for row in rows]
    lines = warned(run, quiet(sources, letters=pa.Table.from_pylist(preferring, sources.letters.schema)))
    assert len(lines) == 2 * len(run.panels()) and all("1 of 6 languages: Language hi." in line for line in lines)


def test_questions_left_out_are_counted_once_whatever_the_number_of_reasons(run, sources):
    lines = warned(run, quiet(sources, audits=sources.audits))
    assert lines[0] == "Toy mHellaSwag 0: the audit left out 1 question in 1 of 6 languages, all in Language sw."


def test_data_sets_have_the_size_that_most_of_the_models_see(sources, run):
    sizes = findings_page.sizes(sources.table1, run.datasets)
    assert sizes[0] == {"title": "Toy mHellaSwag 0", "questions": 240, "languages": 6}


def test_the_commit_is_known_in_a_clone_only(tmp_path):
    assert len(findings_page.made(tmp_path)["versions"]) == 1


def test_the_terminal_prints_accuracies_verdicts_and_the_path_of_the_report(run, tmp_path):
    accuracy, claims, report = (tmp_path / name for name in ("accuracy.arrow", "claims.arrow", "report.html"))
    write_table(accuracy, ACCURACY_TABLE, run.language_metrics(), {})
    write_table(claims, CLAIMS, made_report.claims(run), {})
    assert summary.text(accuracy, claims, report) == ""
    report.touch()
    text = summary.text(accuracy, claims, report)
    assert "Verdicts on the claims: 6 supported, 102 cannot be tested\n" in text and str(report) in text
    lines = text.splitlines()[2:]
    assert lines[0].split() == ["model", "dataset", *run.languages]
    assert lines[1].split()[:3] == ["toy-0", "set-0", "90.0"]
    assert len({len(line) for line in lines[: 1 + len(run.panels())]}) == 1


def test_a_data_set_without_a_language_has_a_dash_in_the_terminal(run):
    table = run.language_metrics().to_pylist()
    rows = [row for row in table if (row["dataset"], row["language"]) != ("set-1", "sw")]
    text = summary.accuracy_text(pa.Table.from_pylist(rows, run.language_metrics().schema))
    assert text.splitlines()[2].split()[-1] == "-"
