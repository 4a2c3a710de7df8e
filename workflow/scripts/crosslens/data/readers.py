"""Read JSON, CSV, TSV, parquet and Arrow files into records (one per row) whose fields are validated on access.

Knows kinds of files, but no data sets (`mapping` does). Texts stay texts: no reader here turns "None", "NA", "0.50",
"007" or "True" into something else.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from crosslens.data import patterns
from crosslens.data.records import Record, named, shown
from crosslens.errors import CrosslensError

REMEDY = "Fix the file, or delete it to download it again."
QUOTED = re.compile(r'"([^"]|"")*"')  # a whole cell
LARGEST_BLOCK = 2**31 - 1  # that Arrow can read
NOT_DATA = {
    b"<!doctype": "an HTML page, such as a server's error or login page",
    b"<html": "an HTML page, such as a server's error or login page",
    b"version https://git-lfs": "a Git LFS pointer instead of the file itself",
}


def read_records(path: str | Path, entry: str = "") -> list[Record]:
    """Return all rows of the files that ``path`` names (see `patterns.files`); row numbers run on from file to file.

    ``entry`` is the data set's name, for messages. Raises CrosslensError, naming the file and if possible the line, if
    a file is absent, empty, not UTF-8, truncated, of another kind, or without rows.
    """
    paths = patterns.files(str(path))
    if not paths:
        raise CrosslensError(f"{path}: there is no such file. Correct `files` of {named(entry)}.")
    numbers, records = count(), []
    for file in map(Path, paths):
        rows = [Record(fields, next(numbers), where, entry) for fields, where in _read(file, entry)]
        if not rows:
            raise CrosslensError(f"{file}: has no rows. {REMEDY}")
        records += rows
    return records


Rows = Iterable[tuple[Mapping[str, object], str]]  # fields and place of each row


def _read(path: Path, entry: str) -> Rows:
    if path.suffix not in READERS:
        raise CrosslensError(
            f"{path}: unknown kind of file '{path.suffix}', expected one of {', '.join(READERS)}. Correct `files` of "
            f"{named(entry)}."
        )
    _check_is_data(path)
    return READERS[path.suffix](path)


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


def _read_jsonl(path: Path) -> Rows:
    with open(path, "rb") as file:  # as bytes, since only "\n" ends a line, not Unicode's other line separators
        for number, line in enumerate(file, start=1):
            if line.strip():
                where = f"{path}: line {number}"
                yield _object(_parse_json(line, where), where), where


def _read_json(path: Path) -> Rows:
    """Read an array of objects; a file without one holds JSON lines, whatever its name."""
    content = path.read_bytes()
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        yield from _read_jsonl(path)
        return
    for row, fields in enumerate(_parse_json(content, str(path))):
        where = _place(path, row)
        yield _object(fields, where), where


def _parse_json(text: bytes, where: str) -> object:
    try:
        value = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CrosslensError(f"{where}: is not UTF-8 text ({error.reason}). {REMEDY}") from error
    except json.JSONDecodeError as error:
        raise CrosslensError(f"{where}: is not complete JSON ({error}). {REMEDY}") from error
    if b"\\u" in text:
        _check_unicode(value, where)
    return value


def _object(fields: object, where: str) -> Mapping[str, object]:
    if not isinstance(fields, dict):
        raise CrosslensError(f"{where}: is {shown(fields)}, expected an object with a question's fields. {REMEDY}")
    return fields


def _check_unicode(fields: object, where: str) -> None:
    """Raise CrosslensError for half of a surrogate pair, which JSON can hold but UTF-8, and so a table, cannot."""
    try:
        json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CrosslensError(f"{where}: is not valid Unicode ({error.reason}). {REMEDY}") from error


def _read_csv(path: Path) -> Rows:
    if path.read_bytes().count(b'"') % 2:
        raise CrosslensError(f"{path}: ends inside a quoted cell, so it is truncated. {REMEDY}")
    return _rows(path, _delimited(path, ",", "CSV"))


def _read_tsv(path: Path) -> Rows:
    """Read tab-separated text, in which a quotation mark may stand for itself, and a lone one for inches.

    If all lines have equally many tabs, no cell has a tab or a line break, so only a cell that is quoted as a whole
    is taken as quoted. Read like CSV, a cell that begins with a lone mark would swallow the rows after it.
    """
    if len({line.count(b"\t") for line in path.read_bytes().splitlines() if line}) > 1:
        return _rows(path, _delimited(path, "\t", "TSV"))
    rows = _rows(path, _delimited(path, "\t", "TSV", quoted=False))
    return (({_unquoted(name): _unquoted(cell) for name, cell in fields.items()}, where) for fields, where in rows)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if QUOTED.fullmatch(cell) else cell


def _delimited(path: Path, delimiter: str, kind: str, quoted: bool = True) -> pa.Table:
    """Return the cells as they are written. Raises CrosslensError if a row has more cells or fewer than the header."""
    # One block holds the whole file: a cell must not be larger than a block, and some cells are.
    read = pa.csv.ReadOptions(block_size=min(max(path.stat().st_size + 1, 2**20), LARGEST_BLOCK))
    parse = pa.csv.ParseOptions(delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted)
    convert = pa.csv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=False)
    try:
        return pa.csv.read_csv(path, read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise CrosslensError(f"{path}: is not readable as {kind} in UTF-8 ({error}). {REMEDY}") from error


def _read_parquet(path: Path) -> Rows:
    try:
        table = pa.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise CrosslensError(f"{path}: is not readable as parquet ({error}). {REMEDY}") from error
    return _rows(path, table)


def _read_arrow(path: Path) -> Rows:
    """Read Arrow's format of files or of streams; `datasets` writes streams."""
    try:
        with pa.OSFile(str(path)) as source:
            is_file = source.read(6) == b"ARROW1"
            source.seek(0)
            table = (pa.ipc.open_file if is_file else pa.ipc.open_stream)(source).read_all()
    except (pa.ArrowException, OSError) as error:
        raise CrosslensError(f"{path}: is not readable as Arrow ({error}). {REMEDY}") from error
    return _rows(path, table)


def _rows(path: Path, table: pa.Table) -> Iterator[tuple[Mapping[str, object], str]]:
    for row, fields in enumerate(table.to_pylist()):
        yield fields, _place(path, row)


def _place(path: Path, row: int) -> str:
    return f"{path}: row {row} (from 0)"


READERS: dict[str, Callable[[Path], Rows]] = {
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".parquet": _read_parquet,
    ".arrow": _read_arrow,
}
