"""Tables as people read them: names instead of codes, rounded numbers, and bounds beside the value that they bound.

A `Grid` is all that a template needs to print a table; it sorts by the exact values.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import pyarrow as pa

from crosslens.report.assets import packed
from crosslens.tables.columns import Column, Table

# A browser takes long to lay out thousands of rows. A longer table has its first rows in the page, as many as are shown
# at a time, and all of them packed.
LONG, FIRST = 200, 30
BOUNDS = ("low", "high")
WORDS = {"dataset": "data set"}  # names of columns that are no words
UNDEFINED, LAST = "–", "-1e300"  # what stands for an undefined number, and where it sorts


@dataclass(frozen=True)
class Cell:
    """A cell's text, a smaller second line, and the value that it is sorted by ("" if that is the text).

    kind: the class of its style. mark: that of a coloured mark before the text.
    """

    text: str
    note: str = ""
    order: str = ""
    kind: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Heading:
    """A column's heading, what it means, and whether it holds numbers."""

    text: str
    meaning: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Grid:
    """Headings and rows of cells; ``caption`` names the table for those who cannot see it."""

    caption: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[Cell]]

    @property
    def written(self) -> Sequence[Sequence[Cell]]:
        """The rows that are written into the page; of a long table only the first."""
        return self.rows if len(self.rows) <= LONG else self.rows[:FIRST]

    @property
    def packed(self) -> str:
        """All rows of a long table, packed for the script of the page; "" if they are written."""
        if len(self.rows) <= LONG:
            return ""
        return packed(json.dumps([[astuple(cell) for cell in row] for row in self.rows], ensure_ascii=False))


def grid(caption: str, data: pa.Table, table: Table, names: Mapping[str, Mapping[str, str]]) -> Grid:
    """Return the rows of ``data`` for reading. A value and its bounds share a cell: 0.62 [0.58, 0.66].

    names: per column, such as model or language, what its values are called.
    """
    declared = {name: table.column(name) for name in data.column_names}
    shown = [name for name in declared if _bounded(name, declared) is None]
    columns = {name: data[name].to_pylist() for name in declared}
    digits = {name: _digits(columns[name]) for name in declared}
    headings = [_heading(declared[name]) for name in shown]
    cells = [_cells(name, columns, digits[name], names.get(name, {})) for name in shown]
    return Grid(caption, headings, [list(row) for row in zip(*cells, strict=True)])


def number(value: float | None, digits: int, low: float | None = None, high: float | None = None) -> Cell:
    """Return a number with ``digits`` after the point, and its interval below it where it is known."""
    if value is None:
        return Cell(UNDEFINED, order=LAST, kind="number")
    bounds = "" if low is None or high is None else interval(low, high, digits)
    return Cell(signed(value, digits), bounds, f"{value:.6g}", "number")


def interval(low: float, high: float, digits: int) -> str:
    """Return bounds in brackets."""
    return f"[{signed(low, digits)}, {signed(high, digits)}]"


def signed(value: float, digits: int) -> str:
    """Return a rounded number with a true minus sign, never minus zero."""
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.replace("-", "")


def _heading(column: Column) -> Heading:
    text = WORDS.get(column.name, column.name.replace("_", " "))
    return Heading(text, column.doc, _is_number(column))


def _is_number(column: Column) -> bool:
    return isinstance(column.type, pa.DataType) and (
        pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    )


def _bounded(name: str, declared: Mapping) -> str | None:
    """Return the column that ``name`` bounds, if it is shown with it; plain "low" and "high" bound the value before."""
    value, _, end = name.rpartition("_")
    if end not in BOUNDS:
        return None
    return value if value in declared else _value_before(declared) if not value else None


def _value_before(declared: Mapping) -> str | None:
    names = list(declared)
    return names[names.index("low") - 1] if "low" in names and names.index("low") else None


def _bounds(name: str, columns: Mapping[str, list]) -> list[tuple[float | None, float | None]]:
    own = [f"{name}_{end}" for end in BOUNDS]
    if not all(each in columns for each in own):
        own = list(BOUNDS) if all(end in columns for end in BOUNDS) and _value_before(columns) == name else []
    return list(zip(*(columns[each] for each in own), strict=True)) if own else [(None, None)] * len(columns[name])


def _cells(name: str, columns: Mapping[str, list], digits: int, names: Mapping[str, str]) -> list[Cell]:
    if any(isinstance(value, float) for value in columns[name]):
        pairs = zip(columns[name], _bounds(name, columns), strict=True)
        return [number(value, digits, *bounds) for value, bounds in pairs]
    return [_cell(value, names) for value in columns[name]]


def _cell(value: str | int | None, names: Mapping[str, str]) -> Cell:
    if value is None:
        return Cell(UNDEFINED)
    if isinstance(value, int):
        return Cell(f"{value:,}".replace("-", "−"), order=str(value), kind="number")
    return Cell(f"{names[value]}" if value in names else value)


def _digits(values: Sequence) -> int:
    """Return how many digits after the point show a column's floating-point numbers: the larger they are, the fewer."""
    floats = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value)]
    return 1 if max(floats, default=0) >= 10 else 3
