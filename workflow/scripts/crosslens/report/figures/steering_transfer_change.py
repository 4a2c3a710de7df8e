"""Fig. 10: how much steering towards the pivot changes each language's positive transfer from the pivot."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.report.figures import points, style
from crosslens.report.figures.plotted import BY_LANGUAGE
from crosslens.tables.columns import Table

PLOTTED = Table("figure_steering_transfer_change", BY_LANGUAGE)
MEASURE = "positive_transfer_from_pivot"


def data(
    steering_by_half: pa.Table, gamma: float, layers: Mapping[str, Sequence[int]], scripts: Mapping[str, str]
) -> pa.Table:
    """Return, per language, un-steered accuracy (%) and the change of the transfer, at ``gamma`` and ``layers``."""
    return points.data(steering_by_half, MEASURE, gamma, layers, scripts)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a point per language; above zero, more of the pivot's correct answers are correct in the language too."""
    return points.draw(table, f"Δ positive transfer\nfrom {titles.pivot}", titles)
