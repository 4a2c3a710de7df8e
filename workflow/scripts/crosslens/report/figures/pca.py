"""Figs. 3 and 6: principal components of the hidden states of parallel questions, layer by layer."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from crosslens.report.figures import languages, style
from crosslens.report.figures.plotted import PANEL, SCRIPT
from crosslens.tables.columns import FLOAT64, LANGUAGE, LAYER, QUESTION_ID, Column, Table

ACROSS = 4  # panels in a row; further layers go to the next row
NAMED = (
    languages.ENTRIES
)  # up to this many languages, each has its own colour and entry; with more, each script has one
TICKS = 3  # most parts that labelled ticks divide an axis into
RASTERIZED = 2000  # from this many rows on, points are pixels in SVG and PDF

Looks = Mapping[str, tuple[str, str]]  # language -> colour and marker
PLOTTED = Table(
    "figure_pca",
    [
        *PANEL,
        LAYER,
        LANGUAGE,
        SCRIPT,
        QUESTION_ID,
        *(Column(f"component_{i}", FLOAT64, doc=f"score of principal component {i}") for i in (1, 2)),
        *(Column(f"explained_{i}", FLOAT64, doc=f"share of the variance of principal component {i}") for i in (1, 2)),
    ],
)


def data(pca: pa.Table, scripts: Mapping[str, str]) -> pa.Table:
    """Return the projections with each language's script (``scripts`` maps languages to scripts)."""
    script = pa.array([scripts[language] for language in pca["language"].to_pylist()], pa.string())
    return pca.append_column("script", script)


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw rows of panels per model and data set, a panel per layer; looks are languages or scripts."""
    rows = [row for block in _blocks(table) for row in (block[i : i + ACROSS] for i in range(0, len(block), ACROSS))]
    across = max(map(len, rows))
    figure, axes = style.panels(len(rows), across, height=2.05 if across > 1 else 3.0, across=ACROSS)
    of_languages, rasterized = looks(table), len(table) >= RASTERIZED
    for row, line in zip(rows, axes, strict=True):
        for part, panel in zip(row, line, strict=False):
            _scatter(panel, part, of_languages, rasterized)
            panel.set_title(f"\nlayer {part['layer'][0]}")
        for panel in line[len(row) :]:
            panel.set_visible(False)
        _heading(line[0], row[0], titles)
    style.legend(figure, _handles(table, of_languages, titles))
    if len(of_languages) > NAMED:
        style.settle(figure)
        for row, line in zip(rows, axes, strict=True):
            for part, panel in zip(row, line, strict=False):
                _label(panel, part, titles)
    return figure


def _blocks(table: pa.Table) -> list[list[pa.Table]]:
    """Return for each model and data set the rows of each layer, ascending."""
    blocks = []
    for model, dataset in product(style.order(table, "model"), style.order(table, "dataset")):
        block = table.filter((pc.field("model") == model) & (pc.field("dataset") == dataset))
        layers = sorted(style.order(block, "layer"))
        blocks.append([block.filter(pc.field("layer") == layer) for layer in layers])
    return blocks


def looks(table: pa.Table) -> Looks:
    """Return colour and marker of each language: its own or, of many languages, that of its script."""
    script_of = _scripts(table)
    if len(script_of) > NAMED:
        scripts = languages.looks_of_scripts(script_of)
        return {language: scripts[script] for language, script in script_of.items()}
    return dict(zip(script_of, zip(style.PALETTE, style.MARKERS, strict=False), strict=False))


def _scripts(table: pa.Table) -> dict[str, str]:
    """Return the script of each language."""
    return dict(zip(table["language"].to_pylist(), table["script"].to_pylist(), strict=True))


def _scatter(axes: Axes, part: pa.Table, looks: Looks, rasterized: bool) -> None:
    seaborn.scatterplot(
        x=part["component_1"].to_numpy(),
        y=part["component_2"].to_numpy(),
        hue=part["language"].to_pylist(),
        palette={language: color for language, (color, _) in looks.items()},
        style=part["language"].to_pylist(),
        markers={language: marker for language, (_, marker) in looks.items()},
        ax=axes,
        s=9 if len(part) < 1000 else 3,
        linewidth=0,
        alpha=0.8 if len(part) < 1000 else 0.4,
        legend=False,
        rasterized=rasterized,
    )
    shares = [part[f"explained_{i}"][0].as_py() for i in (1, 2)]
    axes.set(xlabel=f"PC 1 ({shares[0]:.0%} of variance)", ylabel=f"PC 2 ({shares[1]:.0%} of variance)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(TICKS))
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def short(value: float) -> str:
    """Return a number as the label of a tick, thousands and millions as 20k and 3M."""
    power = next((power for power in (1e6, 1e3) if abs(value) >= power), 1)
    return f"{value / power:g}".replace("-", "−") + {1e6: "M", 1e3: "k", 1: ""}[power]


def _label(axes: Axes, part: pa.Table, titles: style.Titles) -> None:
    """Name the languages whose centroids are furthest from the centre, and the pivot, at their centroids."""
    means = part.group_by("language").aggregate([("component_1", "mean"), ("component_2", "mean")])
    x, y = (means[f"component_{i}_mean"].to_numpy() for i in (1, 2))
    names = [titles.languages.get(tag, tag) for tag in means["language"].to_pylist()]
    furthest = np.argsort(-np.hypot(x / np.ptp(x), y / np.ptp(y)), kind="stable")[: 2 * languages.EXTREMES]
    pivot = [i for i, name in enumerate(names) if name == titles.pivot]
    chosen = list(dict.fromkeys([*pivot, *map(int, furthest)]))
    names, x, y = [names[i] for i in chosen], x[chosen], y[chosen]
    axes.scatter(x, y, s=6, facecolors="white", edgecolors="black", linewidths=0.5, zorder=3)
    languages.label(axes, names, x, y, range(len(chosen)))


def _heading(axes: Axes, part: pa.Table, titles: style.Titles) -> None:
    """Write model, data set and n above the first panel of a row; the text may extend over the next panels."""
    questions, languages = len(style.order(part, "question_id")), len(style.order(part, "language"))
    names = titles.panel(part["model"][0].as_py(), part["dataset"][0].as_py())
    text = f"{names}  (n = {questions} questions, {languages} languages)"
    axes.annotate(text, (0, 1), (0, 18), "axes fraction", "offset points", fontweight="bold", in_layout=False)


def _handles(table: pa.Table, looks: Looks, titles: style.Titles) -> list[Line2D]:
    """Return legend entries: languages with their script, or scripts alone if there are too many languages."""
    script_of = _scripts(table)
    if len(script_of) > NAMED:
        return languages.script_handles(languages.looks_of_scripts(script_of))
    names = {tag: f"{titles.languages.get(tag, tag)} ({languages.script_name(script_of[tag])})" for tag in looks}
    return [style.point(names[tag], *look) for tag, look in looks.items()]
