"""The look of all figures: fonts, colours, grids of panels, titles, legends, and how a figure is saved.

Colours are Paul Tol's "muted" scheme, which colour-blind readers can tell apart; layers and values use "viridis". Lines
and points never differ by colour alone.
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
    "pdf.fonttype": 42,  # keeps text editable
    "svg.hashsalt": "crosslens",  # the same figure gives the same file
    "savefig.dpi": 160,
}
PALETTE = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#44AA99", "#DDCC77", "#AA4499", "#999933")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*", "d")
LINE = 30  # characters that fit on a line of a panel's title
ENTRY, CHARACTER = 0.6, 0.066  # width of a legend entry without its label, and of a character, inches
QUIET = "0.35"  # grey for secondary elements: counts, reference lines
NOTE = {"fontsize": 7.5, "color": QUIET}


class Titles(NamedTuple):
    """The names that figures show: of models and data sets, by their catalogue names, and of the pivot language."""

    models: Mapping[str, str]
    datasets: Mapping[str, str]
    pivot: str

    def panel(self, model: str, dataset: str) -> str:
        """Return the title of a panel, from catalogue names."""
        return f"{self.models[model]} · {self.datasets[dataset]}"


# Decorates functions that make, change or save a figure. It begins with matplotlib's own defaults: the look does not
# depend on the user's matplotlibrc or style.
styled = matplotlib.rc_context({k: v for k, v in matplotlib.rcParamsDefault.items() if "backend" not in k} | RC)


def panels(rows: int, columns: int, width: float = 2.9, height: float = 2.1, **sharing) -> tuple[Figure, np.ndarray]:
    """Return a figure and its array of axes [rows, columns]; ``width`` and ``height`` of a panel are in inches."""
    figure = Figure(figsize=(max(width * columns + 0.5, 4.5), height * rows + 0.6), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.06)
    return figure, figure.subplots(rows, columns, squeeze=False, **sharing)


def cells(table: pa.Table, rows: str, columns: str, axes: np.ndarray) -> list[tuple[str, str, Axes, pa.Table]]:
    """Return (row value, column value, axes, rows of the table) of each panel; panels without rows are hidden."""
    filled = []
    for i, row in enumerate(order(table, rows)):
        for j, column in enumerate(order(table, columns)):
            part = table.filter((pc.field(rows) == row) & (pc.field(columns) == column))
            axes[i, j].set_visible(len(part) > 0)
            if len(part):
                filled.append((row, column, axes[i, j], part))
    return filled


def order(table: pa.Table, column: str) -> list:
    """Return the distinct values of ``column``, in order of appearance."""
    return pc.unique(table[column]).to_pylist()


def title(axes: Axes, text: str, note: str) -> None:
    """Write ``text`` above the panel and, smaller and below it, ``note``, which states n."""
    axes.set_title(textwrap.fill(text, LINE), fontweight="bold", pad=17)
    axes.annotate(note, (0, 1), (0, 5), "axes fraction", "offset points", **NOTE)


def counts(table: pa.Table, low: str = "n", high: str = "n", languages: int | None = None) -> str:
    """Return a note such as "n = 230–240 questions, 5 languages".

    Columns ``low`` and ``high`` hold the numbers of questions. The number of languages is ``languages`` or, if that is
    None, in column n_languages.
    """
    smallest, largest = pc.min(table[low]).as_py(), pc.max(table[high]).as_py()
    questions = f"{smallest:,}" if smallest == largest else f"{smallest:,}–{largest:,}"
    languages = pc.max(table["n_languages"]).as_py() if languages is None else languages
    return f"n = {questions} questions, {languages} language{'' if languages == 1 else 's'}"


def legend(figure: Figure, handles: Sequence, **options) -> None:
    """Draw one legend for all panels, below them so that it covers nothing; more rows make the figure taller."""
    columns = _legend_columns([handle.get_label() for handle in handles], figure.get_figwidth())
    figure.set_figheight(figure.get_figheight() + 0.2 * (len(handles) // columns))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, **options)


def _legend_columns(labels: Sequence[str], width: float) -> int:
    """Return in how many columns a legend fits into ``width`` inches; each is as wide as its longest label."""
    for columns in range(len(labels), 1, -1):
        longest = [max(map(len, part)) for part in np.array_split(np.array(labels, object), columns)]
        if sum(ENTRY + CHARACTER * n for n in longest) <= width:
            return columns
    return 1


def point(label: str, color: str, marker: str) -> Line2D:
    """Return a legend entry for points of this colour and marker."""
    return Line2D([], [], color=color, marker=marker, linestyle="", label=label)


def by_script(scripts: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each script, most frequent first, so that the most common scripts differ most."""
    frequent = sorted(dict.fromkeys(scripts), key=lambda script: (-list(scripts).count(script), script))
    return {s: (PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)]) for i, s in enumerate(frequent)}


@styled
def save(figure: Figure, paths: Mapping[str, str | Path]) -> None:
    """Write the figure to ``paths``, format -> path, atomically and without dates."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the layout is computed once, for all formats
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    for kind, path in paths.items():
        temporary = Path(path).with_name(f".{Path(path).name}.{os.getpid()}.tmp")
        figure.savefig(temporary, format=kind, metadata=undated[kind])
        os.replace(temporary, path)


@styled
def nothing(why: str) -> Figure:
    """Return a figure that has no panel and says why."""
    figure, axes = panels(1, 1, height=0.6)
    axes[0, 0].set_axis_off()
    axes[0, 0].annotate(f"Nothing to show: {why}.", (0, 0.5), xycoords="axes fraction", **NOTE)
    return figure
