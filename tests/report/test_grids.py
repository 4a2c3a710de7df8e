"""Tables for reading: values with their bounds, names instead of codes, exact values to sort by."""

import math

import pyarrow as pa
import pytest
from crosslens.report import grids
from crosslens.tables.columns import INT32, STRING, Column, Table
from crosslens.tables.metric_columns import measure

TABLE = Table(
    "made",
    [
        Column("dataset", STRING, doc="its name"),
        Column("n", INT32, doc="how many"),
        measure("accuracy_mean", doc="of all"),
        measure("accuracy_mean_low", doc="lower bound"),
        measure("accuracy_mean_high", doc="upper bound"),
        measure("r", doc="a correlation"),
        measure("low", doc="of r"),
        measure("high", doc="of r"),
    ],
)
ROWS = [
    {"dataset": "a", "n": 12345, "accuracy_mean": 61.234, "accuracy_mean_low": 58.0, "accuracy_mean_high": 64.96}
    | {"r": -0.0004, "low": -0.5, "high": 0.5},
    {"dataset": "b", "n": 7, "accuracy_mean": 9.0, "accuracy_mean_low": None, "accuracy_mean_high": None}
    | {"r": None, "low": None, "high": None},
]


@pytest.fixture
def grid():
    data = pa.Table.from_pylist(ROWS, pa.schema([(column.name, column.type) for column in TABLE.columns]))
    return grids.grid("Made", data, TABLE, {"dataset": {"a": "The A set"}})


def test_bounds_stand_below_the_value_that_they_bound(grid):
    assert [heading.text for heading in grid.headings] == ["data set", "n", "accuracy mean", "r"]
    first, second = ([(cell.text, cell.note) for cell in row] for row in grid.rows)
    assert first == [("The A set", ""), ("12,345", ""), ("61.2", "[58.0, 65.0]"), ("0.000", "[−0.500, 0.500]")]
    assert second == [("b", ""), ("7", ""), ("9.0", ""), ("–", "")]


def test_cells_sort_by_the_exact_value_and_undefined_ones_last(grid):
    orders = [[float(row[i].order) for row in grid.rows] for i in (1, 2, 3)]
    assert orders[:2] == [[12345, 7], [61.234, 9]]
    assert orders[2][0] == -0.0004 and orders[2][1] < -1e200 and math.isfinite(orders[2][1])


def test_headings_say_what_columns_mean(grid):
    assert [heading.meaning for heading in grid.headings][:2] == ["its name", "how many"]
    assert [heading.numeric for heading in grid.headings] == [False, True, True, True]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(-1.25, 1, "−1.2"), (-0.04, 1, "0.0"), (0.0, 2, "0.00"), (-1234.5, 0, "−1,234"), (2.5, 3, "2.500")],
)
def test_numbers_have_a_true_minus_and_no_minus_zero(value, digits, text):
    assert grids.signed(value, digits) == text


@pytest.mark.parametrize(("n", "written"), [(200, 200), (201, 30)])
def test_long_tables_are_packed(n, written):
    grid = grids.Grid("Long", [grids.Heading("x")], [[grids.Cell(str(i))] for i in range(n)])
    assert len(grid.written) == written and bool(grid.packed) == (written < n)
