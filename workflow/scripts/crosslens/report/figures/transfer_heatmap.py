"""Fig. 1: positive transfer between all ordered pairs of languages, and below it its excess over chance."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosslens.report.figures import style
from crosslens.report.figures.plotted import PANEL
from crosslens.tables.columns import FLOAT64, STRING, Column, Table
from crosslens.tables.metric_columns import N_QUESTIONS, SOURCE, TARGET

ANNOTATED = 15  # up to this many languages, cells show their value
LARGEST = 8.0  # greatest side of a panel, inches
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


def data(pair_metrics: pa.Table, order: Sequence[str]) -> pa.Table:
    """Return the defined values of both measures, a row per measure and ordered pair; languages are in ``order``."""
    keys, parts = ["model", "dataset", "measure", "source", "target"], []
    for measure in MEASURES:
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
    models, datasets = style.order(table, "model"), style.order(table, "dataset")
    measures = [measure for measure in MEASURES if measure in style.order(table, "measure")]
    side = min(LARGEST, max(2.4, 0.3 * len(style.order(table, "source"))))
    size = {"width": side + 0.4, "height": side + 0.5}
    figure, axes = style.panels(len(models) * len(measures), len(datasets), **size)
    for i, measure in enumerate(measures):
        rows, part = axes[i * len(models) : (i + 1) * len(models)], table.filter(pc.field("measure") == measure)
        span, (addition, label) = pc.min_max(part["value"]).as_py(), MEASURES[measure]
        filled = style.cells(part, "model", "dataset", rows)
        for model, dataset, panel, cells in filled:
            languages = _languages(cells)
            _heatmap(panel, _matrix(cells, languages), languages, side, {"vmin": span["min"], "vmax": span["max"]})
            style.title(panel, titles.panel(model, dataset) + addition, style.counts(cells, languages=len(languages)))
        shrink = min(1.0, 4 / (side * len(models)))
        figure.colorbar(filled[0][2].collections[0], ax=rows, label=label, shrink=shrink, aspect=25)
    for panel in axes[:, 0]:
        panel.set_ylabel("source language")
    for panel in axes[-1]:
        panel.set_xlabel("target language")
    return figure


def _languages(part: pa.Table) -> list[str]:
    sources = style.order(part, "source")  # a language that is no source comes last
    return list(dict.fromkeys(sources + style.order(part, "target")))


def _matrix(part: pa.Table, languages: list[str]) -> np.ndarray:
    """Return the values as an array [source, target], NaN where there is none."""
    index = {language: i for i, language in enumerate(languages)}
    values = np.full((len(languages), len(languages)), np.nan)
    source, target = ([index[tag] for tag in part[side].to_pylist()] for side in ("source", "target"))
    values[source, target] = part["value"].to_numpy()  # (pair) -> (source, target)
    return values


def _heatmap(axes: Axes, values: np.ndarray, languages: list[str], side: float, span: Mapping[str, float]) -> None:
    annotated = len(languages) <= ANNOTATED
    every = int(np.ceil(len(languages) * 0.11 / side))  # a tag needs 0.11 inches
    seaborn.heatmap(
        values, ax=axes, cmap="viridis", cbar=False, square=True, **span,
        annot=annotated, fmt=".2f", annot_kws={"size": 7},
        xticklabels=False, yticklabels=False, rasterized=not annotated,
    )  # fmt: skip
    ticks = np.arange(0, len(languages), every)
    axes.set_xticks(ticks + 0.5, [languages[i] for i in ticks], rotation=90 if len(languages) > 8 else 0)
    axes.set_yticks(ticks + 0.5, [languages[i] for i in ticks], rotation=0)
    axes.tick_params(labelsize=8 if annotated else 6, length=0)
    axes.grid(visible=False)
    axes.set_facecolor("0.9")
