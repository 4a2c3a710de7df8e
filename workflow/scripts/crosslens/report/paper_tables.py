"""The run's tables: Tables 1 to 3 of the paper, letters, and the audit.

Reshapes metrics into rows per model and data set; computes none. Arrow files keep full precision, CSV is rounded.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslens.data.audit import REASONS
from crosslens.data.prompts import template
from crosslens.tables.columns import Table
from crosslens.tables.gather import n_choices
from crosslens.tables.report import AUDIT_TABLE, LETTERS_TABLE, TABLE1, TABLE1_MEASURES, TABLE2, TABLE3

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))  # the paper's levels of significance
DIGITS = 4  # of floating-point columns in CSV


def letters_table(letters: pa.Table, ceiling: pa.Table) -> pa.Table:
    """Return letter preferences per model, data set and language, with the self-consistency of those asked twice.

    letters, ceiling: the tables of these names with additional columns model and dataset.
    """
    keys = ("model", "dataset", "language")
    twice = {tuple(row[key] for key in keys): row | {"n_twice": row["n"]} for row in ceiling.to_pylist()}
    rows = [{"n_twice": 0} | twice.get(tuple(row[key] for key in keys), {}) | row for row in letters.to_pylist()]
    return _table(LETTERS_TABLE, rows)


def table1(expectations: pa.Table) -> pa.Table:
    """Return Table 1: mean accuracy (%), consistency and transfer per model and data set, with their intervals.

    ``expectations`` is the table of that name with additional columns model and dataset. Intervals are over questions
    and families of languages; the standard deviation of accuracy is over languages.
    """
    panels: dict[tuple[str, str], dict[str, dict]] = {}
    for row in expectations.to_pylist():
        panels.setdefault((row["model"], row["dataset"]), {})[row["metric"]] = row
    return _table(TABLE1, [_table1_row(metrics) for metrics in panels.values()])


def table2(correlations: pa.Table) -> pa.Table:
    """Return Table 2: correlations over languages of the mean log ratio with each outcome.

    Both of the paper's raw log ratio and of the one corrected by its control. Stars are those of the raw one alone.
    """
    cells: dict[tuple[str, str, str], dict[str, dict]] = {}
    of_paper = (pc.field("prompt") == "native") & (pc.field("normalisation") == "per_token")
    for row in correlations.filter(of_paper).to_pylist():
        cells.setdefault((row["model"], row["dataset"], row["outcome"]), {})[row["ratio"]] = row
    return _table(TABLE2, [_table2_row(cell["log_ratio"], cell["log_ratio_corrected"]) for cell in cells.values()])


def table3(
    questions: pa.Table,
    parts: Mapping[str, Mapping[str, str]],
    prompt: Mapping,
    examples: Mapping[str, str] | None = None,
) -> pa.Table:
    """Return Table 3: the prompt template of each data set.

    questions: the table of that name in one language, with an additional column dataset. parts: the names of the parts
    of each data set's questions. prompt: the arguments of `prompts.template` besides parts, number of choices and
    examples. examples: the note on each data set's examples, if its prompts have some.
    """
    choices, notes = n_choices(questions), examples or {}
    rows = [
        {"dataset": name, "template": template(names, choices[name], **prompt, examples=notes.get(name, ""))}
        for name, names in parts.items()
    ]
    return _table(TABLE3, rows)


def audit_table(audits: pa.Table) -> pa.Table:
    """Return the number of questions per data set, language and reason, from table "audit" with a column dataset."""
    counted: dict[tuple[str, str, str], list[bool]] = {}
    for row in audits.to_pylist():
        counted.setdefault((row["dataset"], row["language"], row["reason"]), []).append(row["excluded"])
    rows = [
        dict(zip(("dataset", "language", "reason"), key, strict=True))
        | {"meaning": REASONS[key[2]].doc, "questions": len(excluded), "left_out": sum(excluded)}
        for key, excluded in counted.items()
    ]
    return _table(AUDIT_TABLE, rows)


def rounded(table: pa.Table) -> pa.Table:
    """Return the table with its floating-point columns rounded for reading."""
    columns = {
        name: pa.array(np.round(column.to_numpy(), DIGITS), from_pandas=True)
        if pa.types.is_floating(column.type)
        else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def _table(table: Table, rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, pa.schema([(column.name, column.type) for column in table.columns]))


def _table1_row(metrics: Mapping[str, Mapping]) -> dict:
    accuracy = metrics["accuracy"]
    row = {name: accuracy[name] for name in ("model", "dataset", "n_languages", "n_families", "n_questions")}
    row |= {f"accuracy_{name}": _percent(accuracy[name]) for name in ("mean", "std")}
    row |= {f"accuracy_mean_{end}": _percent(accuracy[end]) for end in ("low", "high")}
    row |= {name: metrics[name]["mean"] for name in ("consistency_null", "positive_transfer_null")}
    for name in TABLE1_MEASURES:
        row |= {name: metrics[name]["mean"]} | {f"{name}_{end}": metrics[name][end] for end in ("low", "high")}
    return row


def _table2_row(raw: Mapping, corrected: Mapping) -> dict:
    renamed = {"pearson_r": "r", "p_value": "p_value", "low": "low", "high": "high"}
    kept = {column.name for column in TABLE2.columns}
    return (
        {name: value for name, value in raw.items() if name in kept}
        | {"stars": _stars(raw["p_value"])}
        | {f"corrected_{short}": corrected[name] for name, short in renamed.items()}
    )


def _stars(p_value: float | None) -> str:
    return "" if p_value is None else next((stars for level, stars in STARS if p_value < level), "")


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
