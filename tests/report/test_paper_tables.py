"""Tables 1 to 3, against the metrics that they are made from and the published columns."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import readings
from crosslens.data import prompts
from crosslens.data.audit import REASONS
from crosslens.report import paper_tables
from crosslens.tables.files import check, write_csv
from crosslens.tables.report import AUDIT_TABLE, CORRELATIONS, LETTERS_TABLE, TABLE1, TABLE2, TABLE3
from synthetic import Run

PUBLISHED1 = (
    "model",
    "dataset",
    "accuracy_mean",
    "accuracy_std",
    "consistency",
    "positive_transfer",
    "negative_transfer",
)
PUBLISHED2 = ("model", "dataset", "outcome", "pearson_r", "stars")


@pytest.fixture(scope="module")
def run():
    return Run()


def test_table1_has_the_published_columns_first_and_accuracy_in_percent(run):
    expectations = run.expectations()
    table = paper_tables.table1(expectations)
    check(table, TABLE1, "table1")
    assert tuple(table.column_names[: len(PUBLISHED1)]) == PUBLISHED1
    assert len(table) == len(run.panels())
    for row in table.to_pylist():
        of = (pc.field("model") == row["model"]) & (pc.field("dataset") == row["dataset"])
        metrics = {m["metric"]: m for m in expectations.filter(of).to_pylist()}
        assert row["accuracy_mean"] == pytest.approx(100 * metrics["accuracy"]["mean"])
        assert row["accuracy_mean_high"] == pytest.approx(100 * metrics["accuracy"]["high"])
        assert row["negative_transfer"] == metrics["negative_transfer"]["mean"]
        assert row["consistency_low"] == metrics["consistency"]["low"]
        assert (row["n_languages"], row["n_questions"]) == (6, 240)


def test_the_letters_have_self_consistency_where_questions_were_asked_twice(run):
    letters, ceiling = run.letters(), run.ceiling()
    table = paper_tables.letters_table(letters, ceiling)
    check(table, LETTERS_TABLE, "letters")
    assert table.select(letters.column_names).equals(letters)
    twice = {(row["model"], row["dataset"], row["language"]): row for row in ceiling.to_pylist()}
    added = set(table.column_names) - set(letters.column_names) - {"n_twice"}
    assert added == set(ceiling.column_names) - {"model", "dataset", "language", "n"}
    for row in table.to_pylist():
        of = twice.get((row["model"], row["dataset"], row["language"]), {"n": 0} | dict.fromkeys(added))
        assert {name: row[name] for name in added} == {name: of[name] for name in added}
        assert row["n_twice"] == of["n"]
    assert set(table["n_twice"].to_pylist()) == {0, 60}


def test_without_questions_that_were_asked_twice_the_letters_have_no_self_consistency(run):
    table = paper_tables.letters_table(run.letters(), run.ceiling().slice(0, 0))
    check(table, LETTERS_TABLE, "letters")
    assert table["self_consistency"].null_count == len(table) > 0 and set(table["n_twice"].to_pylist()) == {0}


def test_table2_has_the_published_columns_first_stars_and_the_corrected_ratio(run):
    correlations = run.correlations()
    table = paper_tables.table2(correlations)
    check(table, TABLE2, "table2")
    assert tuple(table.column_names[: len(PUBLISHED2)]) == PUBLISHED2
    assert {(row["outcome"], row["stars"]) for row in table.to_pylist()} == {
        ("accuracy", ""),
        ("consistency", "*"),
        ("positive_transfer", "***"),
    }
    corrected = correlations.filter(pc.field("ratio") == "log_ratio_corrected")
    assert table["corrected_r"].to_pylist() == corrected["pearson_r"].to_pylist()
    assert len(table) == len(corrected)
    of_paper = (pc.field("prompt") == "native") & (pc.field("normalisation") == "per_token")
    raw = correlations.filter(of_paper & (pc.field("ratio") == "log_ratio"))
    for name in ("pearson_r", "partial_r", "partial_p_holm"):
        assert table[name].to_pylist() == raw[name].to_pylist()


def test_stars_are_those_of_the_raw_ratio_whatever_the_others_are(run):
    correlations = run.correlations()
    weak = pa.array([0.5 if r["ratio"] == "log_ratio" else 1e-9 for r in correlations.to_pylist()])
    for name in ("p_value", "partial_p_holm"):
        values = weak if name == "p_value" else pa.array([1e-9] * len(correlations))
        correlations = correlations.set_column(correlations.column_names.index(name), name, values)
    assert set(paper_tables.table2(correlations)["stars"].to_pylist()) == {""}


def test_an_undefined_correlation_has_no_stars():
    row = {"model": "m", "dataset": "d", "outcome": "accuracy", "n_languages": 2, "n_partial": 2, "n_families": 2}
    row |= {"prompt": "native", "normalisation": "per_token"}
    empty = dict.fromkeys(("pearson_r", "p_value", "low", "high"))
    rows = [row | empty | {"ratio": ratio} for ratio in ("log_ratio", "log_ratio_corrected")]
    table = paper_tables.table2(Run(1, 1).table(CORRELATIONS, rows))
    check(table, TABLE2, "table2")
    assert (table["stars"].to_pylist(), table["pearson_r"].to_pylist()) == ([""], [None])


def test_table3_has_the_template_of_each_data_set():
    run = Run(datasets=2, choices=3)
    parts = dict(zip(run.datasets, map(readings.parts, ("belebele", "mhellaswag")), strict=True))
    table = paper_tables.table3(run.questions(), parts, {"separator": " "})
    check(table, TABLE3, "table3")
    assert table.to_pylist() == [
        {"dataset": "set-0", "template": prompts.template(parts["set-0"], 3, " ")},
        {"dataset": "set-1", "template": prompts.template(parts["set-1"], 3, " ")},
    ]


def test_table3_says_how_many_examples_there_are_and_from_where():
    run = Run(datasets=1, choices=2)
    parts = {"set-0": readings.parts("mhellaswag")}
    table = paper_tables.table3(run.questions(), parts, {"separator": " "}, {"set-0": "5 examples, from there:"})
    block = "Question: <ctx> A: <ending 1> B: <ending 2> Answer:"
    expected = f"{prompts.INSTRUCTION}\n\n[5 examples, from there:]\n{block} <letter>\n\n{block}"
    assert table["template"].to_pylist() == [expected]


def test_the_audit_is_counted_by_data_set_language_and_reason():
    findings = [("a", "de", "other_key", True), ("a", "de", "other_key", False), ("a", "sw", "other_key", True)]
    findings += [("b", "de", "other_key", True), ("a", "de", "duplicate", True)]
    names = ["dataset", "language", "reason", "excluded"]
    audits = pa.table({name: list(values) for name, values in zip(names, zip(*findings, strict=True), strict=True)})
    table = paper_tables.audit_table(audits.append_column("question_id", pa.array(["q"] * len(findings))))
    check(table, AUDIT_TABLE, "audit")
    counts = [tuple(row[name] for name in [*names[:3], "questions", "left_out"]) for row in table.to_pylist()]
    assert counts == [
        ("a", "de", "other_key", 2, 1),
        ("a", "sw", "other_key", 1, 1),
        ("b", "de", "other_key", 1, 1),
        ("a", "de", "duplicate", 1, 1),
    ]
    assert set(table["meaning"].to_pylist()) == {REASONS[name].doc for name in ("other_key", "duplicate")}


def test_csv_is_rounded_and_keeps_empty_cells(tmp_path):
    write_csv(
        tmp_path / "t.csv", paper_tables.rounded(pa.table({"a": ["x", "y"], "b": [0.1234567, None], "c": [1, 2]}))
    )
    assert (tmp_path / "t.csv").read_text().splitlines() == ['"a","b","c"', '"x",0.1235,1', '"y",,2']
