"""Data files as lists of records, one a row, whose fields are checked when they are asked for.

Knows JSON lines, CSV and parquet, not the data sets that come in them (that is `formats`). Texts stay texts: no reader
here turns "None", "NA", "0.50", "007" or "True" into something else.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from crosslens.errors import CrosslensError

FETCH_AGAIN = "Mend the file or, if it was fetched, delete it: it will be fetched again."
NOT_DATA = {
    b"<!doctype": "an HTML page, such as a server's error or login page",
    b"<html": "an HTML page, such as a server's error or login page",
    b"version https://git-lfs": "a Git LFS pointer, not the file it stands for",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a data file: its fields, its number among the file's rows (from 0), and where it is, for messages."""

    fields: Mapping[str, object]
    row: int
    where: str

    def error(self, field: str, problem: str) -> CrosslensError:
        return CrosslensError(
            f"{self.where}: field '{field}' {problem}. Fetch the file again, mend the row, or mend `format` or `files` "
            "of the data set in config/datasets.yaml."
        )

    def value(self, field: str) -> object:
        """The field as it is. Raises CrosslensError where there is none."""
        if field not in self.fields:
            raise self.error(field, f"is missing (there are {', '.join(map(repr, self.fields))})")
        return self.fields[field]

    def text(self, field: str) -> str:
        """The field without surrounding white space. Raises CrosslensError where it is not a text."""
        value = self.value(field)
        if not isinstance(value, str):
            raise self.error(field, f"is {_shown(value)}, expected a text")
        return value.strip()

    def integer(self, field: str) -> int:
        """The field as a whole number; it may be written as a text, with spaces. Raises CrosslensError otherwise."""
        value = self.value(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, str) or not value.strip().isdecimal():
            raise self.error(field, f"is {_shown(value)}, expected a whole number")
        return int(value)


def read_records(path: str | Path) -> list[Record]:
    """All rows of a .jsonl, .csv or .parquet file.

    Raises CrosslensError, naming the file and where possible the line, for a file that is absent, empty, not UTF-8,
    truncated, of another kind, or without rows.
    """
    path = Path(path)
    if path.suffix not in READERS:
        raise CrosslensError(
            f"{path}: unknown kind of file '{path.suffix}', expected one of {', '.join(READERS)}. Mend `files` of the "
            "data set in config/datasets.yaml."
        )
    _check_is_data(path)
    records = list(READERS[path.suffix](path))
    if not records:
        raise CrosslensError(f"{path}: holds no rows. {FETCH_AGAIN}")
    return records


def _check_is_data(path: Path) -> None:
    if not path.is_file():
        raise CrosslensError(
            f"{path}: there is no such file. Fetch the data set again, or mend the language's code in "
            "config/languages.tsv or `files` of the data set in config/datasets.yaml."
        )
    with open(path, "rb") as file:
        head = file.read(256).lstrip().lower()
    if not head:
        raise CrosslensError(f"{path}: is empty. {FETCH_AGAIN}")
    for start, what in NOT_DATA.items():
        if head.startswith(start):
            raise CrosslensError(f"{path}: is {what}. {FETCH_AGAIN}")


def _read_jsonl(path: Path) -> Iterator[Record]:
    row = 0
    with open(path, "rb") as file:  # bytes: only "\n" ends a line, not the other line separators of Unicode
        for number, line in enumerate(file, start=1):
            if line.strip():
                where = f"{path}: line {number}"
                yield Record(_parse_json(line, where), row, where)
                row += 1


def _parse_json(line: bytes, where: str) -> dict:
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CrosslensError(f"{where}: is not UTF-8 text ({error.reason}). {FETCH_AGAIN}") from error
    except json.JSONDecodeError as error:
        raise CrosslensError(f"{where}: is not whole JSON ({error}). {FETCH_AGAIN}") from error
    if b"\\u" in line:
        _check_unicode(fields, where)
    if not isinstance(fields, dict):
        raise CrosslensError(f"{where}: is {_shown(fields)}, expected a question's fields. {FETCH_AGAIN}")
    return fields


def _check_unicode(fields: object, where: str) -> None:
    """JSON can write half of a pair of surrogates, which is no character and could not be written to a table."""
    try:
        json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CrosslensError(f"{where}: is not Unicode ({error.reason}). {FETCH_AGAIN}") from error


def _read_csv(path: Path) -> Iterator[Record]:
    if path.read_bytes().count(b'"') % 2:
        raise CrosslensError(f"{path}: ends inside a quoted cell, so it is truncated. {FETCH_AGAIN}")
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    convert = pa.csv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=False)
    try:
        table = pa.csv.read_csv(path, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise CrosslensError(f"{path}: is not readable as CSV in UTF-8 ({error}). {FETCH_AGAIN}") from error
    return _rows(path, table)


def _read_parquet(path: Path) -> Iterator[Record]:
    try:
        table = pa.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise CrosslensError(f"{path}: is not readable as parquet ({error}). {FETCH_AGAIN}") from error
    return _rows(path, table)


def _rows(path: Path, table: pa.Table) -> Iterator[Record]:
    for row, fields in enumerate(table.to_pylist()):
        yield Record(fields, row, f"{path}: row {row} (from 0)")


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


READERS = {".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
