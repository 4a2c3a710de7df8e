"""Reading and writing: what is written is read back, without a copy, and a failed write leaves nothing behind."""

import contextlib
import os
import resource

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from crosslens.errors import CrosslensError
from crosslens.tables import files
from crosslens.tables.inference import ANSWERS, HIDDEN_STATES
from example_tables import TABLES, example

NULLABLE = [(name, column.name) for name, table in TABLES.items() for column in table.columns if column.nullable]


def replaced(table, column, values):
    return table.set_column(table.column_names.index(column), column, values)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("rows", [0, 3])
def test_round_trip(tmp_path, name, rows):
    table = example(name, rows)
    files.write_table(tmp_path / "a.arrow", TABLES[name], table, {})
    assert files.read_table(tmp_path / "a.arrow", TABLES[name]).equals(table)


@pytest.mark.parametrize("name", TABLES)
def test_plain_python_columns_get_the_declared_types(tmp_path, name):
    table = example(name)
    columns = {
        field.name: files.matrix(table, field.name)
        if pa.types.is_fixed_size_list(field.type)
        else table[field.name].to_pylist()
        for field in table.schema
    }
    files.write_table(tmp_path / "a.arrow", TABLES[name], columns, {})
    assert files.read_table(tmp_path / "a.arrow", TABLES[name]).equals(table)


@pytest.mark.parametrize(("name", "column"), NULLABLE)
def test_null_is_allowed_where_it_means_undefined(tmp_path, name, column):
    table = example(name)
    known = table[column][0].as_py()
    table = replaced(table, column, pa.array([known, None, None], table.schema.field(column).type))
    files.write_table(tmp_path / "a.arrow", TABLES[name], table, {})
    assert files.read_table(tmp_path / "a.arrow", TABLES[name]).equals(table)


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.arrow"
    files.write_table(path, ANSWERS, example("answers", seed=1), {})
    before = path.read_bytes()

    def fails(table):
        assert len(os.listdir(tmp_path)) == 2, "the new content is beside the old file, not in it"
        raise OSError("disk full")

    class Writer:
        write_table = staticmethod(fails)

    monkeypatch.setattr(pa.ipc, "new_file", lambda *arguments: contextlib.nullcontext(Writer()))
    with pytest.raises(CrosslensError, match="could not be written .disk full"):
        files.write_table(path, ANSWERS, example("answers", seed=2), {})
    assert os.listdir(tmp_path) == ["a.arrow"] and path.read_bytes() == before


def test_a_csv_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    def fails(table, path):
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(pyarrow.csv, "write_csv", fails)
    with pytest.raises(CrosslensError, match="could not be written .disk full"):
        files.write_csv(tmp_path / "a.csv", example("answers"))
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_an_error_that_says_so_and_leaves_nothing(tmp_path):
    """The system refuses to let a file grow, as it does on a full disk."""
    table, before = example("answers", 10_000), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(CrosslensError, match=r"a.arrow: could not be written .*\. Is there room on the disk"):
            files.write_table(tmp_path / "a.arrow", ANSWERS, table, {})
        with pytest.raises(CrosslensError, match=r"a.csv: could not be written"):
            files.write_csv(tmp_path / "a.csv", table.select(["question_id"]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_a_text_is_written_whole_or_not_at_all(tmp_path):
    files.write_text(tmp_path / "new/a.txt", "γ")
    assert (tmp_path / "new/a.txt").read_text(encoding="utf-8") == "γ"
    with pytest.raises(UnicodeEncodeError):
        files.write_text(tmp_path / "new/b.txt", "\ud800")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_csv_round_trip(tmp_path):
    table = example("pair_metrics")
    files.write_csv(tmp_path / "a.csv", table)
    assert pyarrow.csv.read_csv(tmp_path / "a.csv").cast(table.schema).equals(table)


def test_matrix_is_the_file_itself_not_a_copy(tmp_path):
    table = example("hidden_states", 500)
    files.write_table(tmp_path / "a.arrow", HIDDEN_STATES, table, {})
    before = pa.total_allocated_bytes()
    read = files.read_table(tmp_path / "a.arrow", HIDDEN_STATES)
    values = files.matrix(read, "layer_2")
    assert pa.total_allocated_bytes() == before, "the file is mapped, not loaded"
    buffer = read["layer_2"].chunk(0).values.buffers()[1]
    assert values.__array_interface__["data"][0] == buffer.address
    np.testing.assert_array_equal(values, np.array(table["layer_2"].to_pylist(), np.float32))


def test_chosen_columns_only(tmp_path):
    table = example("hidden_states")
    files.write_table(tmp_path / "a.arrow", HIDDEN_STATES, table, {})
    chosen = ["layer_4", "question_id"]
    assert files.read_table(tmp_path / "a.arrow", HIDDEN_STATES, chosen).equals(table.select(chosen))


def test_matrix_of_slices_and_of_several_chunks():
    table = example("hidden_states", 7)
    wanted = np.array(table["layer_4"].to_pylist(), np.float32)
    np.testing.assert_array_equal(files.matrix(table.slice(2, 3), "layer_4"), wanted[2:5])
    joined = pa.concat_tables([table.slice(3), table.slice(0, 3)])
    np.testing.assert_array_equal(files.matrix(joined, "layer_4"), np.concatenate([wanted[3:], wanted[:3]]))
    assert files.matrix(table.slice(0, 0), "layer_4").shape == (0, 6)


def test_fixed_size_takes_any_memory_layout():
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert files.fixed_size(values.T).to_pylist() == values.T.tolist()
    assert files.fixed_size(values[::2]).to_pylist() == values[::2].tolist()


def test_provenance_travels_with_the_file(tmp_path):
    written = files.provenance("inference", {"seed": 3, "layers": [2, 4]}, device="cpu", revision=None)
    files.write_table(tmp_path / "a.arrow", ANSWERS, example("answers"), written)
    read = files.read_provenance(tmp_path / "a.arrow")
    assert read == {"table": "answers", **written}
    assert read["params"] == {"seed": 3, "layers": [2, 4]} and read["versions"]["pyarrow"] == pa.__version__


def test_provenance_names_only_packages_that_the_jobs_environment_has(monkeypatch):
    """Jobs that run no model have no torch."""
    monkeypatch.setattr(files, "PACKAGES", ("pyarrow", "no-such-package"))
    assert files.provenance("questions", {})["versions"] == {"pyarrow": pa.__version__}


@pytest.mark.parametrize("name", ["answers", "steered", "lens"])
def test_rows_may_have_fewer_choices_and_long_ones(tmp_path, name):
    table = example(name)
    rows = [[-1.0, -2.0, np.nan, np.nan], [-1.0, -2.0, -3.0, np.nan], [-1.0, -2.0, -3.0, -4.0]]
    replaced = {"logprob": files.fixed_size(np.array(rows, np.float32))}
    if name == "lens":
        replaced["n_tokens"] = files.fixed_size(np.array([[1200, 1, 0, 0], [9, 9, 9, 0], [1, 2, 3, 4]], np.int16))
    for column, values in replaced.items():
        table = table.set_column(table.column_names.index(column), column, values)
    files.write_table(tmp_path / "a.arrow", TABLES[name], table, {})
    read = files.read_table(tmp_path / "a.arrow", TABLES[name])
    np.testing.assert_array_equal(files.matrix(read, "logprob"), np.array(rows, np.float32))
    assert read["logprob"].null_count == 0
    assert name != "lens" or read["n_tokens"][0].as_py() == [1200, 1, 0, 0]
