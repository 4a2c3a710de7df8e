"""Figs. 3 and 6: principal components of the hidden states of parallel questions, layer by layer."""

from collections.abc import Mapping
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crosslens.report.figures import style
from crosslens.report.figures.plotted import PANEL, SCRIPT
from crosslens.tables.columns import FLOAT64, LANGUAGE, LAYER, QUESTION_ID, Column, Table

ACROSS = 6  # panels in a row; further layers go to the next row
NAMED = 30  # up to this many languages, each has its own colour; with more, each script has one
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
    """Draw rows of panels per model and data set, a panel per layer; colour is the language, marker the script."""
    rows = [row for block in _blocks(table) for row in (block[i : i + ACROSS] for i in range(0, len(block), ACROSS))]
    figure, axes = style.panels(len(rows), max(map(len, rows)), width=2.1, height=2.3)
    of_languages, rasterized = looks(table), len(table) >= RASTERIZED
    for row, line in zip(rows, axes, strict=True):
        for part, panel in zip(row, line, strict=False):
            _scatter(panel, part, of_languages, rasterized)
            panel.set_title(f"\nlayer {part['layer'][0]}")
        for panel in line[len(row) :]:
            panel.set_visible(False)
        _heading(line[0], row[0], titles)
    style.legend(figure, _handles(table, of_languages))
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
    """Return colour and marker of each language; languages of one script differ in colour as long as colours last."""
    script_of = _scripts(table)
    scripts = style.by_script(list(script_of.values()))
    if len(script_of) > NAMED:
        return {language: scripts[script] for language, script in script_of.items()}
    found, taken = {}, {script: set() for script in scripts}
    for i, (language, script) in enumerate(script_of.items()):
        colors = style.PALETTE[i % len(style.PALETTE) :] + style.PALETTE[: i % len(style.PALETTE)]
        color = next((c for c in colors if c not in taken[script]), colors[0])
        taken[script].add(color)
        found[language] = (color, scripts[script][1])
    return found


def _scripts(table: pa.Table) -> dict[str, str]:
    """Return the script of each language."""
    return dict(zip(table["language"].to_pylist(), table["script"].to_pylist(), strict=True))


def _scatter(axes: Axes, part: pa.Table, looks: Looks, rasterized: bool) -> None:
    seaborn.scatterplot(
        x=part["component_1"].to_numpy(),
        y=part["component_2"].to_numpy(),
        hue=part["language"].to_pylist(),
        palette={language: color for language, (color, _) in looks.items()},
        style=part["script"].to_pylist(),
        markers={script: looks[language][1] for language, script in _scripts(part).items()},
        ax=axes,
        s=16 if len(part) < 1000 else 6,
        linewidth=0,
        alpha=0.8,
        legend=False,
        rasterized=rasterized,
    )
    shares = [part[f"explained_{i}"][0].as_py() for i in (1, 2)]
    axes.set(xlabel=f"PC 1 ({shares[0]:.0%} of variance)", ylabel=f"PC 2 ({shares[1]:.0%} of variance)")
    axes.tick_params(labelsize=7)


def _heading(axes: Axes, part: pa.Table, titles: style.Titles) -> None:
    """Write model, data set and n above the first panel of a row; the text may extend over the next panels."""
    questions, languages = len(style.order(part, "question_id")), len(style.order(part, "language"))
    names = titles.panel(part["model"][0].as_py(), part["dataset"][0].as_py())
    text = f"{names}  (n = {questions} questions, {languages} languages)"
    axes.annotate(text, (0, 1), (0, 18), "axes fraction", "offset points", fontweight="bold", in_layout=False)


def _handles(table: pa.Table, looks: Looks) -> list[Line2D]:
    """Return legend entries: languages with their script, or scripts alone if there are too many languages."""
    script_of = _scripts(table)
    if len(script_of) > NAMED:
        entries = style.by_script(list(script_of.values()))
    else:
        entries = {f"{language} ({script_of[language]})": look for language, look in looks.items()}
    return [style.point(label, *look) for label, look in entries.items()]
