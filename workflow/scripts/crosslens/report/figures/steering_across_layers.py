"""Fig. 8: change of accuracy by steered layer: steered towards the pivot and away from it, and with control vectors."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.report.figures import conditions, lines, style
from crosslens.report.figures.plotted import CHANGE, COUNTS, PANEL
from crosslens.tables.columns import GAMMA, LAYER, STRING, Column, Table
from crosslens.tables.conditions import OWN
from crosslens.tables.steered_metrics import ALL

LOOKS = {
    "towards": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o"},
    "away": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s"},
}
SERIES = Column("series", STRING, doc="own vector towards or away from the pivot, or a control vector")
PLOTTED = Table("figure_steering_across_layers", [*PANEL, LAYER, SERIES, *CHANGE, *COUNTS, GAMMA])


def data(steering_gains: pa.Table, gamma: float) -> pa.Table:
    """Return mean changes of accuracy (points) at +``gamma`` (towards), -``gamma`` (away), and +``gamma`` of controls.

    All held-out questions count, as nothing is chosen on them.
    """
    rows = conditions.added(conditions.changes(steering_gains, ALL))
    rows = rows.filter(pc.field("measure") == "accuracy")
    towards = conditions.at_gamma(rows, gamma)
    is_own = pc.field("vector") == OWN
    parts = {
        "towards": towards.filter(is_own),
        "away": conditions.at_gamma(rows, -gamma).filter(is_own),
        **{name: towards.filter(pc.field("vector") == name) for name in style.order(towards, "vector") if name != OWN},
    }
    named = [part.append_column("series", pa.array([name] * len(part), pa.string())) for name, part in parts.items()]
    return pa.concat_tables(named).select([column.name for column in PLOTTED.columns])


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; all lines are about held-out questions, thin ones about control vectors."""
    # Bands of many controls would hide one another.
    bare = pa.array([name not in LOOKS for name in table["series"].to_pylist()])
    for name in ("low", "high"):
        bounds = pc.if_else(bare, pa.scalar(None, pa.float64()), table[name])
        table = table.set_column(table.column_names.index(name), name, bounds)
    reference = {"at": 0, "label": "un-steered"}
    return lines.draw(table, looks(table, titles), "Δ accuracy, points", titles, reference, axis="steered layer")


def looks(table: pa.Table, titles: style.Titles) -> dict[str, dict]:
    """Return the properties of every series' line, with its label."""
    gamma = pc.max(table["gamma"]).as_py()
    labels = {
        "towards": f"towards {titles.pivot} (γ = {gamma:g})",
        "away": f"away from {titles.pivot} (γ = −{gamma:g})",
    }
    found = {name: {"label": labels[name], **look} for name, look in LOOKS.items()}
    for i, name in enumerate(name for name in style.order(table, "series") if name not in LOOKS):
        color = style.PALETTE[2 + i % (len(style.PALETTE) - 2)]
        found[name] = {"label": conditions.label(name, titles), "color": color, **conditions.look(name)}
    return found
