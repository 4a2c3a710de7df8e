"""Files that hold no data, and fields of the wrong type: each is an error that names file, place and remedy."""

import gzip

import pytest
from crosslens.data.readers import REMEDY, read_records
from crosslens.data.records import Record
from crosslens.errors import CrosslensError
from hub_files import belebele_row, mmmlu_row, write_csv, write_jsonl, write_parquet

HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n"
HEADER = b",Question,A,B,C,D,Answer,Subject\n"
CSV_ROW = b"0,Q,a,b,c,d,A,anatomy\n"
BROKEN_FILES = {
    "HTML page as JSON lines": ("de.jsonl", HTML, "HTML page"),
    "HTML page as CSV": ("de.csv", b"\n " + HTML, "HTML page"),
    "HTML page as parquet": ("en.parquet", HTML.lower(), "HTML page"),
    "Git LFS pointer": ("en.parquet", POINTER, "Git LFS pointer"),
    "empty JSON lines": ("de.jsonl", b"", "is empty"),
    "blank JSON lines": ("de.jsonl", b" \n\n", "is empty"),
    "empty CSV": ("de.csv", b"", "is empty"),
    "empty parquet": ("en.parquet", b"", "is empty"),
    "CSV with only a header": ("de.csv", HEADER, "has no rows"),
    "truncated JSON line": ("de.jsonl", b'{"a": 1}\n{"a": ', "line 2: is not complete JSON"),
    "JSON that is not an object": ("de.jsonl", b'{"a": 1}\n\n[1, 2]\n', r"line 3: is \[1, 2\]"),
    "JSON lines in Latin-1": ("de.jsonl", '{"a": "ä"}\n'.encode("latin-1"), "line 1: is not UTF-8"),
    "JSON lines in UTF-16": ("de.jsonl", '{"a": "ä"}\n'.encode("utf-16"), "line 1: is not UTF-8"),
    "CSV in Latin-1": ("de.csv", HEADER + "0,ä,a,b,c,d,A,s\n".encode("latin-1"), "UTF-8"),
    "CSV row cut short": ("de.csv", HEADER + CSV_ROW + b"1,Q,a,b", "Expected 8 columns, got 4"),
    "CSV cut inside a quoted cell": ("de.csv", HEADER + CSV_ROW + b'1,Q,a,b,c,d,A,"ana', "ends inside a quoted cell"),
    "truncated parquet": ("en.parquet", b"PAR1 and then nothing", "not readable as parquet"),
    "compressed JSON lines": ("de.jsonl", gzip.compress(b'{"a": 1}\n'), "line 1: is not UTF-8"),
    "unknown kind": ("de.xlsx", b"PK", "unknown kind of file '.xlsx'"),
}


@pytest.mark.parametrize("name, content, message", BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_the_error_names_a_broken_file_the_problem_and_the_remedy(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CrosslensError, match=message) as raised:
        read_records(tmp_path / name)
    assert str(raised.value).startswith(str(tmp_path / name))
    assert str(raised.value).endswith((REMEDY, "Correct `files` of the data set."))


def test_an_absent_file_points_to_the_catalogues(tmp_path):
    with pytest.raises(CrosslensError, match=r"xx.jsonl: there is no such file.*languages.tsv.*datasets.yaml"):
        read_records(tmp_path / "xx.jsonl")


def test_csv_texts_stay_as_they_are_written(tmp_path):
    texts = [
        "None",
        "NA",
        "nan",
        "NULL",
        "",
        "0.50",
        "007",
        "True",
        "1e5",
        "2020-01-01",
        'say "x"',
        "two\nlines",
        " x",
        "ä",
    ]
    path = write_csv(tmp_path / "de.csv", [mmmlu_row(n, A=text) for n, text in enumerate(texts)])
    assert [record.fields["A"] for record in read_records(path)] == texts


def test_cells_of_several_lines_stay_whole_in_a_large_csv(tmp_path):
    text = "\n".join(["line,"] * 300)
    path = write_csv(tmp_path / "de.csv", [mmmlu_row(n, Question=text) for n in range(2000)])
    assert {record.fields["Question"] for record in read_records(path)} == {text}


def test_marks_in_a_tsv_are_quotation_only_around_a_whole_cell(tmp_path):
    """A lone mark at the beginning of a cell would otherwise join it with the rows after it, silently."""
    cells = {
        '"Hello" he said': '"Hello" he said',
        '"5 inch': '"5 inch',
        '6" pipe': '6" pipe',
        '"a ""quoted"" cell"': 'a "quoted" cell',
        '""': "",
        '"': '"',
        "": "",
    }
    path = tmp_path / "de.tsv"
    path.write_text("".join(f"{cell}\t{n}\n" for n, cell in enumerate(['"text"', *cells])), encoding="utf-8-sig")
    assert [record.fields for record in read_records(path)] == [
        {"text": text, "0": str(n)} for n, text in enumerate(cells.values(), start=1)
    ]


def test_cells_of_a_tsv_may_have_tabs_and_line_breaks_if_they_are_quoted(tmp_path):
    path = tmp_path / "de.tsv"
    path.write_text('text\tn\tm\n"a\tb\nc ""d"""\t1\t1\nplain\t2\t2\n')
    assert [record.fields["text"] for record in read_records(path)] == ['a\tb\nc "d"', "plain"]


def test_json_lines_end_only_at_newlines(tmp_path):
    text = "one\u2028two\x85three"
    path = write_jsonl(tmp_path / "de.jsonl", [belebele_row(0, question=text)])
    assert [record.fields["question"] for record in read_records(path)] == [text]


def test_a_byte_order_mark_is_not_part_of_the_first_field(tmp_path):
    (tmp_path / "de.jsonl").write_bytes(b'\xef\xbb\xbf{"a": 1}\n')
    (tmp_path / "de.csv").write_bytes(b"\xef\xbb\xbfa\n1\n")
    assert [record.fields for record in read_records(tmp_path / "de.jsonl")] == [{"a": 1}]
    assert [record.fields for record in read_records(tmp_path / "de.csv")] == [{"a": "1"}]


def test_records_know_their_place(tmp_path):
    (tmp_path / "de.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    records = read_records(tmp_path / "de.jsonl")
    assert [(record.row, record.where.rsplit(": ")[-1]) for record in records] == [(0, "line 1"), (1, "line 3")]
    records = read_records(write_parquet(tmp_path / "en.parquet", [{"a": 1}, {"a": 2}]))
    assert [(record.row, record.where.rsplit(": ")[-1]) for record in records] == [
        (0, "row 0 (from 0)"),
        (1, "row 1 (from 0)"),
    ]


@pytest.mark.parametrize("value, expected", [(3, 3), ("3", 3), (" 3", 3), ("03 ", 3)])
def test_integers_may_be_texts_with_spaces(value, expected):
    assert Record({"label": value}, 0, "f: row 0").integer("label") == expected


@pytest.mark.parametrize("value", ["", "A", "1.0", "-1", None, 1.0, True, [1]])
def test_other_integers_are_errors(value):
    with pytest.raises(CrosslensError, match=r"f: row 0: field 'label' is .*expected a whole number"):
        Record({"label": value}, 0, "f: row 0").integer("label")


def test_missing_and_mistyped_fields_are_errors():
    record = Record({"question": None}, 0, "f: row 0")
    with pytest.raises(CrosslensError, match=r"f: row 0: field 'passage' is missing \(there are 'question'\)"):
        record.text("passage")
    with pytest.raises(CrosslensError, match=r"f: row 0: field 'question' is None \(NoneType\), expected text"):
        record.text("question")
