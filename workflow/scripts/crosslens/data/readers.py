"""Read JSON lines, CSV and parquet files into records (one per row) whose fields are validated on access.

Knows kinds of files, but no data sets (the modules in `formats/` do). Texts stay texts: no reader here turns "None",
"NA", "0.50", "007" or "True" into something else.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from crosslens.errors import CrosslensError

REMEDY = "Fix the file, or delete it to download it again."
NOT_DATA = {
    b"<!doctype": "an HTML page, such as a server's error or login page",
    b"<html": "an HTML page, such as a server's error or login page",
    b"version https://git-lfs": "a Git LFS pointer instead of the file itself",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a data file: its fields, its number among the file's rows (from 0), and its place for messages."""

    fields: Mapping[str, object]
    row: int
    where: str

    def error(self, field: str, problem: str) -> CrosslensError:
        """Return an error, to be raised, that names the row and the field and says what to do."""
        return CrosslensError(
            f"{self.where}: field '{field}' {problem}. Fix the row, delete the file to download it again, or correct "
            "`format` or `files` of the data set in config/datasets.yaml."
        )

    def value(self, field: str) -> object:
        """Return the field as it is. Raises CrosslensError if there is none."""
        if field not in self.fields:
            raise self.error(field, f"is missing (there are {', '.join(map(repr, self.fields))})")
        return self.fields[field]

    def text(self, field: str) -> str:
        """Return the field without surrounding white space. Raises CrosslensError if it is not text."""
        value = self.value(field)
        if not isinstance(value, str):
            raise self.error(field, f"is {_shown(value)}, expected text")
        return value.strip()

    def integer(self, field: str) -> int:
        """Return the field as a whole number. Raises CrosslensError unless it is one, or text of digits and spaces."""
        value = self.value(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, str) or not value.strip().isdecimal():
            raise self.error(field, f"is {_shown(value)}, expected a whole number")
        return int(value)


def read_records(path: str | Path) -> list[Record]:
    """Return all rows of a .jsonl, .csv or .parquet file.

    Raises CrosslensError, naming the file and if possible the line, if the file is absent, empty, not UTF-8,
    truncated, of another kind, or without rows.
    """
    path = Path(path)
    if path.suffix not in READERS:
        raise CrosslensError(
            f"{path}: unknown kind of file '{path.suffix}', expected one of {', '.join(READERS)}. Correct `files` of "
            "the data set in config/datasets.yaml."
        )
    _check_is_data(path)
    records = list(READERS[path.suffix](path))
    if not records:
        raise CrosslensError(f"{path}: has no rows. {REMEDY}")
    return records


def _check_is_data(path: Path) -> None:
    if not path.is_file():
        raise CrosslensError(
            f"{path}: there is no such file. Download the data set again, or correct the language's code in "
            "config/languages.tsv or `files` of the data set in config/datasets.yaml."
        )
    with open(path, "rb") as file:
        head = file.read(256).lstrip().lower()
    if not head:
        raise CrosslensError(f"{path}: is empty. {REMEDY}")
    for start, kind in NOT_DATA.items():
        if head.startswith(start):
            raise CrosslensError(f"{path}: is {kind}. {REMEDY}")


def _read_jsonl(path: Path) -> Iterator[Record]:
    row = 0
    with open(path, "rb") as file:  # as bytes, since only "\n" ends a line, not Unicode's other line separators
        for number, line in enumerate(file, start=1):
            if line.strip():
                where = f"{path}: line {number}"
                yield Record(_parse_json(line, where), row, where)
                row += 1


def _parse_json(line: bytes, where: str) -> dict:
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CrosslensError(f"{where}: is not UTF-8 text ({error.reason}). {REMEDY}") from error
    except json.JSONDecodeError as error:
        raise CrosslensError(f"{where}: is not complete JSON ({error}). {REMEDY}") from error
    if b"\\u" in line:
        _check_unicode(fields, where)
    if not isinstance(fields, dict):
        raise CrosslensError(f"{where}: is {_shown(fields)}, expected an object with a question's fields. {REMEDY}")
    return fields


def _check_unicode(fields: object, where: str) -> None:
    """Raise CrosslensError for half of a surrogate pair, which JSON can hold but UTF-8, and so a table, cannot."""
    try:
        json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CrosslensError(f"{where}: is not valid Unicode ({error.reason}). {REMEDY}") from error


def _read_csv(path: Path) -> Iterator[Record]:
    if path.read_bytes().count(b'"') % 2:
        raise CrosslensError(f"{path}: ends inside a quoted cell, so it is truncated. {REMEDY}")
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    convert = pa.csv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=False)
    try:
        table = pa.csv.read_csv(path, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise CrosslensError(f"{path}: is not readable as CSV in UTF-8 ({error}). {REMEDY}") from error
    return _rows(path, table)


def _read_parquet(path: Path) -> Iterator[Record]:
    try:
        table = pa.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise CrosslensError(f"{path}: is not readable as parquet ({error}). {REMEDY}") from error
    return _rows(path, table)


def _rows(path: Path, table: pa.Table) -> Iterator[Record]:
    for row, fields in enumerate(table.to_pylist()):
        yield Record(fields, row, f"{path}: row {row} (from 0)")


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


READERS = {".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
