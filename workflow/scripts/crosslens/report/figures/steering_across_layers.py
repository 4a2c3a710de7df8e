"""Fig. 8: accuracy by steered layer: steered towards the pivot, steered away from it, and un-steered."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.report.figures import average, lines, style
from crosslens.report.figures.conditions import at_gamma
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables.columns import GAMMA, Table

LOOKS = {
    "towards": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o"},
    "away": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s"},
    "unsteered": {"color": style.PALETTE[2], "linestyle": ":", "marker": "", "label": "un-steered"},
}
PLOTTED = Table("figure_steering_across_layers", [*BY_LAYER, GAMMA])


def data(steered_metrics: pa.Table, gamma: float, level: float) -> pa.Table:
    """Return mean accuracies (%) over languages at +``gamma`` (towards), -``gamma`` (away) and un-steered.

    low and high bound the t-interval, at ``level`` over languages, of the change from un-steered.
    """
    towards, away = at_gamma(steered_metrics, gamma), at_gamma(steered_metrics, -gamma)
    parts = {
        "towards": (towards, "accuracy"),
        "away": (away, "accuracy"),
        "unsteered": (towards, "unsteered_accuracy"),
    }
    table = average.percent(average.by_layer(parts, level, baseline="unsteered_accuracy"), *average.BOUNDS)
    gammas = {"towards": gamma, "away": -gamma, "unsteered": 0}
    return table.append_column("gamma", pa.array([gammas[name] for name in table["series"].to_pylist()], pa.float32()))


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; all three lines are about the same held-out questions."""
    gamma = pc.max(table["gamma"]).as_py()
    labels = {
        "towards": f"towards {titles.pivot} (γ = {gamma:g})",
        "away": f"away from {titles.pivot} (γ = −{gamma:g})",
    }
    looks = {name: {"label": labels.get(name), **look} for name, look in LOOKS.items()}
    return lines.draw(table, looks, "accuracy, %", titles, axis="steered layer")
