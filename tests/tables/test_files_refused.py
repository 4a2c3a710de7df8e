"""Invalid tables and files are refused, on writing and on reading; the error names file, column and remedy."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.errors import CrosslensError
from crosslens.tables import files
from crosslens.tables.inference import HIDDEN_STATES, QUESTIONS
from example_tables import TABLES, example

COLUMNS = [(name, field.name) for name in TABLES for field in example(name).schema]
FLOATS = [
    (name, column)
    for name, column in COLUMNS
    if pa.types.is_floating(getattr((t := example(name).schema.field(column).type), "value_type", t))
]
NOT_NULLABLE = [(name, column) for name, column in COLUMNS if not TABLES[name].column(column).nullable]


def write_unchecked(path, table):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def assert_refused(tmp_path, name, table, *said):
    """Assert that ``table`` is neither written nor read, errors name the file and ``said``, and no file is left."""
    written, read = tmp_path / "new" / "written.arrow", tmp_path / "read.arrow"
    write_unchecked(read, table)
    with pytest.raises(CrosslensError) as on_writing:
        files.write_table(written, TABLES[name], table, {})
    with pytest.raises(CrosslensError) as on_reading:
        files.read_table(read, TABLES[name])
    for error, path in [(on_writing, written), (on_reading, read)]:
        for part in (str(path), *said):
            assert part in str(error.value)
    assert not written.exists() and not list(tmp_path.glob("new/*"))


def replaced(table, column, values):
    return table.set_column(table.column_names.index(column), column, values)


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_missing_column(tmp_path, name, column):
    table = example(name).drop_columns([c for c in example(name).column_names if _same(name, c, column)])
    assert_refused(tmp_path, name, table, f"'{name}'", TABLES[name].column(column).name, "missing", "run again")


def _same(name, column, other):
    return TABLES[name].column(column) == TABLES[name].column(other)


@pytest.mark.parametrize("name", TABLES)
def test_extra_column(tmp_path, name):
    table = example(name).append_column("surprise", pa.array([1, 2, 3]))
    assert_refused(tmp_path, name, table, f"'{name}'", "unknown columns ['surprise']", "run again")


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_mistyped_column(tmp_path, name, column):
    table = replaced(example(name), column, pa.array([b"x", b"y", b"z"]))
    assert_refused(tmp_path, name, table, f"'{name}'", f"'{column}'", "binary", "expected", "run again")


@pytest.mark.parametrize(("name", "column"), NOT_NULLABLE)
def test_null(tmp_path, name, column):
    table = example(name)
    values = table[column].to_pylist()
    values[1] = None
    table = replaced(table, column, pa.array(values, table.schema.field(column).type))
    assert_refused(tmp_path, name, table, f"'{name}'", f"'{column}'", "1 nulls")


@pytest.mark.parametrize(("name", "column"), [("questions", "choices"), ("answers", "logprob"), ("lens", "n_tokens")])
def test_null_inside_a_list(tmp_path, name, column):
    table = example(name)
    values = table[column].to_pylist()
    values[2][1] = None
    table = replaced(table, column, pa.array(values, table.schema.field(column).type))
    assert_refused(tmp_path, name, table, f"'{column}'", "1 nulls")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("name", "column"), FLOATS)
def test_nan_and_infinity(tmp_path, name, column, bad):
    table = example(name)
    values = table[column].to_pylist()
    if isinstance(values[2], list):
        values[2][1] = bad
    else:
        values[2] = bad
    table = replaced(table, column, pa.array(values, table.schema.field(column).type))
    assert_refused(tmp_path, name, table, f"'{name}'", f"'{column}'", "NaN or infinite")


RAGGED = [("answers", "logprob"), ("steered", "logprob"), ("lens", "logprob")]
GAPS = {
    "in the middle": [1, np.nan, 2, np.nan],
    "at the beginning": [np.nan, 1, 2, 3],
    "a single number": [1, np.nan, np.nan, np.nan],
    "nothing": [np.nan] * 4,
    "infinity": [1, 2, -np.inf, np.nan],
}


@pytest.mark.parametrize(("name", "column"), RAGGED)
@pytest.mark.parametrize("gap", GAPS)
def test_nan_is_allowed_only_after_a_rows_own_values(tmp_path, name, column, gap):
    table = example(name)
    values = table[column].to_pylist()
    values[2] = GAPS[gap]
    table = replaced(table, column, pa.array(values, table.schema.field(column).type))
    assert_refused(
        tmp_path, name, table, f"'{name}'", f"'{column}'", "NaN or infinite", "Only after at least 2 numbers"
    )


@pytest.mark.parametrize(("name", "column"), [("hidden_states", "layer_4"), ("lens", "n_tokens")])
def test_columns_of_one_axis_have_one_size(tmp_path, name, column):
    table = example(name)
    value_type = table.schema.field(column).type.value_type
    table = replaced(table, column, pa.array([[1, 2]] * 3, pa.list_(value_type, 2)))
    assert_refused(tmp_path, name, table, f"'{column}'", "2 values per row")


UNFIT = [("key", [0, 1, 300]), ("key", ["A", "B", "C"]), ("cluster", [1, 2, 3])]


@pytest.mark.parametrize(("column", "values"), UNFIT)
def test_values_that_do_not_fit_the_declared_type(tmp_path, column, values):
    columns = {**{c: example("questions")[c] for c in example("questions").column_names}, column: values}
    with pytest.raises(CrosslensError) as error:
        files.write_table(tmp_path / "a.arrow", QUESTIONS, columns, {})
    assert str(tmp_path / "a.arrow") in str(error.value) and f"'{column}'" in str(error.value)
    assert not list(tmp_path.iterdir())


DAMAGES = {
    "empty": lambda whole: b"",
    "garbage": lambda whole: bytes(range(256)) * 8,
    "text": lambda whole: b"question_id,prompt\n1,What?\n",
    "hardly begun": lambda whole: whole[:100],
    "half": lambda whole: whole[: len(whole) // 2],
    "last byte lost": lambda whole: whole[:-1],
    "beginning lost": lambda whole: whole[len(whole) // 2 :],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_files_are_named_with_the_remedy(tmp_path, damage):
    path = tmp_path / "a.arrow"
    files.write_table(path, HIDDEN_STATES, example("hidden_states"), {})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CrosslensError) as error:
        files.read_table(path, HIDDEN_STATES)
    assert str(path) in str(error.value) and "delete it and run again" in str(error.value)


def test_provenance_of_a_damaged_file_is_refused_too(tmp_path):
    (tmp_path / "a.arrow").write_bytes(b"ARROW1")
    with pytest.raises(CrosslensError, match="a.arrow.*delete it and run again"):
        files.read_provenance(tmp_path / "a.arrow")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(CrosslensError, match="absent.arrow"):
        files.read_table(tmp_path / "absent.arrow", QUESTIONS)
