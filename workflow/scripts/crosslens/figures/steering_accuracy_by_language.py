"""Figs. 5 and 9: how much steering towards the pivot changes each language's accuracy."""

from collections.abc import Mapping

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.figures import average, points, style

FIGURE = "steering_accuracy_by_language"
MEASURE = "accuracy"


def data(
    steering_metrics: pa.Table, gamma: float, layers: str | list | Mapping, scripts: Mapping[str, str]
) -> pa.Table:
    """Per language at ``gamma`` and the chosen layers: un-steered accuracy (%) and the change of accuracy (points)."""
    table = points.data(steering_metrics, FIGURE, MEASURE, gamma, layers, scripts)
    return average.percent(table, "change")


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """One point per language; above zero, steering made the language more accurate."""
    return points.draw(table, "Δ accuracy, points", titles)
