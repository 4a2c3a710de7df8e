"""The look of all figures: fonts, colours, grids of panels, titles, legends, and how a figure is saved.

Colours are Paul Tol's "muted" scheme, which stays apart for the colour-blind; layers and values use "viridis". A colour
is never the only thing that tells two lines or points apart.
"""

import os
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

RC = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.92",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # text stays text in an editor
    "svg.hashsalt": "crosslens",  # the same figure gives the same file
    "savefig.dpi": 160,
}
PALETTE = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#44AA99", "#DDCC77", "#AA4499", "#999933")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*", "d")
LINE = 30  # characters of a panel's title that fit beside each other
ENTRY = 1.15  # width of a legend entry, inches
QUIET = "0.35"  # grey of what is secondary: counts, reference lines
NOTE = {"fontsize": 7.5, "color": QUIET}


class Titles(NamedTuple):
    """What names are called in figures: models and data sets by their catalogue name, and the pivot language."""

    models: Mapping[str, str]
    datasets: Mapping[str, str]
    pivot: str

    def panel(self, model: str, dataset: str) -> str:
        return f"{self.models[model]} · {self.datasets[dataset]}"


styled = matplotlib.rc_context(RC)  # decorates what makes, changes or saves a figure


def panels(rows: int, columns: int, width: float = 2.9, height: float = 2.1, **sharing) -> tuple[Figure, np.ndarray]:
    """A figure and its array of axes [rows, columns]; ``width`` and ``height`` of a panel in inches."""
    figure = Figure(figsize=(max(width * columns + 0.5, 4.5), height * rows + 0.6), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.06)
    return figure, figure.subplots(rows, columns, squeeze=False, **sharing)


def cells(table: pa.Table, rows: str, columns: str, axes: np.ndarray) -> list[tuple[str, str, Axes, pa.Table]]:
    """(row value, column value, axes, rows of the table) of each panel; panels without rows are switched off."""
    found = []
    for i, row in enumerate(order(table, rows)):
        for j, column in enumerate(order(table, columns)):
            part = table.filter((pc.field(rows) == row) & (pc.field(columns) == column))
            axes[i, j].set_visible(len(part) > 0)
            if len(part):
                found.append((row, column, axes[i, j], part))
    return found


def order(table: pa.Table, column: str) -> list:
    """The different values of ``column``, in order of appearance."""
    return pc.unique(table[column]).to_pylist()


def title(axes: Axes, text: str, note: str) -> None:
    """``text`` above the panel and, smaller and below it, ``note``: what n is."""
    axes.set_title(textwrap.fill(text, LINE), fontweight="bold", pad=17)
    axes.annotate(note, (0, 1), (0, 5), "axes fraction", "offset points", **NOTE)


def counts(table: pa.Table, low: str = "n", high: str = "n", languages: int | None = None) -> str:
    """For example "n = 230–240 questions, 5 languages"; columns ``low`` and ``high`` hold numbers of questions."""
    smallest, largest = pc.min(table[low]).as_py(), pc.max(table[high]).as_py()
    questions = f"{smallest:,}" if smallest == largest else f"{smallest:,}–{largest:,}"
    languages = pc.max(table["n_languages"]).as_py() if languages is None else languages
    return f"n = {questions} questions, {languages} language{'' if languages == 1 else 's'}"


def legend(figure: Figure, handles: Sequence, **options) -> None:
    """One legend for all panels, below them, where it covers nothing; the figure grows by its further rows."""
    columns = min(len(handles), max(1, int(figure.get_figwidth() / ENTRY)))
    figure.set_figheight(figure.get_figheight() + 0.2 * (len(handles) // columns))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, **options)


def point(label: str, color: str, marker: str) -> Line2D:
    """The legend's entry of points of this look."""
    return Line2D([], [], color=color, marker=marker, linestyle="", label=label)


def by_script(scripts: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each script: most frequent first, so that the commonest look most different."""
    frequent = sorted(dict.fromkeys(scripts), key=lambda script: (-list(scripts).count(script), script))
    return {s: (PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)]) for i, s in enumerate(frequent)}


@styled
def save(figure: Figure, paths: Mapping[str, str | Path]) -> None:
    """Write the figure to each path as the format that is its key, without dates, by renaming a whole file."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, for all formats
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    for kind, path in paths.items():
        temporary = Path(path).with_name(f".{Path(path).name}.{os.getpid()}.tmp")
        figure.savefig(temporary, format=kind, metadata=undated[kind])
        os.replace(temporary, path)
