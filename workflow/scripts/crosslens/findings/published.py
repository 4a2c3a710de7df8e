"""The numbers that the paper publishes beside those of a run, for the paper's own models and data sets."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from crosslens.tables.findings import PUBLISHED


def published(rows: Iterable[Mapping], table1: pa.Table, table2: pa.Table | None = None) -> pa.Table:
    """Return table "published": a row per published number that the run has, too.

    rows: of `experiment.published.read_published`. table1, table2: the run's tables of these names; without a log ratio
    there is no table2. The difference is reproduced - published; `within` says whether the published number, which is
    rounded, lies in the run's interval, and is null where the run has none.
    """
    of_panel = {(row["model"], row["dataset"]): row for row in table1.to_pylist()}
    of_cell = {(row["model"], row["dataset"], row["outcome"]): row for row in table2.to_pylist()} if table2 else {}
    found = [_row(row, of_panel[row["model"], row["dataset"]], of_cell) for row in rows]
    schema = pa.schema([(column.name, column.type) for column in PUBLISHED.columns])
    return pa.Table.from_pylist([row for row in found if row["reproduced"] is not None], schema)


def _row(row: Mapping, panel: Mapping, of_cell: Mapping[tuple, Mapping]) -> dict:
    where = {name: row[name] for name in ("table", "model", "dataset", "measure", "stars")}
    if row["table"] == "1":
        measure = row["measure"]
        run = {"value": panel[measure], "low": panel.get(f"{measure}_low"), "high": panel.get(f"{measure}_high")}
    else:
        cell = of_cell.get((row["model"], row["dataset"], row["measure"]), {})
        run = {"value": cell.get("pearson_r"), "low": cell.get("low"), "high": cell.get("high")}
    value, low, high = run["value"], run["low"], run["high"]
    return where | {
        "published": row["value"],
        "reproduced": value,
        "low": low,
        "high": high,
        "difference": None if value is None else value - row["value"],
        "within": None if low is None or high is None else low <= row["value"] <= high,
        "n_languages": panel["n_languages"],
        "n_languages_published": row["languages"],
        "n_questions": panel["n_questions"],
    }
