"""The only functions that read or write the workflow's Arrow files; each checks the file against `schemas`.

Files are Arrow IPC, memory-mapped on reading, written under a temporary name and then renamed. Provenance travels in
the schema's metadata. CSV deliverables are written here too; figures are not.
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

from crosslens import schemas
from crosslens.errors import CrosslensError

METADATA_KEY = b"crosslens"
PACKAGES = ("torch", "transformers", "numpy", "pyarrow", "snakemake")


def provenance(rule: str, params: Mapping, **more) -> dict:
    """What wrote a table: the rule, its slice of the config, package versions and whatever else ``more`` names."""
    return {"rule": rule, "params": dict(params), "versions": _versions(), **more}


def _versions() -> dict[str, str]:
    """Versions of those packages that the job's environment has; not every environment has torch."""
    found = {}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def write_table(path: str | Path, name: str, table: pa.Table | Mapping, provenance: Mapping) -> None:
    """Check ``table`` (a table or a mapping of columns) against schema ``name`` and write it to ``path`` atomically.

    Raises CrosslensError where a column is missing, extra, of the wrong type, or holds null, NaN or infinity, and where
    the file cannot be written, as on a full disk.
    """
    if isinstance(table, Mapping):
        table = _from_columns(name, table, path)
    check(table, name, path)
    described = {"table": name, **provenance}
    table = table.replace_schema_metadata({METADATA_KEY: json.dumps(described, default=str, ensure_ascii=False)})
    with (
        _renamed(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table)


def read_table(path: str | Path, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The table of schema ``name`` at ``path``, memory-mapped and checked; only ``columns`` of it, where given.

    Raises CrosslensError where the file is not whole or does not match the schema.
    """
    with _reading(path):
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    _check_columns(table, name, path)
    table = table if columns is None else table.select(columns)
    _check_contents(table, name, path)
    return table


def read_provenance(path: str | Path) -> dict:
    """What `provenance` put into the file's metadata; CrosslensError where the file is not whole."""
    with _reading(path):
        schema = pa.ipc.open_file(pa.memory_map(str(path))).schema
    return json.loads((schema.metadata or {}).get(METADATA_KEY, b"{}"))


def write_csv(path: str | Path, table: pa.Table) -> None:
    """The table as CSV, atomically."""
    with _renamed(path) as temporary:
        pa.csv.write_csv(table, temporary)


def write_text(path: str | Path, text: str) -> None:
    """A text file in UTF-8, atomically."""
    with _renamed(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def copy_file(path: str | Path, source: str | Path) -> None:
    """A copy of the file ``source``, atomically."""
    with _renamed(path) as temporary:
        shutil.copyfile(source, temporary)


def matrix(table: pa.Table, column: str) -> np.ndarray:
    """A fixed-size-list column as a NumPy array of shape [rows, size], without a copy where it is in one chunk."""
    values = table.column(column)
    values = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()  # which copies even a single chunk
    return pc.list_flatten(values).to_numpy(zero_copy_only=False).reshape(len(values), values.type.list_size)


def fixed_size(values: np.ndarray) -> pa.Array:
    """An array of shape [rows, size] as a fixed-size-list column."""
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def category(values: Sequence[str]) -> pa.Array:
    """Strings as the dictionary type that the schemas use for categories."""
    return pa.array(values, pa.string()).dictionary_encode().cast(schemas.CATEGORY)


def check(table: pa.Table, name: str, path: str | Path) -> None:
    """Compare a table with schema ``name``; the errors name ``path`` and the column."""
    _check_columns(table, name, path)
    _check_contents(table, name, path)


def _check_contents(table: pa.Table, name: str, path: str | Path) -> None:
    sizes: dict[str, int] = {}
    for field in table.schema:
        column, values = schemas.column(name, field.name), table.column(field.name)
        where = f"{path}: column '{field.name}' of table '{name}'"
        if not column.accepts(field.type):
            raise CrosslensError(
                f"{where} has type {field.type}, expected {column.type}. Delete the file and run again."
            )
        if isinstance(column.type, schemas.Per):
            size = sizes.setdefault(column.type.axis, field.type.list_size)
            if size != field.type.list_size:
                raise CrosslensError(f"{where} has {field.type.list_size} values a row, other columns have {size}.")
        _check_values(values, column.nullable, where)


def _check_columns(table: pa.Table, name: str, path: str | Path) -> None:
    found = table.column_names
    missing = [c.name for c in schemas.columns(name) if not any(c.matches(f) for f in found)]
    extra = [f for f in found if schemas.column(name, f) is None]
    if missing or extra:
        problem = f"missing columns {missing}" if missing else f"unknown columns {extra}"
        raise CrosslensError(f"{path}: {problem} for table '{name}' (has {found}). Delete the file and run again.")


def _check_values(values: pa.ChunkedArray, nullable: bool, where: str) -> None:
    leaves = pc.list_flatten(values) if pa.types.is_nested(values.type) else values
    nulls = values.null_count + (leaves.null_count if leaves is not values else 0)
    if nulls and not nullable:
        raise CrosslensError(f"{where} holds {nulls} nulls.")
    if pa.types.is_floating(leaves.type) and not pc.all(pc.is_finite(leaves), min_count=0).as_py():
        raise CrosslensError(f"{where} holds NaN or infinite values.")


def _from_columns(name: str, columns: Mapping, path: str | Path) -> pa.Table:
    arrays = {}
    for key, values in columns.items():
        declared = schemas.column(name, key)
        if isinstance(values, pa.Array | pa.ChunkedArray) or declared is None or isinstance(declared.type, schemas.Per):
            arrays[key] = fixed_size(values) if isinstance(values, np.ndarray) and values.ndim == 2 else values
        elif declared.type == schemas.CATEGORY:
            arrays[key] = category(values)
        else:
            arrays[key] = _array(values, declared, f"{path}: column '{key}' of table '{name}'")
    return pa.table(arrays)


def _array(values, declared: schemas.Column, where: str) -> pa.Array:
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
            f"{path}: not a readable Arrow file ({error}). It may be truncated: delete it and run again."
        ) from error


def not_written(error: OSError) -> str:
    """What is said of a file that could not be written."""
    return (
        f"could not be written ({error}). Is there room on the disk, within your quota, and may you write there? Then "
        "run again."
    )


class _renamed:
    """A temporary path beside ``path``; renamed to it on success, deleted on failure, which is a CrosslensError."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")

    def __enter__(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.temporary

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            os.replace(self.temporary, self.path)
            return
        self.temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CrosslensError(f"{self.path}: {not_written(error)}") from error
