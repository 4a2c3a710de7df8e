"""Fig. 10: how much steering towards the pivot changes the positive transfer from it, per language."""

from collections.abc import Mapping

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.figures import points, style

FIGURE = "steering_transfer_change"
MEASURE = "positive_transfer_from_pivot"


def data(
    steering_metrics: pa.Table, gamma: float, layers: str | list | Mapping, scripts: Mapping[str, str]
) -> pa.Table:
    """Per language at ``gamma`` and the chosen layers: un-steered accuracy (%) and the change of the measure."""
    return points.data(steering_metrics, FIGURE, MEASURE, gamma, layers, scripts)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """One point per language; above zero, more of what the pivot answers correctly is correct in the language."""
    return points.draw(table, f"Δ positive transfer\nfrom {titles.pivot}", titles)
