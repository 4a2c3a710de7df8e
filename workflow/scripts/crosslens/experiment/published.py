"""Read config/published.tsv: the numbers that the paper prints in its Tables 1 and 2, for its models and data sets.

Imports only the standard library, since every parse of the workflow reads the file.
"""

import csv
from collections.abc import Collection
from pathlib import Path

from crosslens.errors import CrosslensError

COLUMNS = ("table", "model", "dataset", "languages", "measure", "value", "stars")


def read_published(path: str | Path, evaluations: Collection[tuple[str, str]]) -> list[dict]:
    """Return the published numbers of the given (model, data set), in the order of the file.

    languages: how many the paper has, with the pivot. Raises CrosslensError, naming the line, for a malformed row.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(header) != COLUMNS:
        raise CrosslensError(f"{path}: line 1: the columns must be {', '.join(COLUMNS)}.")
    rows = [_row(cells, f"{path}: line {number}") for number, cells in enumerate(lines, start=2)]
    return [row for row in rows if (row["model"], row["dataset"]) in evaluations]


def _row(cells: list[str], where: str) -> dict:
    if len(cells) != len(COLUMNS):
        raise CrosslensError(f"{where}: {len(cells)} cells instead of {len(COLUMNS)}. Separate them by one tab.")
    row = dict(zip(COLUMNS, cells, strict=True))
    try:
        return row | {"languages": int(row["languages"]), "value": float(row["value"])}
    except ValueError:
        raise CrosslensError(f"{where}: 'languages' and 'value' must be numbers.") from None
