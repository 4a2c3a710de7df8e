"""The key numbers of a run, one row per model and data set, each with its interval where it has one."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.report.grids import Cell, Grid, Heading, number
from crosslens.tables import conditions

PROMPTS = ("native", "symmetric")  # of the lens: the paper's, and the mean of the native and the pivot's
POINTS, SHARES = 1, 2  # digits after the point: of percentages and of measures between -1 and 1
HEADINGS = [
    Heading("model, data set"),
    Heading("accuracy, %", "mean accuracy over languages", True),
    Heading("consistency", "Spearman's rho of the ranks of the choices, mean over pairs of languages (Eq. 1)", True),
    Heading("its null", "what preferences for letters alone give: the questions are permuted", True),
    Heading("its excess", "of consistency: (consistency − null) / (1 − null)", True),
    Heading("its ceiling", "the consistency of a language with itself when the order of the choices is permuted", True),
    Heading("transfer", "share of a language's correct answers that are correct in another one too (Eq. 2)", True),
    Heading(
        "its excess", "of transfer: (transfer − null) / (1 − null); null: answers share only the key's letter", True
    ),
    Heading("log ratio, nats", "native to pivot choices at the middle layer, after the paper's prompt", True),
    Heading("same, less copying", "mean of the native and the pivot's prompt; should have the same sign", True),
    Heading("steering gain, points", "in accuracy; selected on one half of the questions, measured on the other", True),
    Heading("less its largest control", "the gain minus that of the control that gains most, paired", True),
]


def key_numbers(
    table1: pa.Table,
    ceiling: pa.Table,
    selected: pa.Table,
    log_ratios: pa.Table | None,
    names: Mapping[str, Mapping[str, str]],
) -> Grid:
    """Return the key numbers.

    table1: the table of that name. ceiling, selected, log_ratios: tables "ceiling_means", "steering_selected" and
    "log_ratio_means" at one layer per model, with additional columns model and dataset; the last is None if no data set
    has a log ratio. names: titles of models and data sets by name.
    """
    per_token = {"normalisation": "per_token", "series": "log_ratio"}
    of_ratio = [_found(log_ratios, **per_token, prompt=prompt) if log_ratios else {} for prompt in PROMPTS]
    ceilings, gains = _found(ceiling, measure="self_consistency"), _found(selected, measure="accuracy")
    rows = []
    for row in table1.to_pylist():
        panel = (row["model"], row["dataset"])
        rows.append(
            [
                Cell(names["model"][row["model"]], names["dataset"][row["dataset"]]),
                _of(row, "accuracy_mean", POINTS),
                _of(row, "consistency", SHARES),
                number(row["consistency_null"], SHARES),
                _of(row, "consistency_excess", SHARES),
                _mean(ceilings.get(panel), SHARES),
                _of(row, "positive_transfer", SHARES),
                _of(row, "positive_transfer_excess", SHARES),
                *(_mean(found.get(panel), SHARES) for found in of_ratio),
                _mean(gains.get(panel), POINTS, 100.0),
                _difference(gains.get(panel)),
            ]
        )
    return Grid("Key numbers", HEADINGS, rows)


def _found(table: pa.Table, **values: str) -> dict[tuple[str, str], dict]:
    """Return the rows with these values by model and data set."""
    for column, value in values.items():
        table = table.filter(pc.field(column) == value)
    return {(row["model"], row["dataset"]): row for row in table.to_pylist()}


def _of(row: Mapping, name: str, digits: int) -> Cell:
    return number(row[name], digits, row[f"{name}_low"], row[f"{name}_high"])


def _mean(row: Mapping | None, digits: int, scale: float = 1.0) -> Cell:
    values = [None] * 3 if row is None else [row[name] for name in ("mean", "low", "high")]
    return _scaled(values, digits, scale)


def _scaled(values: list[float | None], digits: int, scale: float) -> Cell:
    value, *bounds = (None if each is None else scale * each for each in values)
    return number(value, digits, *bounds)


def _difference(row: Mapping | None) -> Cell:
    """Return the gain minus that of the control that gains most, which is named."""
    if row is None or row["control"] is None:
        return number(None, POINTS)
    cell = _scaled([row[f"difference{end}"] for end in ("", "_low", "_high")], POINTS, 100.0)
    kind, of = conditions.split(row["control"])
    note = "\n".join(filter(None, [cell.note, f"{kind.replace('_', ' ')} {of}".strip()]))
    return Cell(cell.text, note, cell.order, cell.kind)
