"""Gain of accuracy under the selected condition, beside that of every control. Not in the paper."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosslens.report.figures import conditions, style
from crosslens.report.figures.plotted import CHANGE, COUNTS, PANEL, VECTOR
from crosslens.sampling import TEST
from crosslens.tables.columns import GAMMA, LAYER, STRING, Column, Table
from crosslens.tables.conditions import ADD, OWN, PATCH, PROJECT_OUT

OPERATION = Column("operation", STRING, doc="what is done with the vector, as in steering_gains")
PLOTTED = Table("figure_steering_controls", [*PANEL, VECTOR, OPERATION, LAYER, GAMMA, *CHANGE, *COUNTS])
ROW = 0.17  # height of a row, inches
LOOKS = {True: {"color": style.PALETTE[0], "marker": "o"}, False: {"color": style.PALETTE[1], "marker": "s"}}


def data(steering_gains: pa.Table, steering_selected: pa.Table) -> pa.Table:
    """Return the gains of accuracy (points) on the test half at the selected layer, of all that is done there.

    Vectors are added with the selected gamma, the language's own one also with the opposite; what has no multiplier is
    shown as it is. The own vector comes first.
    """
    rows = conditions.changes(steering_gains, TEST).filter(pc.field("measure") == "accuracy")
    parts = []
    for chosen in steering_selected.filter(pc.field("measure") == "accuracy").to_pylist():
        at = rows
        for name in ("model", "dataset", "layer"):
            at = at.filter(pc.field(name) == chosen[name])
        is_added, is_own = pc.field("operation") == ADD, pc.field("vector") == OWN
        same, opposite = (pc.field("gamma") == pa.scalar(sign * chosen["gamma"], pa.float32()) for sign in (1, -1))
        parts += [
            at.filter(is_added & is_own & same),
            at.filter(is_added & is_own & opposite),
            at.filter(is_added & ~is_own & same),
            at.filter(~is_added),
        ]
    return pa.concat_tables(parts or [rows.slice(0, 0)]).select([column.name for column in PLOTTED.columns])


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set with a row per vector: its gain and interval; the first row is selected."""
    if not len(table):
        return style.nothing("no condition could be selected")
    rows, columns = style.order(table, "model"), style.order(table, "dataset")
    labels = _labels(table, titles)
    height = 0.95 + ROW * len(labels)
    figure, axes = style.panels(len(rows), len(columns), height=height, sharex="row", sharey="all")
    for model, dataset, panel, part in style.cells(table, "model", "dataset", axes):
        _rows(panel, part, labels, titles)
        layer, gamma = part["layer"][0].as_py(), part["gamma"][0].as_py()
        panel.set_xlabel(f"Δ accuracy, points\n(layer {layer}, γ = {gamma:g}, test half)")
        note = style.counts(part.slice(0, 1), "n_questions_min", "n_questions_max")
        style.title(panel, titles.panel(model, dataset), note)
    return figure


def _rows(axes: Axes, part: pa.Table, labels: list[str], titles: style.Titles) -> None:
    axes.axvline(0, color=style.QUIET, linewidth=0.8, zorder=1)
    for i, row in enumerate(part.to_pylist()):
        y, look = labels.index(label(row, titles)), LOOKS[i == 0]
        if row["low"] is not None:
            axes.plot([row["low"], row["high"]], [y, y], color=look["color"], linewidth=1.2)
        axes.plot([row["mean"]], [y], **look)
    axes.set_yticks(np.arange(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)


def _labels(table: pa.Table, titles: style.Titles) -> list[str]:
    """Return the labels of all rows, in order of appearance."""
    return list(dict.fromkeys(label(row, titles) for row in table.to_pylist()))


def label(row: dict, titles: style.Titles) -> str:
    """Return what is done in a row of the table."""
    name = conditions.label(row["vector"], titles)
    if row["operation"] == PROJECT_OUT:
        return f"{name}, projected out"
    if row["vector"] == PATCH:
        return f"{name} (reference)"
    return f"{name}, opposite" if row["gamma"] < 0 else name
