"""The paper's numbers beside a run's: those of the file, only for what the run evaluates, with the run's intervals."""

import pyarrow as pa
import pytest
from crosslens.errors import CrosslensError
from crosslens.experiment.published import read_published
from crosslens.findings.published import published
from crosslens.tables.files import check
from crosslens.tables.findings import PUBLISHED
from crosslens.tables.metrics import TABLES
from workflow_runs import ROOT

FILE = ROOT / "config/published.tsv"
PAPER = [(m, d) for m in ("gemma-2-2b", "qwen2.5-32b") for d in ("belebele", "mmmlu", "mhellaswag")]


def table(name: str, row: dict) -> pa.Table:
    """Return a table of one row; what it does not state is null."""
    columns = TABLES[name].columns
    return pa.Table.from_pylist([row], pa.schema([(column.name, column.type) for column in columns]))


PANEL = {"model": "gemma-2-2b", "dataset": "belebele", "accuracy_mean": 46.5, "accuracy_mean_low": 44.0}
PANEL |= {"accuracy_mean_high": 47.0, "accuracy_std": 13.0, "consistency": 0.4, "n_languages": 122, "n_questions": 900}
CELL = {
    "model": "gemma-2-2b",
    "dataset": "belebele",
    "outcome": "consistency",
    "pearson_r": -0.5,
    "low": -0.8,
    "high": 0,
}


def test_the_file_has_both_tables_of_all_models_and_data_sets():
    rows = read_published(FILE, PAPER)
    assert len(rows) == len(PAPER) * (5 + 3)
    (value,) = [r["value"] for r in rows if (r["model"], r["dataset"], r["measure"]) == (*PAPER[0], "accuracy_mean")]
    assert value == 47.1  # Table 1 of the paper
    assert {row["dataset"]: row["languages"] for row in rows} == {"belebele": 122, "mmmlu": 15, "mhellaswag": 10}


def test_only_what_the_run_evaluates_is_read():
    assert read_published(FILE, [("gemma-2-2b", "another"), ("mine", "belebele")]) == []


def test_numbers_stand_beside_the_runs_with_difference_and_interval():
    rows = read_published(FILE, [PAPER[0]])
    found = published(rows, table("table1", PANEL), table("table2", CELL))
    check(found, PUBLISHED, "published")
    of = {(row["table"], row["measure"]): row for row in found.to_pylist()}
    assert list(of) == [("1", "accuracy_mean"), ("1", "accuracy_std"), ("1", "consistency"), ("2", "consistency")]
    accuracy, std, correlation = of["1", "accuracy_mean"], of["1", "accuracy_std"], of["2", "consistency"]
    assert accuracy["difference"] == pytest.approx(46.5 - 47.1) and accuracy["within"] is False
    assert std["within"] is None and std["low"] is None
    assert correlation["published"] == -0.7 and correlation["within"] is True and correlation["stars"] == "***"
    assert accuracy["n_languages"] == accuracy["n_languages_published"] == 122


def test_a_run_without_a_log_ratio_has_table_1_alone():
    found = published(read_published(FILE, [PAPER[0]]), table("table1", PANEL))
    assert set(found["table"].to_pylist()) == {"1"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model\tvalue\n", "line 1"),
        ("{header}\n1\tm\n", "line 2: 2 cells"),
        ("{header}\n1\tm\td\tx\tr\t1\t\n", "line 2"),
    ],
)
def test_a_malformed_file_is_refused_with_the_line(tmp_path, text, said):
    header = FILE.read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "published.tsv").write_text(text.replace("{header}", header), encoding="utf-8")
    with pytest.raises(CrosslensError, match=said):
        read_published(tmp_path / "published.tsv", [("m", "d")])
