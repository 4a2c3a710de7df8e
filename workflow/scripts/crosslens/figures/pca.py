"""Figs. 3 and 6: principal components of the hidden states of parallel questions, layer by layer."""

from collections.abc import Mapping
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crosslens.figures import style

ACROSS = 6  # panels in a row; further layers go to the next row
NAMED = 30  # up to so many languages, each has its colour; beyond, colours are those of scripts
RASTERIZED = 2000  # from so many points on, they are pixels in SVG and PDF

Looks = Mapping[str, tuple[str, str]]  # language -> colour and marker


def data(pca: pa.Table, scripts: Mapping[str, str]) -> pa.Table:
    """The projections with each language's script (``scripts`` maps languages to scripts)."""
    script = pa.array([scripts[language] for language in pca["language"].to_pylist()], pa.string())
    return pca.append_column("script", script)


@style.styled
def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Rows of panels per model and data set, a panel per layer; colour is the language, marker the script."""
    rows = [row for block in _blocks(table) for row in (block[i : i + ACROSS] for i in range(0, len(block), ACROSS))]
    figure, axes = style.panels(len(rows), max(map(len, rows)), width=2.1, height=2.3)
    looks, rasterized = _looks(table), len(table) >= RASTERIZED
    for row, line in zip(rows, axes, strict=True):
        for part, panel in zip(row, line, strict=False):
            _scatter(panel, part, looks, rasterized)
            panel.set_title(f"\nlayer {part['layer'][0]}")
        for panel in line[len(row) :]:
            panel.set_visible(False)
        _heading(line[0], row[0], titles)
    style.legend(figure, _handles(table, looks))
    return figure


def _blocks(table: pa.Table) -> list[list[pa.Table]]:
    """For each model and data set the rows of each layer, ascending."""
    blocks = []
    for model, dataset in product(style.order(table, "model"), style.order(table, "dataset")):
        block = table.filter((pc.field("model") == model) & (pc.field("dataset") == dataset))
        layers = sorted(style.order(block, "layer"))
        blocks.append([block.filter(pc.field("layer") == layer) for layer in layers])
    return blocks


def _looks(table: pa.Table) -> Looks:
    """Colour and marker of each language; languages of one script get different colours while there are any left."""
    script = _scripts(table)
    scripts = style.by_script(list(script.values()))
    if len(script) > NAMED:
        return {language: scripts[of] for language, of in script.items()}
    looks, taken = {}, {of: set() for of in scripts}
    for i, (language, of) in enumerate(script.items()):
        colors = style.PALETTE[i % len(style.PALETTE) :] + style.PALETTE[: i % len(style.PALETTE)]
        color = next((c for c in colors if c not in taken[of]), colors[0])
        taken[of].add(color)
        looks[language] = (color, scripts[of][1])
    return looks


def _scripts(table: pa.Table) -> dict[str, str]:
    """The script of each language."""
    return dict(zip(table["language"].to_pylist(), table["script"].to_pylist(), strict=True))


def _scatter(axes: Axes, part: pa.Table, looks: Looks, rasterized: bool) -> None:
    seaborn.scatterplot(
        x=part["component_1"].to_numpy(),
        y=part["component_2"].to_numpy(),
        hue=part["language"].to_pylist(),
        palette={language: color for language, (color, _) in looks.items()},
        style=part["script"].to_pylist(),
        markers={of: looks[language][1] for language, of in _scripts(part).items()},
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
    """Model, data set and n above the first panel of a row; it may run on over the next panels."""
    questions, languages = len(style.order(part, "question_id")), len(style.order(part, "language"))
    names = titles.panel(part["model"][0].as_py(), part["dataset"][0].as_py())
    text = f"{names}  (n = {questions} questions, {languages} languages)"
    axes.annotate(text, (0, 1), (0, 18), "axes fraction", "offset points", fontweight="bold", in_layout=False)


def _handles(table: pa.Table, looks: Looks) -> list[Line2D]:
    """Legend entries: languages with their script, or scripts alone where there are too many languages."""
    script = _scripts(table)
    if len(script) > NAMED:
        entries = style.by_script(list(script.values()))
    else:
        entries = {f"{language} ({script[language]})": look for language, look in looks.items()}
    return [style.point(label, *look) for label, look in entries.items()]
