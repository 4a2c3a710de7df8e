"""Figs. 5 and 9: how much steering towards the pivot changes each language's accuracy."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.report.figures import points, style
from crosslens.report.figures.plotted import BY_LANGUAGE
from crosslens.tables.columns import Table

PLOTTED = Table("figure_steering_accuracy_by_language", BY_LANGUAGE)
MEASURE = "accuracy"


def data(
    steering_by_half: pa.Table, gamma: float, layers: Mapping[str, Sequence[int]], scripts: Mapping[str, str]
) -> pa.Table:
    """Return, per language, un-steered accuracy (%) and its change (percentage points), at ``gamma`` and ``layers``."""
    return points.data(steering_by_half, MEASURE, gamma, layers, scripts)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a point per language; above zero, the model is more accurate in the language when steered."""
    return points.draw(table, "Δ accuracy, points", titles)
