"""Fig. 11: how much steering towards the pivot changes each language's consistency with the pivot."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.report.figures import points, style
from crosslens.report.figures.plotted import BY_LANGUAGE
from crosslens.tables.columns import Table

PLOTTED = Table("figure_steering_consistency_change", BY_LANGUAGE)
MEASURE = "consistency_with_pivot"


def data(
    steering_by_half: pa.Table, gamma: float, layers: Mapping[str, Sequence[int]], scripts: Mapping[str, str]
) -> pa.Table:
    """Return, per language, un-steered accuracy (%) and the change of consistency, at ``gamma`` and ``layers``."""
    return points.data(steering_by_half, MEASURE, gamma, layers, scripts)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a point per language; above zero, choices are ranked more like in the pivot language when steered."""
    return points.draw(table, f"Δ consistency with\n{titles.pivot}", titles)
