"""What the interactive figures share: specs and looks, the panels of a table, and what a reader reads on hover.

A look is that of the static figure: colours as they are, lines and markers by plotly's names for them.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.colors import to_hex

from crosslens.report.figures import style

DASHES = {"-": "solid", "--": "dash", ":": "dot", "-.": "dashdot"}
LONG = 4  # a dashed line with longer dashes than this, in line widths, is "dash", others are "dot"
SYMBOLS = {
    **{"o": "circle", "s": "square", "^": "triangle-up", "v": "triangle-down", "D": "diamond", "P": "cross"},
    **{"X": "x", "<": "triangle-left", ">": "triangle-right", "p": "pentagon", "h": "hexagon", "*": "star"},
    "d": "diamond-tall",
}


class Look(NamedTuple):
    """The look of one series: its label, colour, and plotly's names of its dashes and marker; "" is no marker."""

    label: str
    color: str
    dash: str = "solid"
    symbol: str = ""

    @classmethod
    def of(cls, look: Mapping, label: str = "") -> "Look":
        """Return the look of matplotlib's properties of a line."""
        dashes = look.get("linestyle", "-")
        if not isinstance(dashes, str):
            gaps = dashes[1]
            dashes = ":" if gaps[0] < LONG else ("--" if len(gaps) == 2 else "-.")
        symbol = SYMBOLS.get(look.get("marker", ""), "")
        return cls(label or look["label"], to_hex(look["color"]), DASHES[dashes], symbol)


Looks = Mapping[tuple, Look]  # values of the columns `series` -> look, in the order of the legend
LooksOfPanels = Callable[[pa.Table, "Names"], Callable[[pa.Table], Looks]]


@dataclass(frozen=True)
class Spec:
    """What an interactive figure shows of its table of plotted values.

    kind: "lines", "points" or "heatmap". x, y: columns. labels: of the two axes, in which {pivot} and columns of a
    panel's first row are filled in. picked: the columns of which a reader picks one value each. series: the columns
    that tell the lines of a panel, or the groups of its points, apart. looks: from the table and names to a function
    that returns the looks of a panel's series. bounds: columns of the interval of the values on the axis `along`.
    prepare: adds columns. reference: a height or a column of heights, and its label in the legend, if any. shaded: a
    column that says which x to shade, and what that means.
    """

    kind: str
    x: str
    y: str
    labels: tuple[str, str]
    picked: tuple[str, ...] = ("model", "dataset")
    series: tuple[str, ...] = ("series",)
    looks: LooksOfPanels = lambda table, names: lambda panel: {}
    bounds: tuple[str, str] = ("low", "high")
    along: str = "y"
    prepare: Callable[[pa.Table, style.Titles], pa.Table] | None = None
    reference: tuple[float | str, str] | None = None
    shaded: tuple[str, str] | None = None


class Names(NamedTuple):
    """What is shown for the values of columns: titles of models and data sets, names of languages by tag.

    values: of other columns; {pivot} in them is the pivot's name.
    """

    titles: style.Titles
    languages: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]

    def of(self, column: str, value) -> str:
        """Return what the reader reads for ``value`` of ``column``, escaped for plotly's text."""
        if column in ("language", "source", "target"):
            return self.language(value)
        known = {"model": self.titles.models, "dataset": self.titles.datasets, **self.values}.get(column, {})
        text = str(known.get(value, value)).replace("{pivot}", self.titles.pivot)
        return html.escape(f"layer {text}" if column == "layer" else text, quote=False)

    def option(self, column: str, value) -> str:
        """Return ``value`` as an option of a list, which says itself what column it is of."""
        return str(value) if column == "layer" else html.unescape(self.of(column, value))

    def language(self, tag: str) -> str:
        """Return a language's name and tag, or the tag alone if it has no name."""
        name = self.languages.get(tag, tag)
        return html.escape(tag if name == tag else f"{name} ({tag})", quote=False)


class Panel(NamedTuple):
    """A panel: its rows, the look of its series, labels of its axes, and its names on one line."""

    rows: pa.Table
    spec: Spec
    looks: Looks
    axes: tuple[str, str]
    where: str
    names: Names


def orders(table: pa.Table, columns: tuple[str, ...]) -> dict[str, list]:
    """Return the distinct values of each column, in order of appearance; layers ascend."""
    found = {name: style.order(table, name) for name in columns}
    return {name: sorted(values) if name == "layer" else values for name, values in found.items()}


def panels(table: pa.Table, picked: tuple[str, ...]) -> list[tuple[tuple, pa.Table]]:
    """Return the picked values and the rows of every panel, in the order of `orders`."""
    order = list(orders(table, picked).values())
    found = groups(table, picked).items()
    return sorted(found, key=lambda panel: [o.index(v) for o, v in zip(order, panel[0], strict=True)])


def groups(table: pa.Table, columns: tuple[str, ...]) -> dict[tuple, pa.Table]:
    """Return the rows of every combination of values of ``columns``, in order of appearance."""
    codes = np.zeros(len(table), int)
    for name in columns:
        values = pc.unique(table[name])
        codes = codes * len(values) + pc.index_in(table[name], value_set=values).to_numpy()
    _, first, members = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(members, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(members))[:-1])
    found = {}
    for part in (parts[i] for i in np.argsort(first)):
        rows = table.take(pa.array(part))
        found[tuple(rows[name][0].as_py() for name in columns)] = rows
    return found


def floats(table: pa.Table, column: str) -> np.ndarray:
    """Return a column as float32, which plotly writes as bytes; null is NaN."""
    return pc.fill_null(table[column].cast(pa.float64()), np.nan).to_numpy().astype(np.float32)


def number(value: float | int) -> str:
    """Return a value as hover text shows it: four digits, with a minus sign."""
    return f"{value:.4g}".replace("-", "−")


def interval(row: Mapping, bounds: tuple[str, str]) -> str:
    """Return " [low, high]", or nothing where the bounds are undefined or not in the table."""
    low, high = (row.get(name) for name in bounds)
    return "" if low is None or high is None else f" [{number(low)}, {number(high)}]"


def counts(row: Mapping) -> str:
    """Return what n is at a row, with the languages where it is a mean over them."""
    if "n_languages" in row:
        low, high = row["n_questions_min"], row["n_questions_max"]
        return f"n = {low:,}{'' if low == high else f'–{high:,}'} questions, {row['n_languages']} languages"
    development = f" (development half: {row['n_development']:,})" if "n_development" in row else ""
    return f"n = {row['n']:,} questions{development}"


def plain(label: str) -> str:
    """Return an axis label on one line."""
    return label.replace("\n", " ")
