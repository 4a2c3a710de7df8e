"""How alike the languages' steering vectors are: their cosines, with similar languages beside one another.

Not in the paper. Languages are ordered by average linkage on 1 - cosine (Sokal & Michener, "A statistical method for
evaluating systematic relationships", 1958), whose tree is drawn beside the matrix.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from crosslens.report.figures import conditions, languages, matrix, style
from crosslens.report.figures.plotted import PANEL
from crosslens.tables.columns import FLOAT64, LAYER, Column, Table
from crosslens.tables.metric_columns import SOURCE, TARGET

COSINE = Column("cosine", FLOAT64, doc="cosine of the two languages' steering vectors, a row per unordered pair")
PLOTTED = Table("figure_vector_similarity", [*PANEL, LAYER, SOURCE, TARGET, COSINE])
UNKNOWN = "Zzzz"  # of a language without a script
STRIP, TREE = 0.1, 0.6  # widths of the strip of scripts and of the tree, inches


def data(vector_cosines: pa.Table, layers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return the defined cosines at ``layers``, those of each model."""
    rows = conditions.at_layers(vector_cosines, layers)
    return rows.filter(pc.is_valid(rows["cosine"])).select([column.name for column in PLOTTED.columns])


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model, layer and data set; the strip beside it shows scripts, the tree how languages cluster."""
    parts = [part for part in _panels(table) if len(_languages(part)) > 2]
    if not parts:
        return style.nothing("a tree needs the vectors of three languages")
    found = {tag: None for part in parts for tag in _languages(part)}
    longest = max(map(_languages, parts), key=len)
    names = [name for part in parts for name in languages.axis_names(_languages(part), titles)]
    rooms = matrix.room(len(longest), names, len(parts), right=STRIP + TREE + 0.1, top=0.0)
    lines = matrix.in_lines(parts, rooms.across)
    looks = languages.looks_of_scripts({tag: titles.scripts.get(tag, UNKNOWN) for tag in found})
    handles = languages.script_handles(looks, "s")
    columns = style.legend_columns(handles, matrix.width(rooms))
    figure, axes, (bar,) = matrix.grid(rooms, lines, [len(lines)], 0.16 * math.ceil(len(handles) / columns) + 0.1)
    span = {"vmin": pc.min(table["cosine"]).as_py(), "vmax": 1.0}
    for part, panel in zip(sum(lines, []), sum(axes, []), strict=True):
        _panel(panel, part, rooms, titles, span, looks)
    figure.colorbar(panel.collections[0], cax=bar, label="cosine of steering vectors", orientation="horizontal")
    figure.legend(handles=handles, loc="lower center", ncols=columns, **style.legend_options(handles))
    return figure


def _panels(table: pa.Table) -> list[pa.Table]:
    """Return the rows of each model, layer and data set."""
    places = product(*(style.order(table, name) for name in ("model", "layer", "dataset")))
    of = [
        (pc.field("model") == model) & (pc.field("layer") == layer) & (pc.field("dataset") == dataset)
        for model, layer, dataset in places
    ]
    return [part for part in map(table.filter, of) if len(part)]


def _languages(part: pa.Table) -> list[str]:
    return list(dict.fromkeys(style.order(part, "source") + style.order(part, "target")))


def cosines(part: pa.Table, tags: Sequence[str]) -> Float[np.ndarray, "language language"]:
    """Return the cosines of one panel; 1 on the diagonal."""
    sides = {side: part[side].to_pylist() for side in ("source", "target")}
    upper = matrix.values_of(sides, part["cosine"].to_numpy(), tags)
    return np.where(np.eye(len(tags), dtype=bool), 1.0, np.where(np.isnan(upper), upper.T, upper))


def tree(values: Float[np.ndarray, "language language"]) -> dict:
    """Return scipy's dendrogram of average linkage on 1 - cosine: its leaves in order, and its lines."""
    linked = hierarchy.linkage(squareform(1 - values, checks=False), "average", optimal_ordering=True)
    return hierarchy.dendrogram(linked, no_plot=True)


def _panel(
    axes: Axes,
    part: pa.Table,
    rooms: matrix.Room,
    titles: style.Titles,
    span: dict,
    looks: Mapping[str, tuple[str, str]],
) -> None:
    tags = _languages(part)
    values = cosines(part, tags)
    found = tree(values)
    tags, leaves = [tags[i] for i in found["leaves"]], found["leaves"]
    matrix.draw(axes, values[np.ix_(leaves, leaves)], languages.axis_names(tags, titles), rooms, span)
    start = 1 + 0.03 / rooms.side
    for i, tag in enumerate(tags):
        color, _ = looks[titles.scripts.get(tag, UNKNOWN)]
        axes.axhspan(i, i + 1, start, start + STRIP / rooms.side, color=color, linewidth=0, clip_on=False)
    _branches(axes, found, start + 1.3 * STRIP / rooms.side, TREE / rooms.side)
    text = titles.panel(part["model"][0].as_py(), part["dataset"][0].as_py())
    note = f"layer {part['layer'][0]}, n = {len(tags)} languages"
    style.title(axes, text, note, rooms.side + rooms.right)


def _branches(axes: Axes, found: dict, start: float, width: float) -> None:
    """Draw the tree from ``start`` on, in fractions of the panel; its height is 1 - cosine. Leaf i is at 10 i + 5."""
    heights = np.array(found["dcoord"])
    x = start + width * heights / max(heights.max(), 1e-12)
    lines = np.stack([x, np.array(found["icoord"]) / 10], axis=-1)
    look = {"colors": style.QUIET, "linewidths": 0.6, "clip_on": False, "transform": axes.get_yaxis_transform()}
    axes.add_collection(LineCollection(lines, **look), autolim=False)
