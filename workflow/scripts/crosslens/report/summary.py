"""What a finished run prints: accuracies, what its claims come to, and where the report is."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from crosslens.report import verdicts
from crosslens.tables.files import read_table
from crosslens.tables.findings import CLAIMS
from crosslens.tables.report import ACCURACY_TABLE


def text(accuracy: str | Path, claims: str | Path, report: str | Path) -> str:
    """Return accuracies in per cent, the counts of verdicts and the report's path; nothing if one of them is missing.

    accuracy, claims: the paths of tables "accuracy_table" and "claims".
    """
    if not all(Path(path).exists() for path in (accuracy, claims, report)):
        return ""
    return (
        f"\nAccuracy (%)\n{accuracy_text(read_table(accuracy, ACCURACY_TABLE))}\n\n"
        f"Verdicts on the claims: {verdicts.counts(read_table(claims, CLAIMS))}\n\nReport: {report}\n"
    )


def accuracy_text(table: pa.Table) -> str:
    """Return table "accuracy_table" as text: accuracy (%), a line per model and data set, a column per language."""
    rows = table.to_pylist()
    languages = list(dict.fromkeys(row["language"] for row in rows))
    lines: dict[tuple, dict] = {}
    for row in rows:
        lines.setdefault((row["model"], row["dataset"]), {})[row["language"]] = f"{100 * row['accuracy']:.1f}"
    cells = [["model", "dataset", *languages]]
    cells += [[*names, *(line.get(language, "-") for language in languages)] for names, line in lines.items()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_aligned(line, widths) for line in cells)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
    return "  ".join([*left, *right])
