"""The look of all figures: sizes for a two-column paper, fonts, colours, grids of panels, titles, legends, and saving.

Colours are Paul Tol's "muted" scheme, which colour-blind readers can tell apart; layers and values use "viridis". Lines
and points never differ by colour alone.
"""

import math
import os
import textwrap
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from crosslens.report.figures import fonts

COLUMN, TEXT = 3.3, 6.9  # widths of a column and of the text of a two-column paper, inches
TICKS = 5  # most parts that ticks divide an x axis into; more would run into each other
ACROSS = 3  # panels beside one another; further ones go to the next line
LARGEST = 60_000  # height of an image that matplotlib can still draw, pixels
SMALL = 6  # smallest font size, points; figures are printed at their own size
RC = {
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "legend.fontsize": 7,
    "legend.handlelength": 2.4,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.labelpad": 3,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.92",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.2,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # keeps text editable
    "svg.fonttype": "none",  # text stays text, in the reader's fonts
    "svg.hashsalt": "crosslens",  # the same figure gives the same file
    "savefig.dpi": 300,
    "font.family": [*fonts.installed(), "sans-serif"],
}
PALETTE = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#44AA99", "#DDCC77", "#AA4499", "#999933")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*", "d")
# Widths in a legend: of a unit of handles, of the gaps of an entry, and of a character of a label, inches
HANDLE, ENTRY, CHARACTER = 0.097, 0.21, 0.057
BOLD, PLAIN = 0.0715, 0.053  # width of a character of a panel's title, and of its note, inches
BESIDE = 0.35  # width that labels beside a panel take, inches
QUIET = "0.35"  # grey for secondary elements: counts, reference lines
NOTE = {"fontsize": 6.5, "color": QUIET}
LABEL = {"fontsize": SMALL, "color": "0.1"}  # names of languages at points


class Titles(NamedTuple):
    """The names that figures show.

    models, datasets: by their catalogue names. pivot: the name of the pivot language. languages, scripts, families: the
    name, script (ISO 15924) and family of each language, by tag.
    """

    models: Mapping[str, str]
    datasets: Mapping[str, str]
    pivot: str
    languages: Mapping[str, str] = {}
    scripts: Mapping[str, str] = {}
    families: Mapping[str, str] = {}

    def panel(self, model: str, dataset: str) -> str:
        """Return the title of a panel, from catalogue names."""
        return f"{self.models[model]} · {self.datasets[dataset]}"


# Decorates functions that make, change or save a figure. It begins with matplotlib's own defaults: the look does not
# depend on the user's matplotlibrc or style.
styled = matplotlib.rc_context({k: v for k, v in matplotlib.rcParamsDefault.items() if "backend" not in k} | RC)


def panels(
    rows: int,
    columns: int,
    height: float = 1.9,
    across: int = ACROSS,
    width: float | None = None,
    sharex: str = "",
    sharey: str = "",
) -> tuple[Figure, np.ndarray]:
    """Return a figure and its array of axes [rows, columns].

    A row of more than ``across`` panels goes on in the next line. height: of a panel, inches. width: of the figure,
    inches; by default that of a column for one panel, else of the text. sharex, sharey: which panels have the same
    axis, "row" or "all"; labels of ticks inside are then left out.
    """
    wide = min(columns, across)
    lines = math.ceil(columns / wide)
    width = width or (COLUMN if wide == 1 else TEXT)
    figure = Figure(figsize=(width, height * rows * lines + 0.4), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.05)
    grid = figure.add_gridspec(rows * lines, wide)
    axes = np.empty((rows, columns), object)
    for i, j in product(range(rows), range(columns)):
        like = {"row": axes[i, 0], "all": axes[0, 0], "": None}
        place = grid[i * lines + j // wide, j % wide]
        axes[i, j] = figure.add_subplot(place, sharex=like[sharex], sharey=like[sharey])
        # The size is stated so that the number of ticks does not depend on the settings when the figure is saved.
        axes[i, j].tick_params(labelleft=not sharey or j % wide == 0, labelsize=RC["xtick.labelsize"])
        axes[i, j].xaxis.set_major_locator(MaxNLocator(TICKS, steps=[1, 2, 2.5, 5, 10]))
        if sharex == "all":
            axes[i, j].tick_params(labelbottom=i == rows - 1 and j + wide >= columns)
    return figure, axes


def label_y(axes: np.ndarray, text: str) -> None:
    """Write the label of the y axis and of its ticks at the first visible panel of each line."""
    first: dict[int, Axes] = {}
    for panel in axes.flat:
        if panel.get_visible():
            first.setdefault(panel.get_subplotspec().rowspan.start, panel)
    for panel in first.values():
        panel.set_ylabel(text)
        panel.tick_params(labelleft=True)


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


def title(axes: Axes, text: str, note: str, width: float | None = None, above: float = 0.0) -> None:
    """Write ``text`` above the panel and, smaller and below it, ``note``, which states n.

    Both break into lines that fit into ``width`` inches, by default that of the panel's place in the figure. above: the
    height of what is drawn between the panel and the note, inches.
    """
    width = width or axes.figure.get_figwidth() / axes.get_subplotspec().get_gridspec().ncols - BESIDE
    note, low = broken(note, ", ", int(width / PLAIN)), 72 * above
    high = low + 5 + 8.5 * len(note.splitlines())
    axes.set_title(broken(text, " · ", int(width / BOLD)), fontweight="bold", pad=high)
    axes.annotate(note, (0, 1), (0, low + 4), "axes fraction", "offset points", **NOTE)


def broken(text: str, between: str, most: int) -> str:
    """Return the text in lines of at most ``most`` characters, broken at ``between`` and, if need be, between words."""
    lines = [""]
    for part in text.split(between):
        joined = f"{lines[-1]}{between}{part}" if lines[-1] else part
        if len(joined) <= most or not lines[-1]:
            lines[-1] = joined
        else:
            lines[-1] += between.rstrip()
            lines.append(part)
    return "\n".join(textwrap.fill(line, most) for line in lines)


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
    columns = legend_columns(handles, figure.get_figwidth())
    figure.set_figheight(figure.get_figheight() + 0.15 * math.ceil(len(handles) / columns))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, **options | legend_options(handles))


def legend_options(handles: Sequence) -> dict[str, float]:
    """Return the options of a legend that decide its width: points need less room than lines."""
    lines = any(handle.get_linestyle() not in ("", "None") for handle in handles)
    return {"columnspacing": 1.2, "handlelength": 2.4 if lines else 1.0}


def legend_columns(handles: Sequence, width: float) -> int:
    """Return in how many columns a legend fits into ``width`` inches; each is as wide as its longest label."""
    labels, entry = [handle.get_label() for handle in handles], ENTRY + HANDLE * legend_options(handles)["handlelength"]
    for lines in range(1, len(labels)):
        columns = math.ceil(len(labels) / lines)
        longest = [max(map(len, part)) for part in np.array_split(np.array(labels, object), columns)]
        if sum(entry + CHARACTER * n for n in longest) <= width:
            return columns
    return 1


def point(label: str, color: str, marker: str) -> Line2D:
    """Return a legend entry for points of this colour and marker."""
    return Line2D([], [], color=color, marker=marker, linestyle="", label=label)


@styled
def save(figure: Figure, paths: Mapping[str, str | Path]) -> None:
    """Write the figure to ``paths``, format -> path, atomically and without dates.

    Warns once if no installed font has a character.
    """
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    with fonts.one_warning():
        settle(figure)
        for kind, path in paths.items():
            temporary = Path(path).with_name(f".{Path(path).name}.{os.getpid()}.tmp")
            dpi = min(RC["savefig.dpi"], LARGEST // figure.get_figheight())
            figure.savefig(temporary, format=kind, metadata=undated[kind], dpi=dpi)
            os.replace(temporary, path)


def settle(figure: Figure) -> None:
    """Compute the layout once, for all formats and for labels that must know where points are."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


@styled
def nothing(why: str) -> Figure:
    """Return a figure that has no panel and says why."""
    figure, axes = panels(1, 1, height=0.6)
    axes[0, 0].set_axis_off()
    axes[0, 0].annotate(f"Nothing to show: {why}.", (0, 0.5), xycoords="axes fraction", **NOTE)
    return figure
