"""Fig. 1: positive transfer between all ordered pairs of languages, and below it its excess over chance."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosslens.report.figures import languages, matrix, style
from crosslens.report.figures.plotted import PANEL
from crosslens.tables.columns import FLOAT64, STRING, Column, Table
from crosslens.tables.metric_columns import N_QUESTIONS, SOURCE, TARGET

# Measures in the order of the rows of panels: what titles add, and what the colour bar is called.
MEASURES = {
    "positive_transfer": ("", "positive transfer"),
    "positive_transfer_excess": (", excess", "positive transfer, excess over chance"),
}
PLOTTED = Table(
    "figure_transfer_heatmap",
    [
        *PANEL,
        Column("measure", STRING, doc="positive_transfer (Eq. 2) or positive_transfer_excess"),
        SOURCE,
        TARGET,
        N_QUESTIONS,
        Column("value", FLOAT64, doc="the measure from source to target"),
        Column("se", FLOAT64, doc="its standard error over questions; null if undefined", nullable=True),
    ],
)


def data(pair_metrics: pa.Table, order: Sequence[str], measures: Sequence[str]) -> pa.Table:
    """Return the defined values of ``measures``, a row per measure and ordered pair; languages are in ``order``."""
    keys, parts = ["model", "dataset", "measure", "source", "target"], []
    for measure in measures:
        defined = pair_metrics.filter(pc.is_valid(pair_metrics[measure]))
        columns = {name: defined[name] for name in ("model", "dataset", "source", "target", "n")}
        columns |= {"value": defined[measure], "se": defined[f"{measure}_se"]}
        parts.append(pa.table(columns | {"measure": pa.array([measure] * len(defined), pa.string())}))
    table = pa.concat_tables(parts).select([*keys, "n", "value", "se"])
    panels = [pc.index_in(table[name], value_set=pc.unique(table[name])) for name in keys[:3]]
    places = [pc.index_in(table[side], value_set=pa.array(order, pa.string())) for side in ("source", "target")]
    return table.take(pa.array(np.lexsort([column.to_numpy() for column in reversed([*panels, *places])])))


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per measure, model and data set: rows are source languages, columns are target languages.

    All panels of a measure share one colour scale. The diagonal is empty. Languages are in the order of the table.
    """
    measures = [measure for measure in MEASURES if measure in style.order(table, "measure")]
    parts = {measure: _panels(table.filter(pc.field("measure") == measure)) for measure in measures}
    tags = [_languages(part) for panels in parts.values() for part in panels]
    names = [name for each in tags for name in languages.axis_names(each, titles)]
    longest, beside = max(tags, key=len), max(map(len, parts.values()))
    rooms = matrix.room(len(longest), names, beside, *matrix.block_room(longest, titles))
    lines = [line for panels in parts.values() for line in matrix.in_lines(panels, rooms.across)]
    ends = list(accumulate(len(matrix.in_lines(panels, rooms.across)) for panels in parts.values()))
    figure, axes, bars = matrix.grid(rooms, lines, ends)
    for measure, bar, start, end in zip(measures, bars, [0, *ends], ends, strict=False):
        addition, label = MEASURES[measure]
        span = pc.min_max(table.filter(pc.field("measure") == measure)["value"]).as_py()
        shown = zip(sum(lines[start:end], []), sum(axes[start:end], []), strict=True)
        for part, panel in shown:
            _heatmap(panel, part, rooms, titles, addition, {"vmin": span["min"], "vmax": span["max"]})
        figure.colorbar(panel.collections[0], cax=bar, label=label, orientation="horizontal")
    return figure


def _panels(part: pa.Table) -> list[pa.Table]:
    """Return the rows of each model and data set."""
    places = product(style.order(part, "model"), style.order(part, "dataset"))
    found = [part.filter((pc.field("model") == model) & (pc.field("dataset") == name)) for model, name in places]
    return [each for each in found if len(each)]


def _languages(part: pa.Table) -> list[str]:
    sources = style.order(part, "source")  # a language that is no source comes last
    return list(dict.fromkeys(sources + style.order(part, "target")))


def _heatmap(
    axes: Axes, part: pa.Table, rooms: matrix.Room, titles: style.Titles, addition: str, span: Mapping[str, float]
) -> None:
    tags = _languages(part)
    sides = {side: part[side].to_pylist() for side in ("source", "target")}
    values = matrix.values_of(sides, part["value"].to_numpy(), tags)
    matrix.draw(axes, values, languages.axis_names(tags, titles), rooms, span)
    matrix.blocks(axes, tags, titles, rooms)
    text = titles.panel(part["model"][0].as_py(), part["dataset"][0].as_py()) + addition
    style.title(axes, text, style.counts(part, languages=len(tags)), rooms.side + rooms.right, rooms.top)
    axes.set(xlabel="target language", ylabel="source language")
