"""Rows of the tables of steering at the conditions that a figure shows, which were checked at parse time.

Also what control vectors are called, and how their lines look.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.report.figures import style
from crosslens.tables.conditions import ADD, OWN, PATCH, split
from crosslens.tables.steered_metrics import LETTER_SHIFT, UNSTEERED

# Kind of a control vector, as in `conditions.split` but for numbers -> how its line is dashed
DASHES = {"random": (0, (1, 1.5)), "language": (0, (5, 2)), "dataset": (0, (5, 2, 1, 2))}
THIN = {"linewidth": 0.9, "marker": ""}


def at_gamma(rows: pa.Table, gamma: float) -> pa.Table:
    """Return the rows of all layers that are steered with ``gamma``."""
    return rows.filter(pc.field("gamma") == pa.scalar(gamma, pa.float32()))


def at_layers(rows: pa.Table, layers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return the rows of each model's ``layers``."""
    parts = []
    for model in pc.unique(rows["model"]).to_pylist():
        chosen = pc.is_in(rows["layer"], pa.array(layers[model], pa.int16()))
        parts.append(rows.filter(pc.and_(pc.equal(rows["model"], model), chosen)))
    return pa.concat_tables(parts) if parts else rows


def changes(steering_gains: pa.Table, half: str) -> pa.Table:
    """Return the changes from un-steered on a half of the questions, or all; those of accuracy in percentage points."""
    rows = steering_gains.filter((pc.field("half") == half) & (pc.field("versus") == UNSTEERED))
    rows = rows.filter(pc.is_valid(rows["mean"]))
    unit = pc.if_else(pc.equal(rows["measure"], "accuracy"), 100.0, 1.0)
    for name in ("mean", "low", "high"):
        rows = rows.set_column(rows.column_names.index(name), name, pc.multiply(rows[name], unit))
    return rows


def added(rows: pa.Table) -> pa.Table:
    """Return the rows in which a vector is added: the language's own, or a control."""
    return rows.filter((pc.field("operation") == ADD) & (pc.field("vector") != LETTER_SHIFT))


def own(rows: pa.Table) -> pa.Table:
    """Return the rows in which the language's own vector is added."""
    return rows.filter((pc.field("vector") == OWN) & (pc.field("operation") == ADD))


def label(vector: str, titles: style.Titles) -> str:
    """Return what a vector is called in a figure."""
    kind, name = split(vector)
    if kind == "language":
        return f"vector of {titles.languages.get(name, name)}"
    if kind == "dataset":
        return f"vector from {titles.datasets.get(name, name)}"
    names = {OWN: "own vector", PATCH: f"state of {titles.pivot}", LETTER_SHIFT: "shift of letters alone"}
    return names.get(vector, vector.replace("_", " "))


def look(vector: str) -> dict:
    """Return the properties of a control's line."""
    return {"linestyle": DASHES.get(split(vector)[0], DASHES["random"]), **THIN}
