"""Fig. 1: positive transfer between all ordered pairs of languages."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosslens.report.figures import style
from crosslens.report.figures.plotted import PANEL
from crosslens.tables.columns import FLOAT64, Column, Table
from crosslens.tables.metrics import N_QUESTIONS, SOURCE, TARGET

ANNOTATED = 15  # up to this many languages, cells show their value
LARGEST = 8.0  # greatest side of a panel, inches
PLOTTED = Table(
    "figure_transfer_heatmap",
    [
        *PANEL,
        SOURCE,
        TARGET,
        N_QUESTIONS,
        Column("positive_transfer", FLOAT64, doc="positive transfer from source to target (Eq. 2)"),
    ],
)


def data(pair_metrics: pa.Table) -> pa.Table:
    """Return the defined positive transfers, one row per ordered pair."""
    defined = pair_metrics.filter(pc.is_valid(pair_metrics["positive_transfer"]))
    return defined.select(["model", "dataset", "source", "target", "n", "positive_transfer"])


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set: rows are source languages, columns are target languages.

    All panels share one colour scale. The diagonal is empty. Languages are in the order of the table.
    """
    rows, columns = style.order(table, "model"), style.order(table, "dataset")
    side = min(LARGEST, max(2.4, 0.3 * len(style.order(table, "source"))))
    figure, axes = style.panels(len(rows), len(columns), width=side + 0.4, height=side + 0.5)
    span = pc.min_max(table["positive_transfer"]).as_py()
    for model, dataset, panel, part in style.cells(table, "model", "dataset", axes):
        languages = _languages(part)
        _heatmap(panel, _matrix(part, languages), languages, side, {"vmin": span["min"], "vmax": span["max"]})
        style.title(panel, titles.panel(model, dataset), style.counts(part, languages=len(languages)))
    for panel in axes[:, 0]:
        panel.set_ylabel("source language")
    for panel in axes[-1]:
        panel.set_xlabel("target language")
    mesh = figure.axes[0].collections[0]
    figure.colorbar(mesh, ax=axes, label="positive transfer", shrink=min(1.0, 4 / (side * len(rows))), aspect=25)
    return figure


def _languages(part: pa.Table) -> list[str]:
    return list(dict.fromkeys(style.order(part, "source") + style.order(part, "target")))


def _matrix(part: pa.Table, languages: list[str]) -> np.ndarray:
    """Return positive transfer as an array [source, target], NaN where there is none."""
    index = {language: i for i, language in enumerate(languages)}
    values = np.full((len(languages), len(languages)), np.nan)
    source, target = ([index[tag] for tag in part[side].to_pylist()] for side in ("source", "target"))
    values[source, target] = part["positive_transfer"].to_numpy()  # (pair) -> (source, target)
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
