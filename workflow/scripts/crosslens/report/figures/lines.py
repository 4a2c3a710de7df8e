"""Panels per model and data set with a value by layer: lines of means over languages, and their bands.

Shared by several figures.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crosslens.report.figures import style

Looks = Mapping[str, Mapping]  # series -> properties of its line, including its label in the legend
REFERENCE = {"color": style.QUIET, "linewidth": 1.0, "linestyle": (0, (4, 3)), "zorder": 1}


@style.styled
def draw(
    table: pa.Table,
    looks: Looks,
    label: str,
    titles: style.Titles,
    reference: Mapping | None = None,
    axis: str = "layer",
) -> Figure:
    """Draw a panel per model (rows) and data set (columns) of ``table``, with a line per series that it has.

    looks: of the series. label, axis: labels of the y and x axes. reference: a horizontal line, with its height ``at``,
    a number or a column of ``table``, and its ``label``.
    """
    present = style.order(table, "series")
    looks = {series: look for series, look in looks.items() if series in present}
    rows, columns = style.order(table, "model"), style.order(table, "dataset")
    figure, axes = style.panels(len(rows), len(columns), sharex="row", sharey="row")
    for model, dataset, panel, part in style.cells(table, "model", "dataset", axes):
        if reference:
            at = reference["at"]
            panel.axhline(part[at][0].as_py() if isinstance(at, str) else at, **REFERENCE)
        for series, look in looks.items():
            band(panel, part.filter(pc.field("series") == series), "layer", look)
        panel.set_xticks(ticks(part))
        note = style.counts(part, "n_questions_min", "n_questions_max")
        style.title(panel, titles.panel(model, dataset), note)
        panel.set_xlabel(axis)
    style.label_y(axes, label)
    handles = [Line2D([], [], **look) for look in looks.values()]
    style.legend(figure, handles + ([Line2D([], [], label=reference["label"], **REFERENCE)] if reference else []))
    return figure


def band(axes: Axes, part: pa.Table, along: str, look: Mapping) -> None:
    """Draw a line through the means of ``part`` along column ``along``, and a band from low to high if there is one."""
    part = part.sort_by(along)
    x, mean, low, high = (part[name].to_numpy().astype(float) for name in (along, "mean", "low", "high"))
    axes.plot(x, mean, **look)
    if np.isfinite(low).any():
        axes.fill_between(x, low, high, color=look["color"], alpha=0.15, linewidth=0)


def ticks(part: pa.Table) -> list[int]:
    """Return the layers to label: all or, if there are many, about nine at equal distances, including the last."""
    layers = sorted(style.order(part, "layer"))
    return layers[:: -max(1, round(len(layers) / 9))]
