"""Rows that a mapping of the catalogue does not fit: each is an error that names file, place, field and remedy."""

import pytest
from crosslens.data.reading import format_module, read_questions
from crosslens.errors import CrosslensError
from hub_files import belebele_row, hellaswag_row, mmmlu_row, write_csv, write_jsonl
from readings import reading

ROWS = {"belebele": belebele_row, "mmmlu": mmmlu_row, "hellaswag": hellaswag_row}
MALFORMED = {
    "belebele": [
        ({"correct_answer_num": "5"}, "'correct_answer_num' is 5, but the keys are 1 to 4"),
        ({"correct_answer_num": "0"}, "'correct_answer_num' is 0, but the keys are 1 to 4"),
        ({"correct_answer_num": "B"}, "'correct_answer_num' is 'B' .str., expected a whole number"),
        ({"question": 7}, "'question' is 7 .int., expected text"),
        ({"flores_passage": ["P."]}, "'flores_passage' is .'P.'. .list., expected text"),
        ({"question_number": None}, "'question_number' is None .NoneType., expected text"),
    ],
    "mmmlu": [
        ({"Answer": "E"}, "'Answer' is 'E', but the keys are A, B, C, D"),
        ({"Answer": ""}, "'Answer' is '', but"),
        ({"Answer": "a"}, "'Answer' is 'a', but"),
    ],
    "hellaswag": [
        ({"label": "4"}, "'label' is 4, but the keys are 0 to 3"),
        ({"label": ""}, "'label' is '' .str., expected a whole number"),
        ({"id": "validation-3"}, "'id' is 'validation-3', which does not match /"),
        ({"endings": "a, b"}, "'endings' is 'a, b' .str., expected a list"),
        ({"endings": ["a"]}, "'endings' has 1 answer choices, expected at least 2"),
        ({"ctx": ["a"]}, "'ctx' is .'a'. .list., expected text"),
    ],
}
REQUIRED = {
    "belebele": [
        "link",
        "question_number",
        "flores_passage",
        "question",
        "mc_answer1",
        "mc_answer3",
        "correct_answer_num",
    ],
    "mmmlu": ["Question", "A", "C", "Answer", "Subject"],
    "hellaswag": ["ctx", "endings", "label"],
}


def write(format, path, rows):
    return write_csv(path / "x.csv", rows) if format == "mmmlu" else write_jsonl(path / "x.jsonl", rows)


@pytest.mark.parametrize("format, changed, message", [(f, *case) for f, cases in MALFORMED.items() for case in cases])
def test_a_malformed_row_is_named(tmp_path, format, changed, message):
    path = write(format, tmp_path, [ROWS[format](0), ROWS[format](1, **changed)])
    place = "row 1 .from 0." if format == "mmmlu" else "line 2"
    with pytest.raises(
        CrosslensError, match=rf"{path}: {place}: field {message}.*Fix the row .of a download: delete the file"
    ):
        read_questions(path, reading(format))


@pytest.mark.parametrize("format, field", [(f, field) for f, fields in REQUIRED.items() for field in fields])
def test_a_missing_column_is_named(tmp_path, format, field):
    row = {key: value for key, value in ROWS[format](0).items() if key != field}
    with pytest.raises(CrosslensError, match=rf"x\.\w+: .*: field '{field}' is missing \(there are "):
        read_questions(write(format, tmp_path, [row]), reading(format))


def test_an_index_that_is_no_number_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_text(",Question,A,B,C,D,Answer,Subject\nfirst,Q?,x,y,z,w,B,s\n")
    with pytest.raises(CrosslensError, match=r"a.csv: row 0 .from 0.: field '' is 'first'"):
        read_questions(tmp_path / "a.csv", reading("mmmlu"))


def test_two_different_rows_of_one_id_are_an_error(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [hellaswag_row(0), hellaswag_row(1), hellaswag_row(0, label="1")])
    with pytest.raises(CrosslensError, match=r"a.jsonl: line 3: has the id '0' of an earlier row, but other contents"):
        read_questions(path, reading("hellaswag"))


def test_an_unknown_module_is_an_error(tmp_path):
    with pytest.raises(CrosslensError, match=r"there is no module 'arc' in crosslens/data/formats"):
        format_module("arc")
