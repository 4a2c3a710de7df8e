"""Reading and writing: what goes in comes out, without a copy, and a failed write leaves nothing."""

import contextlib
import os
import resource

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from crosslens import schemas, tables
from crosslens.errors import CrosslensError
from example_tables import example

NULLABLE = [(name, column.name) for name, columns in schemas.TABLES.items() for column in columns if column.nullable]


def replaced(table, column, values):
    return table.set_column(table.column_names.index(column), column, values)


@pytest.mark.parametrize("name", schemas.TABLES)
@pytest.mark.parametrize("rows", [0, 3])
def test_round_trip(tmp_path, name, rows):
    table = example(name, rows)
    tables.write_table(tmp_path / "a.arrow", name, table, {})
    assert tables.read_table(tmp_path / "a.arrow", name).equals(table)


@pytest.mark.parametrize("name", schemas.TABLES)
def test_plain_python_columns_get_the_declared_types(tmp_path, name):
    table = example(name)
    columns = {
        field.name: tables.matrix(table, field.name)
        if pa.types.is_fixed_size_list(field.type)
        else table[field.name].to_pylist()
        for field in table.schema
    }
    tables.write_table(tmp_path / "a.arrow", name, columns, {})
    assert tables.read_table(tmp_path / "a.arrow", name).equals(table)


@pytest.mark.parametrize(("name", "column"), NULLABLE)
def test_null_is_allowed_where_it_means_undefined(tmp_path, name, column):
    table = example(name)
    table = replaced(table, column, pa.array([1, None, None], table.schema.field(column).type))
    tables.write_table(tmp_path / "a.arrow", name, table, {})
    assert tables.read_table(tmp_path / "a.arrow", name).equals(table)


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.arrow"
    tables.write_table(path, "answers", example("answers", seed=1), {})
    before = path.read_bytes()

    def fails(table):
        assert len(os.listdir(tmp_path)) == 2, "the new content is beside the old file, not in it"
        raise OSError("disk full")

    class Writer:
        write_table = staticmethod(fails)

    monkeypatch.setattr(pa.ipc, "new_file", lambda *arguments: contextlib.nullcontext(Writer()))
    with pytest.raises(CrosslensError, match="could not be written .disk full"):
        tables.write_table(path, "answers", example("answers", seed=2), {})
    assert os.listdir(tmp_path) == ["a.arrow"] and path.read_bytes() == before


def test_a_csv_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    def fails(table, path):
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(pyarrow.csv, "write_csv", fails)
    with pytest.raises(CrosslensError, match="could not be written .disk full"):
        tables.write_csv(tmp_path / "a.csv", example("answers"))
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_an_error_that_says_so_and_leaves_nothing(tmp_path):
    """The system refuses to let a file grow, as it does on a full disk."""
    table, before = example("answers", 10_000), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(CrosslensError, match=r"a.arrow: could not be written .*\. Is there room on the disk"):
            tables.write_table(tmp_path / "a.arrow", "answers", table, {})
        with pytest.raises(CrosslensError, match=r"a.csv: could not be written"):
            tables.write_csv(tmp_path / "a.csv", table.select(["question_id"]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_a_text_is_written_whole_or_not_at_all(tmp_path):
    tables.write_text(tmp_path / "new/a.txt", "γ")
    assert (tmp_path / "new/a.txt").read_text(encoding="utf-8") == "γ"
    with pytest.raises(UnicodeEncodeError):
        tables.write_text(tmp_path / "new/b.txt", "\ud800")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_csv_round_trip(tmp_path):
    table = example("pair_metrics")
    tables.write_csv(tmp_path / "a.csv", table)
    assert pyarrow.csv.read_csv(tmp_path / "a.csv").cast(table.schema).equals(table)


def test_matrix_is_the_file_itself_not_a_copy(tmp_path):
    table = example("hidden_states", 500)
    tables.write_table(tmp_path / "a.arrow", "hidden_states", table, {})
    before = pa.total_allocated_bytes()
    read = tables.read_table(tmp_path / "a.arrow", "hidden_states")
    values = tables.matrix(read, "layer_2")
    assert pa.total_allocated_bytes() == before, "the file is mapped, not loaded"
    buffer = read["layer_2"].chunk(0).values.buffers()[1]
    assert values.__array_interface__["data"][0] == buffer.address
    np.testing.assert_array_equal(values, np.array(table["layer_2"].to_pylist(), np.float32))


def test_chosen_columns_only(tmp_path):
    table = example("hidden_states")
    tables.write_table(tmp_path / "a.arrow", "hidden_states", table, {})
    chosen = ["layer_4", "question_id"]
    assert tables.read_table(tmp_path / "a.arrow", "hidden_states", chosen).equals(table.select(chosen))


def test_matrix_of_slices_and_of_several_chunks():
    table = example("hidden_states", 7)
    wanted = np.array(table["layer_4"].to_pylist(), np.float32)
    np.testing.assert_array_equal(tables.matrix(table.slice(2, 3), "layer_4"), wanted[2:5])
    joined = pa.concat_tables([table.slice(3), table.slice(0, 3)])
    np.testing.assert_array_equal(tables.matrix(joined, "layer_4"), np.concatenate([wanted[3:], wanted[:3]]))
    assert tables.matrix(table.slice(0, 0), "layer_4").shape == (0, 6)


def test_fixed_size_takes_any_memory_layout():
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert tables.fixed_size(values.T).to_pylist() == values.T.tolist()
    assert tables.fixed_size(values[::2]).to_pylist() == values[::2].tolist()


def test_provenance_travels_with_the_file(tmp_path):
    written = tables.provenance("inference", {"seed": 3, "layers": [2, 4]}, device="cpu", revision=None)
    tables.write_table(tmp_path / "a.arrow", "answers", example("answers"), written)
    read = tables.read_provenance(tmp_path / "a.arrow")
    assert read == {"table": "answers", **written}
    assert read["params"] == {"seed": 3, "layers": [2, 4]} and read["versions"]["pyarrow"] == pa.__version__


def test_provenance_names_only_packages_that_the_jobs_environment_has(monkeypatch):
    """Jobs that run no model have no torch."""
    monkeypatch.setattr(tables, "PACKAGES", ("pyarrow", "no-such-package"))
    assert tables.provenance("questions", {})["versions"] == {"pyarrow": pa.__version__}


def test_a_table_that_nothing_declares_is_named(tmp_path):
    tables.write_table(tmp_path / "a.arrow", "answers", example("answers"), {})
    message = "no table is called 'answer'; declared are .*answers, .*import the module that declares it"
    with pytest.raises(CrosslensError, match=message):
        tables.read_table(tmp_path / "a.arrow", "answer")
    for columns in (example("answers"), {"question_id": ["a"]}):
        with pytest.raises(CrosslensError, match=message):
            tables.write_table(tmp_path / "b.arrow", "answer", columns, {})
    assert not (tmp_path / "b.arrow").exists()
