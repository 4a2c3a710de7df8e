"""Similarity of hidden states to the pivot's within letters, of all models by relative depth. Not in the paper."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crosslens.report.figures import lines, style
from crosslens.report.figures.plotted import COUNTS, MEAN, PANEL
from crosslens.tables.columns import FLOAT64, LAYER, Column, Table

DEPTH = Column("depth", FLOAT64, doc="layer over the model's number of layers, in (0, 1]")
PLOTTED = Table("figure_similarity_across_models", [*PANEL, LAYER, DEPTH, *MEAN, *COUNTS])
STYLES = ("-", "--", "-.", ":")


def data(similarity_means: pa.Table, n_layers: Mapping[str, int]) -> pa.Table:
    """Return mean CKA within letters over the languages other than the pivot, with its interval, by relative depth.

    n_layers: by model.
    """
    shown = (pc.field("measure") == "cka_within_letters") & (pc.field("pairs") == "pivot")
    table = similarity_means.filter(shown & pc.is_valid(pc.field("mean")))
    rows = zip(table["layer"].to_pylist(), table["model"].to_pylist(), strict=True)
    depth = pa.array([layer / n_layers[model] for layer, model in rows], pa.float64())
    return table.append_column("depth", depth).select([column.name for column in PLOTTED.columns])


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per data set and a line per model; 0 means that languages share nothing but letters."""
    datasets = style.order(table, "dataset")
    figure, axes = style.panels(1, len(datasets), height=2.2, sharex="row", sharey="row")
    of_models = looks(table, titles)
    for panel, dataset in zip(axes[0], datasets, strict=True):
        part = table.filter(pc.field("dataset") == dataset)
        panel.axhline(0, **lines.REFERENCE)
        for model in style.order(part, "model"):
            lines.band(panel, part.filter(pc.field("model") == model), "depth", of_models[model])
        style.title(panel, titles.datasets[dataset], style.counts(part, "n_questions_min", "n_questions_max"))
        panel.set_xlabel("layer / number of layers")
    style.label_y(axes, f"CKA within letters,\nto {titles.pivot}")
    style.legend(figure, [Line2D([], [], **look) for look in of_models.values()])
    return figure


def looks(table: pa.Table, titles: style.Titles) -> dict[str, dict]:
    """Return the properties of every model's line, with its label."""
    return {
        model: {
            "color": style.PALETTE[i % len(style.PALETTE)],
            "marker": style.MARKERS[i % len(style.MARKERS)],
            "linestyle": STYLES[i % len(STYLES)],
            "label": titles.models[model],
        }
        for i, model in enumerate(style.order(table, "model"))
    }
