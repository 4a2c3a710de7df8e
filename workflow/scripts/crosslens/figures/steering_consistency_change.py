"""Fig. 11: how much steering towards the pivot changes each language's consistency with it."""

from collections.abc import Mapping

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.figures import points, style

FIGURE = "steering_consistency_change"
MEASURE = "consistency_with_pivot"


def data(
    steering_metrics: pa.Table, gamma: float, layers: str | list | Mapping, scripts: Mapping[str, str]
) -> pa.Table:
    """Per language at ``gamma`` and the chosen layers: un-steered accuracy (%) and the change of the measure."""
    return points.data(steering_metrics, FIGURE, MEASURE, gamma, layers, scripts)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """One point per language; above zero, the language ranks the choices more like the pivot."""
    return points.draw(table, f"Δ consistency with\n{titles.pivot}", titles)
