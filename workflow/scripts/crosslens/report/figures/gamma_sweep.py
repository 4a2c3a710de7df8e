"""Figs. 4 and 7: accuracy, and consistency with and transfer from the pivot, as the steering multiplier varies."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crosslens.report.figures import average, conditions, lines, style
from crosslens.report.figures.plotted import COUNTS, MEAN, PANEL
from crosslens.tables.columns import GAMMA, LAYER, STRING, Column, Table

MEASURES = {
    "accuracy": "accuracy, %",
    "consistency_with_pivot": "consistency\nwith {pivot}",
    "positive_transfer_from_pivot": "positive transfer\nfrom {pivot}",
}
MEASURE = Column("measure", STRING, doc="one of MEASURES; its value at gamma 0 is un-steered")
PLOTTED = Table("figure_gamma_sweep", [*PANEL, MEASURE, LAYER, GAMMA, *MEAN, *COUNTS])


def data(steered_metrics: pa.Table, layers: Mapping[str, Sequence[int]], level: float) -> pa.Table:
    """Return means over languages per measure, layer and gamma (accuracy in %).

    ``layers`` are the layers of each model. The values at gamma 0 are un-steered, on the same questions. low and high
    bound the t-interval, at ``level`` over languages, of the change from un-steered.
    """
    rows = conditions.at_layers(steered_metrics, layers)
    tables = []
    for measure in MEASURES:
        by = ["model", "dataset", "layer", "gamma"]
        means = average.over_languages(_with_zero(rows, measure), by, measure, level, f"unsteered_{measure}")
        means = average.percent(means, *average.BOUNDS) if measure == "accuracy" else means
        tables.append(means.append_column("measure", pa.array([measure] * len(means), pa.string())))
    return pa.concat_tables(tables)


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a block of rows (the defined measures) per model; columns are data sets, lines are steered layers."""
    columns, drawn, measures = (style.order(table, name) for name in ("dataset", "model", "measure"))
    figure, axes = style.panels(len(drawn) * len(measures), len(columns), height=1.75, sharex="all", sharey="row")
    for i, model in enumerate(drawn):
        block = axes[i * len(measures) : (i + 1) * len(measures)]
        of_model = table.filter(pc.field("model") == model)
        looks = _looks(style.order(of_model, "layer"))
        for _, dataset, panel, part in style.cells(of_model, "measure", "dataset", block):
            _lines(panel, part, looks)
            if panel in block[0]:
                note = style.counts(part, "n_questions_min", "n_questions_max")
                style.title(panel, titles.panel(model, dataset), note)
        for row, measure in zip(block, measures, strict=True):
            first = next(panel for panel in row if panel.get_visible())  # not every data set has consistency
            first.set_ylabel(MEASURES[measure].format(pivot=titles.pivot))
        handles = [Line2D([], [], label=layer, **look) for layer, look in looks.items()]
        block[0, -1].legend(handles=handles, title="layer", loc="upper left", bbox_to_anchor=(1.01, 1.05))
    for panel in axes[-1]:
        panel.set_xlabel("γ")
    return figure


def _with_zero(rows: pa.Table, measure: str) -> pa.Table:
    """Return the steered rows and, per language and layer, a row of gamma 0 with the un-steered value."""
    by, unsteered = ["model", "dataset", "layer", "language"], f"unsteered_{measure}"
    steered = rows.filter(pc.field("gamma") != 0).select([*by, unsteered, "n", measure, "gamma"])
    zero = average.grouped(rows, by, [(unsteered, "max"), ("n", "max")])  # the same at every gamma
    zero = zero.append_column(measure, zero[f"{unsteered}_max"])
    zero = zero.append_column("gamma", pa.array(np.zeros(len(zero), np.float32)))
    return pa.concat_tables([steered, zero.rename_columns(steered.column_names)])


def _looks(layers: list[int]) -> dict[int, dict]:
    colors = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, len(layers)))
    return {
        layer: {"color": color, "marker": style.MARKERS[i % len(style.MARKERS)]}
        for i, (layer, color) in enumerate(zip(sorted(layers), colors, strict=True))
    }


def _lines(axes: Axes, part: pa.Table, looks: Mapping[int, dict]) -> None:
    axes.axvline(0, color=style.QUIET, linewidth=0.8, zorder=1)
    for layer, look in looks.items():
        lines.band(axes, part.filter(pc.field("layer") == layer), "gamma", look)
