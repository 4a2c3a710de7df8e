"""Change of accuracy by the size of what is added, relative to the state that it is added to. Not in the paper."""

import matplotlib
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from crosslens.report.figures import conditions, lines, style
from crosslens.report.figures.gamma_sweep import with_zero
from crosslens.report.figures.plotted import CHANGE, COUNTS, PANEL
from crosslens.tables.columns import FLOAT64, GAMMA, LAYER, Column, Table
from crosslens.tables.steered_metrics import ALL

DEPTH = Column("depth", FLOAT64, doc="layer / number of layers")
SIZE = Column("size", FLOAT64, doc="gamma times norm of the vector / mean norm of the state, mean over languages")
PLOTTED = Table("figure_steering_size", [*PANEL, LAYER, DEPTH, GAMMA, SIZE, *CHANGE, *COUNTS])
SHADES = 0.9  # the lightest part of viridis is hard to see on white


def data(steering_gains: pa.Table, steering_sizes: pa.Table) -> pa.Table:
    """Return mean changes of accuracy (points) under every gamma of the own vector, with its size in the layer.

    All held-out questions count, as nothing is chosen on them.
    """
    by = ["model", "dataset", "layer"]
    means = steering_sizes.group_by(by).aggregate([("ratio", "mean")]).to_pylist()
    size = {tuple(row[name] for name in by): row["ratio_mean"] for row in means}
    last = {place[:2]: max(layer for *panel, layer in size if tuple(panel) == place[:2]) for place in size}
    rows = conditions.own(conditions.changes(steering_gains, ALL)).filter(pc.field("measure") == "accuracy")
    found = []
    for row in rows.to_pylist():
        place = tuple(row[name] for name in by)
        if size[place] is not None:
            found.append(row | {"depth": row["layer"] / last[place[:2]], "size": row["gamma"] * size[place]})
    names = [column.name for column in PLOTTED.columns]
    schema = pa.schema([*(rows.schema.field(name) for name in names if name not in ("depth", "size"))])
    for added in (DEPTH, SIZE):
        schema = schema.append(pa.field(added.name, added.type))
    return with_zero(pa.Table.from_pylist(found, schema).select(names))


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set: a line per layer, coloured by relative depth; bands are intervals."""
    rows, columns = style.order(table, "model"), style.order(table, "dataset")
    figure, axes = style.panels(len(rows), len(columns), height=2.1, sharex="row", sharey="row")
    colors = matplotlib.colormaps["viridis"]
    for model, dataset, panel, part in style.cells(table, "model", "dataset", axes):
        panel.axhline(0, color=style.QUIET, linewidth=0.8, zorder=1)
        for i, layer in enumerate(sorted(style.order(part, "layer"))):
            line = part.filter(pc.field("layer") == layer)
            color = colors(SHADES * line["depth"][0].as_py())
            lines.band(panel, line, "size", {"color": color, "marker": style.MARKERS[i % len(style.MARKERS)]})
        style.title(panel, titles.panel(model, dataset), style.counts(part, "n_questions_min", "n_questions_max"))
        panel.set_xlabel("γ‖v‖ / ‖h‖")
    style.label_y(axes, "Δ accuracy, points")
    shades = ScalarMappable(Normalize(0, 1), ListedColormap(colors([SHADES * i / 255 for i in range(256)])))
    figure.colorbar(shades, ax=axes, label="steered layer / number of layers", shrink=0.8, aspect=25)
    return figure
