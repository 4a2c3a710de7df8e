"""Tables as LaTeX: read back, every cell is that of the CSV; nothing that a text holds is a command.

No LaTeX is run. The reader below knows only what LaTeX itself does with these files: groups, environments, cells.
"""

import re

import numpy as np
import pyarrow as pa
import pytest
from crosslens.exports import latex
from crosslens.exports.latex import PRINTED, Printed
from crosslens.report.paper_tables import rounded
from crosslens.tables.columns import FLOAT64, INT32, STRING, Column, Table
from crosslens.tables.findings import CLAIMS

HOSTILE = "50 % of {a_b} & #1 cost $5 ~ x^2 \\ <c> | γ ≥ 2"
MACROS = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">"}
MACROS |= {"textbar": "|"}
SYMBOLS = {"gamma": "γ", "geq": "≥"}


def made(table, n=5, seed=0):
    """Return made-up rows of a declared table; the last has nulls where they are allowed."""
    random = np.random.default_rng(seed)
    columns = {}
    for column in table.columns:
        numbers = random.normal(0, 1, n)
        values = [f"{column.name} {i} {HOSTILE}" for i in range(n)] if column.type == STRING else list(numbers)
        values = ["", "*", "**", "***", ""][:n] if column.name == "stars" else values
        values = list(range(n)) if pa.types.is_integer(column.type) else values
        columns[column.name] = pa.array([*values[:-1], None] if column.nullable else values, column.type)
    return pa.table(columns)


def read(text):
    """Return the rows between the rules of a table, as lists of cells, after checking that all that opens closes."""
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    plain = re.sub(r"\\[{}\\]", "", text)
    assert plain.count("{") == plain.count("}")
    body = text.split("\\endlastfoot" if "longtable" in text else "\\midrule")[1]
    body = re.split(r"\\bottomrule|\\end\{longtable\}", body)[0]
    lines = [line for line in body.strip().splitlines() if line.strip() and not line.startswith("\\")]
    return [re.split(r"(?<!\\)&", line.removesuffix(" \\\\")) for line in lines]


def value_of(cell):
    """Return (value, low, high, stars) of a cell of numbers; what is not there is None."""
    stars = re.search(r"\$\^\{(\*+)\}\$", cell)
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", cell.replace("$-$", "-"))]
    low, high = numbers[1:] if len(numbers) == 3 else (None, None)
    assert len(numbers) in (0, 1, 3), cell
    return (numbers[0] if numbers else None, low, high, stars[1] if stars else "")


def text_of(cell):
    """Return what LaTeX prints of an escaped text."""
    for name, character in MACROS.items():
        cell = cell.replace(f"\\{name}{{}}", f"\\char{ord(character)} ")
    cell = re.sub(r"\$\\(\w+)\$", lambda match: SYMBOLS[match[1]], cell)
    cell = re.sub(r"\\([&%$#_{}])", r"\1", cell)
    return re.sub(r"\\char(\d+) ", lambda match: chr(int(match[1])), cell).strip()


@pytest.mark.parametrize("name", PRINTED)
def test_every_cell_is_that_of_the_csv(name):
    how, titles = PRINTED[name], {"model": {f"model 0 {HOSTILE}": "A & B"}}
    data = made(how.table)
    csv, cells = rounded(data).to_pylist(), read(latex.latex(data, name, titles, 0.9))
    columns = how.columns or [column.name for column in how.table.columns]
    assert len(cells) == len(csv) and {len(line) for line in cells} == {len(columns)}
    for row, line in zip(csv, cells, strict=True):
        for column, cell in zip(columns, line, strict=True):
            if isinstance(row[column], str):
                expected = titles.get(column, {}).get(row[column], row[column])
                assert text_of(cell) == expected.strip()
                continue
            value, low, high, stars = value_of(cell)
            assert value == row[column] and (value is not None or cell.strip() == "--")
            prefix = how.intervals.get(column)
            bounds = (None, None) if prefix is None else (row[f"{prefix}low"], row[f"{prefix}high"])
            assert (low, high) == bounds
            assert stars == (row[how.stars[column]] if column in how.stars else "")


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_is_declared_and_has_a_caption_and_a_label(name):
    how = PRINTED[name]
    bounds = [f"{prefix}{end}" for prefix in how.intervals.values() for end in ("low", "high")]
    for column in (*how.columns, *how.stars, *how.stars.values(), *how.widths, *bounds):
        assert how.table.column(column), column
    text = latex.latex(made(how.table), name, {}, 0.9)
    assert f"\\label{{tab:{name}}}" in text and "\\toprule" in text
    assert ("90\\,\\% intervals" in text) == bool(how.intervals)
    assert ("\\begin{longtable}" in text) == how.long


def test_stars_stand_behind_their_number_and_only_where_there_are_some():
    table = Table("any", [Column("r", FLOAT64), Column("stars", STRING), Column("n", INT32)])
    data = pa.table({"r": [-0.51239, 0.1], "stars": ["**", ""], "n": pa.array([5, 1200], pa.int32())})
    text = latex.printed(data, Printed(table, "Any.", ("r", "n"), stars={"r": "stars"}), "any")
    assert read(text) == [["$-$0.5124$^{**}$ ", " 5"], ["0.1000 ", " 1200"]]


def test_a_new_table_needs_one_line():
    """The claims, with statements that are broken at a width, over several pages."""
    shown = ("claim", "statement", "dataset", "estimate", "p_holm", "verdict")
    how = Printed(CLAIMS, "Claims.", shown, intervals={"estimate": ""}, widths={"statement": "5cm"}, long=True)
    text = latex.printed(made(CLAIMS), how, "tab:claims")
    assert "{@{}lp{5cm}lrrl@{}}" in text
    assert [len(line) for line in read(text)] == [6] * 5
