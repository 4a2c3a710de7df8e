"""Read and write the workflow's Arrow files, checked against their `columns.Table`. No other module opens them.

Files are in the Arrow IPC format. They are memory-mapped on reading, and written under a temporary name and then
renamed. Provenance is stored in the schema's metadata. CSV and text files are written here too; figures are not.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from crosslens.errors import CrosslensError
from crosslens.tables.columns import CATEGORY, Column, Per, Table
from crosslens.version import RESULTS

METADATA_KEY = b"crosslens"
PACKAGES = ("torch", "transformers", "numpy", "pyarrow", "snakemake")


def provenance(rule: str, params: Mapping, **more) -> dict:
    """Return what wrote a table: the rule, its slice of the config, versions of results and packages, and ``more``."""
    return {"rule": rule, "results_version": RESULTS, "params": dict(params), "versions": _versions(), **more}


def _versions() -> dict[str, str]:
    """Return the versions of the packages that the job's environment has; not every environment has torch."""
    versions = {}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def write_table(path: str | Path, table: Table, data: pa.Table | Mapping, provenance: Mapping) -> None:
    """Check ``data`` (an Arrow table or a mapping of columns) against ``table`` and write it to ``path`` atomically.

    Raises CrosslensError if a column is missing, unknown, of the wrong type, or contains infinity or an undeclared null
    or NaN, and if the file cannot be written, for example because the disk is full.
    """
    if isinstance(data, Mapping):
        data = _from_columns(table, data, path)
    check(data, table, path)
    described = {"table": table.name, **provenance}
    data = data.replace_schema_metadata({METADATA_KEY: json.dumps(described, default=str, ensure_ascii=False)})
    with (
        _renamed(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, data.schema) as writer,
    ):
        writer.write_table(data)


def read_table(path: str | Path, table: Table, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the table at ``path``, memory-mapped and checked against ``table``; only its ``columns``, if given.

    Raises CrosslensError if the file is damaged or does not match ``table``.
    """
    with _reading(path):
        data = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    _check_columns(data, table, path)
    data = data if columns is None else data.select(columns)
    _check_contents(data, table, path)
    return data


def read_provenance(path: str | Path) -> dict:
    """Return what `provenance` put into the file's metadata. Raises CrosslensError if the file is damaged."""
    with _reading(path):
        schema = pa.ipc.open_file(pa.memory_map(str(path))).schema
    return json.loads((schema.metadata or {}).get(METADATA_KEY, b"{}"))


def write_csv(path: str | Path, table: pa.Table) -> None:
    """Write ``table`` as CSV, atomically."""
    with _renamed(path) as temporary:
        pa.csv.write_csv(table, temporary)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` in UTF-8, atomically."""
    with _renamed(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def copy_file(path: str | Path, source: str | Path) -> None:
    """Copy the file ``source`` to ``path``, atomically."""
    with _renamed(path) as temporary:
        shutil.copyfile(source, temporary)


def matrix(table: pa.Table, column: str) -> np.ndarray:
    """Return a fixed-size-list column as a NumPy array of shape [rows, size]; a single chunk is not copied."""
    return _rows(table.column(column))


def _rows(values: pa.ChunkedArray) -> np.ndarray:
    values = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()  # copies even a single chunk
    # (row * size) -> (row, size)
    return pc.list_flatten(values).to_numpy(zero_copy_only=False).reshape(len(values), values.type.list_size)


def fixed_size(values: np.ndarray) -> pa.Array:
    """Return an array of shape [rows, size] as a fixed-size-list column."""
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def category(values: Sequence[str]) -> pa.Array:
    """Return strings as the dictionary type that tables use for categories."""
    return pa.array(values, pa.string()).dictionary_encode().cast(CATEGORY)


def check(data: pa.Table, table: Table, path: str | Path) -> None:
    """Raise CrosslensError, naming ``path`` and the column, if ``data`` does not match ``table``."""
    _check_columns(data, table, path)
    _check_contents(data, table, path)


def _check_contents(data: pa.Table, table: Table, path: str | Path) -> None:
    sizes: dict[str, int] = {}
    for field in data.schema:
        column, values = table.column(field.name), data.column(field.name)
        where = f"{path}: column '{field.name}' of table '{table.name}'"
        if not column.accepts(field.type):
            raise CrosslensError(
                f"{where} has type {field.type}, but {column.type} is expected. Delete the file and run again."
            )
        if isinstance(column.type, Per):
            size = sizes.setdefault(column.type.axis, field.type.list_size)
            if size != field.type.list_size:
                raise CrosslensError(
                    f"{where} has {field.type.list_size} values per row, but other columns have {size}. Delete the "
                    "file and run again."
                )
        _check_values(values, column, where)


def _check_columns(data: pa.Table, table: Table, path: str | Path) -> None:
    names = data.column_names
    missing = [column.name for column in table.columns if not any(map(column.matches, names))]
    unknown = [name for name in names if table.column(name) is None]
    if missing or unknown:
        problem = f"missing columns {missing}" if missing else f"unknown columns {unknown}"
        raise CrosslensError(
            f"{path}: {problem} in table '{table.name}' (its columns are {names}). Delete the file and run again."
        )


def _check_values(values: pa.ChunkedArray, column: Column, where: str) -> None:
    leaves = pc.list_flatten(values) if pa.types.is_nested(values.type) else values
    nulls = values.null_count + (leaves.null_count if leaves is not values else 0)
    if nulls and not column.nullable:
        raise CrosslensError(f"{where} contains {nulls} nulls.")
    if not pa.types.is_floating(leaves.type) or pc.all(pc.is_finite(leaves), min_count=0).as_py():
        return
    if not (isinstance(column.type, Per) and column.type.ragged):
        raise CrosslensError(f"{where} contains NaN or infinite values.")
    _check_ragged(_rows(values), where)


def _check_ragged(values: np.ndarray, where: str) -> None:
    """Raise CrosslensError unless every row of [row, value] is at least 2 finite values, followed by NaN only."""
    finite = np.isfinite(values)
    own = finite.sum(axis=1)
    if np.isinf(values).any() or (own < 2).any() or (finite != (np.arange(values.shape[1]) < own[:, None])).any():
        raise CrosslensError(
            f"{where} contains NaN or infinite values. Only after at least 2 numbers may the rest of a row be NaN."
        )


def _from_columns(table: Table, columns: Mapping, path: str | Path) -> pa.Table:
    arrays = {}
    for name, values in columns.items():
        declared = table.column(name)
        if isinstance(values, pa.Array | pa.ChunkedArray) or declared is None or isinstance(declared.type, Per):
            arrays[name] = fixed_size(values) if isinstance(values, np.ndarray) and values.ndim == 2 else values
        elif declared.type == CATEGORY:
            arrays[name] = category(values)
        else:
            arrays[name] = _array(values, declared, f"{path}: column '{name}' of table '{table.name}'")
    return pa.table(arrays)


def _array(values, declared: Column, where: str) -> pa.Array:
    try:
        return pa.array(values, declared.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise CrosslensError(f"{where} cannot be stored as {declared.type}: {error}") from error


@contextmanager
def _reading(path: str | Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise CrosslensError(
            f"{path}: not a readable Arrow file ({error}). It may be damaged: delete it and run again."
        ) from error


def not_written(error: OSError) -> str:
    """Return the end of the error message about a file that could not be written."""
    at = Path(error.filename) if isinstance(error, FileExistsError) and isinstance(error.filename, str) else None
    if at is not None and at.is_symlink() and not at.exists():
        return (
            f"could not be written, because {at} is a link to {os.readlink(at)}, which is not there. Make that folder "
            "or delete the link, then run again."
        )
    return (
        f"could not be written ({error}). Is there room on the disk, within your quota, and may you write there? Fix "
        "this and run again."
    )


class _renamed:
    """Context of a temporary path beside ``path``: renamed to ``path`` on success, deleted on failure.

    Raises CrosslensError if the system cannot write the file.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")

    def __enter__(self) -> Path:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CrosslensError(f"{self.path}: {not_written(error)}") from error
        return self.temporary

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            os.replace(self.temporary, self.path)
            return
        self.temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CrosslensError(f"{self.path}: {not_written(error)}") from error
