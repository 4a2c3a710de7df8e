"""Fig. 8: accuracy by steered layer, steered towards the pivot, away from it, and not at all."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.figures import average, lines, style
from crosslens.figures.conditions import at_gamma

FIGURE = "steering_across_layers"
LOOKS = {
    "towards": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o"},
    "away": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s"},
    "unsteered": {"color": style.PALETTE[2], "linestyle": ":", "marker": "", "label": "un-steered"},
}


def data(steering_metrics: pa.Table, gamma: float, level: float) -> pa.Table:
    """Accuracy (%) at +``gamma`` (towards), -``gamma`` (away) and un-steered, means over languages.

    low and high bound the t-interval, at ``level`` over languages, of the change from un-steered.
    Raises CrosslensError where a model was not steered with one of the two.
    """
    towards, away = at_gamma(steering_metrics, FIGURE, gamma), at_gamma(steering_metrics, FIGURE, -gamma)
    parts = {
        "towards": (towards, "accuracy"),
        "away": (away, "accuracy"),
        "unsteered": (towards, "unsteered_accuracy"),
    }
    table = average.percent(average.by_layer(parts, level, baseline="unsteered_accuracy"), *average.BOUNDS)
    gammas = {"towards": gamma, "away": -gamma, "unsteered": 0}
    return table.append_column("gamma", pa.array([gammas[name] for name in table["series"].to_pylist()], pa.float32()))


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Panels model × data set; all three lines are of the same held-out questions."""
    gamma = pc.max(table["gamma"]).as_py()
    labels = {
        "towards": f"towards {titles.pivot} (γ = {gamma:g})",
        "away": f"away from {titles.pivot} (γ = −{gamma:g})",
    }
    looks = {name: {"label": labels.get(name), **look} for name, look in LOOKS.items()}
    return lines.draw(table, looks, "accuracy, %", titles, axis="steered layer")
