"""Figs. 4 and 7: change of accuracy, and of consistency with and transfer from the pivot, as the multiplier varies."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crosslens.report.figures import conditions, lines, style
from crosslens.report.figures.plotted import CHANGE, COUNTS, PANEL, VECTOR
from crosslens.tables.columns import GAMMA, LAYER, STRING, Column, Table
from crosslens.tables.conditions import OWN
from crosslens.tables.steered_metrics import ALL

MEASURES = {
    "accuracy": "Δ accuracy,\npoints",
    "consistency_with_pivot": "Δ consistency\nwith {pivot}",
    "positive_transfer_from_pivot": "Δ positive transfer\nfrom {pivot}",
}
LEGEND = 1.2  # its width, inches
AT_ZERO = {"gamma", "size", "mean", "low", "high"}
MEASURE = Column("measure", STRING, doc="one of MEASURES; its change at gamma 0 is 0")
PLOTTED = Table("figure_gamma_sweep", [*PANEL, MEASURE, VECTOR, LAYER, GAMMA, *CHANGE, *COUNTS])


def data(steering_gains: pa.Table, layers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return mean changes from un-steered per measure, vector, layer and gamma; accuracy in percentage points.

    ``layers`` are the layers of each model. All held-out questions count, as nothing is chosen on them.
    """
    rows = conditions.added(conditions.changes(steering_gains, ALL))
    rows = conditions.at_layers(rows.filter(pc.is_in(rows["measure"], pa.array(list(MEASURES)))), layers)
    return with_zero(rows.select([column.name for column in PLOTTED.columns]))


def with_zero(rows: pa.Table) -> pa.Table:
    """Return the rows and, for every line along gamma, the one at gamma 0, where nothing changes."""
    zeros = {}
    for row in rows.to_pylist():
        line = tuple(row[name] for name in ("model", "dataset", "measure", "vector", "layer") if name in row)
        zeros.setdefault(line, row | dict.fromkeys(AT_ZERO & row.keys(), 0.0))
    return pa.concat_tables([rows, pa.Table.from_pylist(list(zeros.values()), rows.schema)])


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a block of rows (the defined measures) per model; columns are data sets, lines are steered layers.

    Bands belong to the language's own vector; thin lines are control vectors, in the colour of their layer.
    """
    columns, drawn = style.order(table, "dataset"), style.order(table, "model")
    measures = [measure for measure in MEASURES if measure in style.order(table, "measure")]
    width = style.COLUMN + LEGEND if len(columns) == 1 else None
    figure, axes = style.panels(
        len(drawn) * len(measures), len(columns), height=1.5, width=width, sharex="all", sharey="row"
    )
    for i, model in enumerate(drawn):
        block = axes[i * len(measures) : (i + 1) * len(measures)]
        of_model = table.filter(pc.field("model") == model)
        of_layers = looks(style.order(of_model, "layer"))
        for measure, dataset, row, column in _cells(measures, columns):
            part = of_model.filter((pc.field("measure") == measure) & (pc.field("dataset") == dataset))
            panel = block[row, column]
            panel.set_visible(len(part) > 0)
            if len(part):
                _lines(panel, part, of_layers)
            if len(part) and row == 0:
                own = part.filter(pc.field("vector") == OWN)
                note = style.counts(own, "n_questions_min", "n_questions_max")
                beside = LEGEND / min(len(columns), style.ACROSS)
                room = figure.get_figwidth() / min(len(columns), style.ACROSS) - beside - style.BESIDE
                style.title(panel, titles.panel(model, dataset), note, room)
        for row, measure in zip(block, measures, strict=True):
            style.label_y(row, MEASURES[measure].format(pivot=titles.pivot))
        _legend(block[0, min(len(columns), style.ACROSS) - 1], of_layers, style.order(of_model, "vector"), titles)
    for panel in axes[-1]:
        panel.set_xlabel("γ")
    return figure


def looks(layers: list[int]) -> dict[int, dict]:
    """Return colour and marker of every layer's lines."""
    colors = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, len(layers)))
    return {
        layer: {"color": color, "marker": style.MARKERS[i % len(style.MARKERS)]}
        for i, (layer, color) in enumerate(zip(sorted(layers), colors, strict=True))
    }


def _lines(axes: Axes, part: pa.Table, looks: Mapping[int, dict]) -> None:
    axes.axvline(0, color=style.QUIET, linewidth=0.8, zorder=1)
    for (vector, layer), line in _by_line(part):
        if vector == OWN:
            lines.band(axes, line, "gamma", looks[layer])
        else:
            line = line.sort_by("gamma")
            axes.plot(line["gamma"], line["mean"], **looks[layer] | conditions.look(vector))


def _by_line(part: pa.Table) -> list[tuple[tuple[str, int], pa.Table]]:
    """Return the rows of each vector and layer."""
    found = [(vector, layer) for vector in style.order(part, "vector") for layer in style.order(part, "layer")]
    parts = [part.filter((pc.field("vector") == vector) & (pc.field("layer") == layer)) for vector, layer in found]
    return [(line, rows) for line, rows in zip(found, parts, strict=True) if len(rows)]


def _cells(measures: Sequence[str], datasets: Sequence[str]) -> list[tuple[str, str, int, int]]:
    return [(measure, dataset, i, j) for i, measure in enumerate(measures) for j, dataset in enumerate(datasets)]


def _legend(axes: Axes, looks: Mapping[int, dict], vectors: Sequence[str], titles: style.Titles) -> None:
    handles = [Line2D([], [], label=f"layer {layer}", **look) for layer, look in looks.items()]
    controls = [vector for vector in vectors if vector != OWN]
    handles += [
        Line2D([], [], color=style.QUIET, label=conditions.label(vector, titles), **conditions.look(vector))
        for vector in controls
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.05))
