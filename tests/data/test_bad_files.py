"""Malformed files of every shape, each with the message that it gives: one table, ordered by shape.

A file of six rows, in a shape that the hub has, is spoilt in one way. Problems of single fields are in
test_formats_errors, problems of kinds of files in test_readers.
"""

from collections.abc import Callable
from pathlib import Path

import hub_files
import pytest
from crosslens.data.download import check_arrived
from crosslens.data.reading import read_questions
from crosslens.errors import CrosslensError
from crosslens.experiment import languages as language_table
from readings import DATASETS, reading
from workflow_runs import ROOT

CONFIG = ROOT / "config"
N = 6
HTML = b"<!DOCTYPE html><html><body>503 Service Unavailable</body></html>"
FIX_FILE = "Fix the file, or delete it to download it again."


def changed(**fields) -> Callable:
    """Write the file with other values in its fourth row."""
    return lambda write, rows: write([*rows[:3], rows[3] | fields, *rows[4:]])


def without(field: str) -> Callable:
    """Write the file without a column."""
    return lambda write, rows: write([{name: value for name, value in row.items() if name != field} for row in rows])


def repeated(**fields) -> Callable:
    """Write the file with one more row: the second again, with other contents."""
    return lambda write, rows: write([*rows, rows[1] | fields])


def contents(change: Callable[[bytes], bytes]) -> Callable:
    """Write the file, then change its bytes."""

    def spoil(write, rows):
        path = write(rows)
        path.write_bytes(change(path.read_bytes()))
        return path

    return spoil


def latin1(text: bytes) -> bytes:
    return text.decode("utf-8").replace("n", "ñ").encode("latin-1")


EMPTY, PAGE = contents(lambda whole: b""), contents(lambda whole: HTML)
CUT = contents(lambda whole: whole[:-20])
SAME = {"empty file": (EMPTY, f"is empty. {FIX_FILE}"), "HTML error page": (PAGE, f"is an HTML page, .* {FIX_FILE}")}
JSONL = SAME | {
    "wrong encoding": (contents(latin1), f"line 1: is not UTF-8 text .* {FIX_FILE}"),
    "truncated": (CUT, f"line 6: is not complete JSON .* {FIX_FILE}"),
}
PARQUET = SAME | {
    "wrong encoding": (contents(lambda whole: whole.decode("latin-1").encode("utf-8")), "is not readable as parquet"),
    "truncated": (CUT, f"is not readable as parquet .* {FIX_FILE}"),
}
FIX_ROW = "Fix the row .of a download: .*, leave it out by `where`, or correct `read` or `files` of data set"
# Shape: (how it is read, file, row).
SHAPES = {
    "belebele": (reading("belebele"), "deu_Latn.jsonl", hub_files.belebele_row),
    "mmmlu": (reading("mmmlu"), "mmlu_DE-DE.csv", hub_files.mmmlu_row),
    "mmmlu, English": (reading("mmmlu", "en"), "test.parquet", hub_files.mmlu_row),
    "hellaswag": (reading("hellaswag"), "val.jsonl", hub_files.hellaswag_row),
    "hellaswag, English": (reading("hellaswag", "en"), "validation.parquet", hub_files.english_hellaswag_row),
}
# Shape: for each way to spoil its file, (how, message).
TABLE = {
    "belebele": JSONL
    | {
        "missing column": (
            without("mc_answer2"),
            f"line 1: field 'mc_answer2' is missing .*there are 'link'.* {FIX_ROW}",
        ),
        "wrong type": (
            changed(question=["Q?"]),
            f"line 4: field 'question' is .'Q\\?'. .list., expected text. {FIX_ROW}",
        ),
        "key out of range": (
            changed(correct_answer_num="5"),
            f"line 4: .*'correct_answer_num' is 5, but .* 1 to 4. {FIX_ROW}",
        ),
        "duplicate id": (
            repeated(question="Another?"),
            "line 7: has the id 'https.*/0#2' of an earlier row, but other",
        ),
    },
    "mmmlu": SAME
    | {
        "wrong encoding": (contents(latin1), f"is not readable as CSV in UTF-8 .* {FIX_FILE}"),
        "truncated": (CUT, f"is not readable as CSV .*Expected 8 columns, got .* {FIX_FILE}"),
        "missing column": (without("Answer"), f"row 0 .from 0.: field 'Answer' is missing .* {FIX_ROW}"),
        "wrong type": (
            changed(Answer="0.5"),
            f"row 3 .from 0.: field 'Answer' is '0.5', but the keys are A, B, C, D. {FIX_ROW}",
        ),
        "key out of range": (changed(Answer="E"), f"row 3 .from 0.: field 'Answer' is 'E', but the keys .* {FIX_ROW}"),
        "duplicate id": (
            contents(lambda whole: whole.replace(b"\n5,", b"\n1,")),
            "row 5 .from 0.: field '' is 1 after 4: the rows are in another order",
        ),
    },
    "mmmlu, English": PARQUET
    | {
        "missing column": (without("answer"), f"row 0 .from 0.: field 'answer' is missing .* {FIX_ROW}"),
        "wrong type": (
            lambda write, rows: write([row | {"answer": row["answer"] / 2} for row in rows]),
            f"row 0 .from 0.: field 'answer' is 0.0 .float., expected a whole number. {FIX_ROW}",
        ),
        "key out of range": (
            changed(answer=4),
            f"row 3 .from 0.: field 'answer' is 4, but the keys are 0 to 3. {FIX_ROW}",
        ),
        "duplicate id": None,  # a question is identified by its row
    },
    "hellaswag": JSONL
    | {
        "missing column": (without("endings"), f"line 1: field 'endings' is missing .* {FIX_ROW}"),
        "wrong type": (
            changed(endings="a"),
            f"line 4: field 'endings' is 'a' .str., expected a list of answer choices; .* {FIX_ROW}",
        ),
        "key out of range": (changed(label="4"), f"line 4: field 'label' is 4, but the keys are 0 to 3. {FIX_ROW}"),
        "duplicate id": (repeated(ctx="Anderes."), "line 7: has the id '1' of an earlier row, but other contents"),
    },
    "hellaswag, English": PARQUET
    | {
        "missing column": (without("label"), f"row 0 .from 0.: field 'label' is missing .* {FIX_ROW}"),
        "wrong type": (
            lambda write, rows: write([row | {"ctx": row["ind"]} for row in rows]),
            f"row 0 .from 0.: field 'ctx' is 0 .int., expected text. {FIX_ROW}",
        ),
        "key out of range": (
            changed(label="9"),
            f"row 3 .from 0.: field 'label' is 9, but the keys are 0 to 3. {FIX_ROW}",
        ),
        "duplicate id": None,
    },
}
CASES = [(name, kind, *case) for name, cases in TABLE.items() for kind, case in cases.items() if case]


def writer(path: Path) -> Callable[[list[dict]], Path]:
    """Return a function that writes rows to ``path``, as its suffix says."""
    write = {".jsonl": hub_files.write_jsonl, ".csv": hub_files.write_csv, ".parquet": hub_files.write_parquet}
    return lambda rows: Path(write[path.suffix](path, rows))


@pytest.mark.parametrize("name", ["belebele", "hellaswag"])
def test_half_a_surrogate_pair_is_an_error(tmp_path, name):
    """JSON can hold it, but no table can."""
    how, file, row = SHAPES[name]
    path = writer(tmp_path / file)([row(n) for n in range(3)])
    lines = path.read_text(encoding="utf-8").splitlines()
    whole, half = (r'"note": "\ud83d\ude00", ', r'"note": "\ud83d", ')
    path.write_text("\n".join([lines[0].replace("{", "{" + whole, 1), lines[1].replace("{", "{" + half, 1), lines[2]]))
    with pytest.raises(
        CrosslensError, match=f"{file}: line 2: is not valid Unicode .surrogates not allowed.. {FIX_FILE}"
    ):
        read_questions(path, how)


@pytest.mark.parametrize("name, kind, spoil, message", CASES, ids=[f"{name}: {kind}" for name, kind, *_ in CASES])
def test_the_error_names_a_malformed_file_the_problem_and_the_remedy(tmp_path, name, kind, spoil, message):
    how, file, row = SHAPES[name]
    write, rows = writer(tmp_path / file), [row(n) for n in range(N)]
    assert len(read_questions(write(rows), how)) == N, "before it is spoilt, it can be read"
    with pytest.raises(CrosslensError, match=rf"^{tmp_path / file}: (?s:{message})"):
        read_questions(spoil(write, rows), how)


@pytest.mark.parametrize("name", SHAPES)
def test_a_download_with_fewer_rows_than_expected_is_refused(tmp_path, name):
    how, file, row = SHAPES[name]
    path = writer(tmp_path / file)([row(n) for n in range(N)])
    check_arrived(path, "lab/data", file, how, N)
    with pytest.raises(
        CrosslensError,
        match=rf"lab/data: {file} was downloaded, .* has 6 rows, but config/datasets.yaml says 7.*`rows`",
    ):
        check_arrived(path, "lab/data", file, how, N + 1)


@pytest.mark.parametrize("name", ["belebele", "mmmlu", "mhellaswag"])
def test_an_unknown_language_is_named_with_the_file_to_fix(name):
    known = language_table.read_languages(CONFIG / "languages.tsv")
    entry = DATASETS[name]
    with pytest.raises(CrosslensError, match=r"'xx' has no row in config/languages.tsv. Add one, or \w+ the name"):
        language_table.raw_file(known, "xx", name, entry)
    known["sw"] = known["sw"] | {entry["codes"]: ""}
    with pytest.raises(CrosslensError, match=f"'{name}' has no language 'sw'.*Leave the language out"):
        language_table.raw_file(known, "sw", name, entry)


def test_the_table_is_complete():
    """Every shape is spoilt in every way, or has None if that is impossible for it."""
    kinds = {"missing column", "wrong type", "key out of range", "duplicate id", "wrong encoding", "empty file"}
    assert all(set(cases) == kinds | {"truncated", "HTML error page"} for cases in TABLE.values())
