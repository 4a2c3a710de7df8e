"""Every construct of a mapping: a small file, and the question that must come out of it, written by hand.

docs/mapping.md describes the grammar. Whole data sets are in test_formats, mistakes in test_mapping_errors.
"""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from crosslens.data.alignment import align_with_pivot
from crosslens.data.choices import permutation
from crosslens.data.reading import read_questions
from hub_files import write_jsonl, write_parquet
from readings import own

ROW = {"id": "q1", "q": "Two and two?", "a": "three", "b": "four", "key": "B"}
READ = {"id": "id", "question": "q", "choices": ["a", "b"], "answer": {"column": "key", "as": "letter"}}


def read(tmp_path, rows, language="de", **changed):
    """Return the questions of a file with ``rows``, read by READ with changes."""
    rows = rows if isinstance(rows, list) else [rows]
    path = write_jsonl(tmp_path / "a.jsonl", [ROW | row for row in rows])
    return list(read_questions(path, own(READ | changed, language)).values())


def one(tmp_path, row, language="de", **changed):
    (question,) = read(tmp_path, row, language, **changed)
    return question


def test_the_least_that_a_mapping_says(tmp_path):
    question = one(tmp_path, {})
    assert (question.question_id, question.question, question.passage) == ("q1", "Two and two?", "")
    assert (question.choices, question.key, question.notes) == (("three", "four"), 1, ())
    assert (question.groups, question.subject, question.cluster) == ({}, "", "")


# ---- texts ----

TEXTS = {
    "a column": ("t", {"t": " plain "}, "plain"),
    "a column, in long": ({"column": "t"}, {"t": "plain"}, "plain"),
    "a column with braces, spaces and dots in its name": ("t.{x} y", {"t.{x} y": "odd"}, "odd"),
    "a dotted name": ("t.stem", {"t": {"stem": "inner"}}, "inner"),
    "a dotted name that is a column too": ("t.stem", {"t": {"stem": "inner"}, "t.stem": "column"}, "column"),
    "a path": ({"path": ["t", "stem"]}, {"t": {"stem": "inner"}}, "inner"),
    "a path to an item": ({"path": ["t", 0, "x"]}, {"t": [{"x": "first"}, {"x": "second"}]}, "first"),
    "a template": ({"template": "{s}, {t}!"}, {"s": "Hello ", "t": " you"}, "Hello, you!"),
    "a template with a dotted name": ({"template": "{t.x}{t.y}"}, {"t": {"x": "1", "y": "2"}}, "12"),
    "a template by language": ({"template": {"de": "{s}{t}", "*": "{s} {t}"}}, {"s": "1", "t": "2"}, "12"),
    "a template for all other languages": ({"template": {"zh": "{s}{t}", "*": "{s} {t}"}}, {"s": "1", "t": "2"}, "1 2"),
    "a lookup": ({"lookup": {"x": "seven", "*": "other"}, "by": ["t"]}, {"t": "x"}, "seven"),
    "a lookup of anything else": ({"lookup": {"x": "seven", "*": "other"}, "by": ["t"]}, {"t": "z"}, "other"),
    "a lookup by language": (
        {"lookup": {"x": {"en": "because", "de": "weil"}}, "by": ["t", "language"]},
        {"t": "x", "language": "a column that is not asked"},
        "weil",
    ),
    "a lookup by language first": ({"lookup": {"*": {"x": "1"}}, "by": ["language", "t"]}, {"t": "x"}, "1"),
    "a template with a lookup": (
        {"template": "{s} {word}", "with": {"word": {"lookup": {"c": "weil"}, "by": ["t"]}}},
        {"s": "Er lacht,", "t": "c"},
        "Er lacht, weil",
    ),
    "a capture": ({"column": "t", "capture": r"/(\d+)$"}, {"t": "val/12/7"}, "7"),
    "replacements, in order": ({"column": "t", "replace": [["a", "b"], ["b+", "c"]]}, {"t": " ab aab"}, "c c"),
    "a replacement with a group": ({"column": "t", "replace": [[r"(\d)-(\d)", r"\2-\1"]]}, {"t": "1-2"}, "2-1"),
    "null": ("t", {"t": None}, ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(tmp_path, name):
    spec, row, expected = TEXTS[name]
    question = one(tmp_path, row, question=spec, passage=spec, groups={"subject": spec}, cluster=spec)
    assert (question.question, question.passage, question.subject) == (expected,) * 3
    assert question.cluster == expected


IDS = {
    "numbers": ("n", [{"n": 7}, {"n": 8}], ["7", "8"]),
    "several columns": (["s", "n"], [{"s": "x", "n": 1}, {"s": "y", "n": 1}], ["x#1", "y#1"]),
    "a column and a capture": (["s", {"column": "t", "capture": r"^(\d+)"}], [{"s": "x", "t": "12 seconds"}], ["x#12"]),
    "the row": ("row", [{"id": 1}, {"id": 1}], ["0", "1"]),
    "the row, in long": ({"position": "row"}, [{"id": 1}, {"id": 1}], ["0", "1"]),
    "a column called row": ("row", [{"row": "r7"}, {"row": "r8"}], ["r7", "r8"]),
    "the row beside a column called row": ({"position": "row"}, [{"row": "r7"}], ["0"]),
    "the row and a column": (["s", {"position": "row"}], [{"s": "x"}, {"s": "x"}], ["x#0", "x#1"]),
}


@pytest.mark.parametrize("name", IDS)
def test_ids(tmp_path, name):
    spec, rows, expected = IDS[name]
    assert [question.question_id for question in read(tmp_path, rows, id=spec)] == expected


CHECKED = {"position": "row", "check": "n", "within": {"column": "s", "replace": [["_test.*", ""]]}}


def test_a_position_that_is_checked_counts_all_rows(tmp_path):
    rows = [{"s": s, "n": n} for s, n in [("x", 0), ("x_test.csv", 1), ("y", 0), ("x", 2)]]
    assert [question.question_id for question in read(tmp_path, rows, id=CHECKED)] == ["0", "1", "2", "3"]
    sparse = [{"s": s, "n": n} for s, n in [("x", 6), ("x", 9), ("y", 3)]]
    assert [question.question_id for question in read(tmp_path, sparse, id=CHECKED)] == ["0", "1", "2"]
    without = [{"s": "x"}, {"s": "x"}]
    assert len(read(tmp_path, without, id=CHECKED)) == 2, "a file need not have the column"


# ---- choices ----

FOUR = {"o_a": "one", "o_b": "two", "o_c": "three", "o_d": "four"}
CHOICES = {
    "columns": (["a", "b"], {}, ["three", "four"]),
    "templates": ([{"template": "{a}!"}, {"template": "{b}!"}], {}, ["three!", "four!"]),
    "a range of letters": ({"range": "o_{a..d}"}, FOUR, ["one", "two", "three", "four"]),
    "a range of capitals": ({"range": "{A..C}"}, {"A": "1", "B": "2", "C": "3"}, ["1", "2", "3"]),
    "a range of numbers": ({"range": "o{1..3}"}, {"o1": "1", "o2": "2", "o3": "3"}, ["1", "2", "3"]),
    "a range of numbers to ten": ({"range": "o{9..11}"}, {"o9": "1", "o10": "2", "o11": "3"}, ["1", "2", "3"]),
    "a list": ({"column": "l"}, {"l": ["1", " 2 "]}, ["1", "2"]),
    "a dotted list": ({"column": "l.text"}, {"l": {"text": ["1", "2"]}}, ["1", "2"]),
    "a dictionary of lists": ({"path": ["l", "text"]}, {"l": {"text": ["1", "2"], "label": ["A", "B"]}}, ["1", "2"]),
    "a list of dictionaries": ({"path": ["l", "text"]}, {"l": [{"text": "1"}, {"text": "2"}]}, ["1", "2"]),
    "a dictionary by letter": ({"column": "l"}, {"l": {"B": "2", "A": "1", "C": "3"}}, ["1", "2", "3"]),
    "text that holds JSON": ({"column": "l", "decode": "json"}, {"l": '["1", "2\\u00e9"]'}, ["1", "2é"]),
    "text that holds JSON by letter": ({"column": "l", "decode": "json"}, {"l": '{"A": "1", "B": "2"}'}, ["1", "2"]),
    "text that holds a Python list": ({"column": "l", "decode": "python"}, {"l": "['it\\'s', \"2\"]"}, ["it's", "2"]),
    "text that is split": ({"column": "l", "split": "|"}, {"l": "1 | 2.5||4"}, ["1", "2.5", "", "4"]),
    "text that is split, then cleaned": (
        {"column": "l", "split": ";", "strip": r"[a-d]\)", "empty": [""]},
        {"l": "a) 1; b) 2;"},
        ["1", "2"],
    ),
    "prefixes": ({"column": "l", "strip": r"\([A-D]\)|[1-4๑-๔]\."}, {"l": ["(A) 1", "๒. 2.5"]}, ["1", "2.5"]),
    "replacements": ({"column": "l", "replace": [[r"\[.*?\]", ""]]}, {"l": ["[s] 1", "2 [x][y]"]}, ["1", "2"]),
    "null at the end": ({"range": "o_{a..d}"}, FOUR | {"o_c": None, "o_d": None}, ["one", "two"]),
    "empty text at the end": ({"range": "o_{a..d}"}, FOUR | {"o_d": ""}, ["one", "two", "three", ""]),
    "empty at the end": (
        {"range": "o_{a..d}", "empty": ["", "N/A"]},
        FOUR | {"o_c": "N/A", "o_d": ""},
        ["one", "two"],
    ),
    "empty in between": (
        {"range": "o_{a..d}", "empty": ["N/A"]},
        FOUR | {"o_a": "N/A", "o_c": None, "o_d": "N/A"},
        ["N/A", "two"],
    ),
    "null in between": ({"range": "o_{a..d}"}, FOUR | {"o_a": None}, ["", "two", "three", "four"]),
    "null before the key": ({"range": "o_{a..b}"}, {"o_a": "1", "o_b": None}, ["1", ""]),  # the key is B
    "empty at the end of a list": ({"column": "l", "empty": ["N/A"]}, {"l": ["1", "2", "N/A", None]}, ["1", "2"]),
}


@pytest.mark.parametrize("name", CHOICES)
def test_choices(tmp_path, name):
    spec, row, expected = CHOICES[name]
    question = one(tmp_path, row, choices=spec)
    assert (list(question.choices), question.key, question.notes) == (expected, 1, ())


def test_the_number_of_choices_varies_within_a_file(tmp_path):
    short = {name: text for name, text in FOUR.items() if name != "o_d"}
    questions = read(tmp_path, [FOUR | {"id": 1}, short | {"id": 2}], choices={"range": "o_{a..d}"})
    assert [len(question.choices) for question in questions] == [4, 3]


def test_a_choice_that_is_not_text_is_noted(tmp_path):
    question = one(tmp_path, {"l": ["1", {"zh": "2", "en": "2"}, "3"]}, choices={"column": "l"})
    assert (question.choices, question.notes) == (("1", "", "3"), ("malformed_choice",))


def test_a_column_beyond_the_range_is_noted_once_where_it_has_a_text(tmp_path):
    rows = [FOUR | {"id": n, "o_e": text, "o_extra": "x"} for n, text in enumerate([None, "", "five", "six"])]
    questions = read(tmp_path, rows, choices={"range": "o_{a..d}"})
    assert [question.notes for question in questions] == [(), (), ("unnamed_choice",), ()]
    assert {len(question.choices) for question in questions} == {4}


# ---- the key ----

OPTIONS = {"l": ["w", "x", "y", "z"], "labels": ["1", "2", "3", "4"], "m": [{"label": "p"}, {"label": "q"}] * 2}
ANSWERS = {
    "a letter": ({"column": "k", "as": "letter"}, {"k": " C "}, "y"),
    "a letter or a digit": ({"column": "k", "as": "letter", "from": 1}, {"k": "3"}, "y"),
    "a letter where digits may be": ({"column": "k", "as": "letter", "from": 1}, {"k": "D"}, "z"),
    "a letter in a longer text": (
        {"column": "k", "as": "letter", "capture": r"^\(?([A-D])\)"},
        {"k": "(C) as A)"},
        "y",
    ),
    "an index in a longer text": ({"column": "k", "as": "index", "from": 1, "capture": r"(\d+)"}, {"k": "No. 3"}, "y"),
    "an index": ({"column": "k", "as": "index"}, {"k": 2}, "y"),
    "an index in text": ({"column": "k", "as": "index"}, {"k": " 2"}, "y"),
    "an index from 1": ({"column": "k", "as": "index", "from": 1}, {"k": 2}, "x"),
    "a label": ({"column": "k", "as": "label", "in": "labels"}, {"k": "4"}, "z"),
    "a label in a list of dictionaries": (
        {"column": "k", "as": "label", "in": {"path": ["m", "label"]}},
        {"k": "q"},
        "x",
    ),
    "a nested label": ({"path": ["k", 0], "as": "label", "in": {"column": "labels"}}, {"k": ["3"]}, "y"),
    "the choice's text": ({"column": "k", "as": "text"}, {"k": " y "}, "y"),
    "one hot": ({"column": "k", "as": "one_hot"}, {"k": [0, 0, 1, 0]}, "y"),
    "first": ({"as": "first"}, {}, "w"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(tmp_path, name):
    spec, row, expected = ANSWERS[name]
    question = one(tmp_path, OPTIONS | row, choices={"column": "l"}, answer=spec)
    assert question.choices[question.key] == expected
    assert sorted(question.choices) == OPTIONS["l"]
    assert (question.choices == tuple(OPTIONS["l"])) == (spec["as"] not in ("first", "one_hot"))


def test_the_text_of_the_key_may_be_the_one_before_or_after_cleaning(tmp_path):
    choices = {"column": "l", "strip": r"[A-D]\. "}
    for key in ("B. x", "x"):
        row = {"l": ["A. w", "B. x"], "k": key}
        assert one(tmp_path, row, choices=choices, answer={"column": "k", "as": "text"}).key == 1


def test_choices_of_which_the_first_is_right_are_shuffled_alike_in_all_languages(tmp_path):
    rows = {tag: [{"id": n, "l": [f"{tag} {i}" for i in range(4)]} for n in range(40)] for tag in ("en", "de")}
    changed = {"choices": {"column": "l"}, "answer": {"as": "first"}}
    questions = {tag: read(tmp_path, rows[tag], tag, **changed) for tag in rows}
    for english, german in zip(questions["en"], questions["de"], strict=True):
        assert english.key == german.key and english.choices[english.key] == "en 0"
        assert [text[-1] for text in english.choices] == [text[-1] for text in german.choices]
    keys = [question.key for question in questions["en"]]
    assert all(4 <= keys.count(key) <= 16 for key in range(4)), "about a quarter each"
    assert len({permutation(str(n), 4)[1] for n in range(40)}) == 4


# ---- rows ----

SPLITS = [{"id": n, "split": s, "flag": f} for n, (s, f) in enumerate([("test", True), ("dev", True), ("test", None)])]
WHERE = {
    "a value": ({"split": "test"}, ["0", "2"]),
    "several values": ({"split": ["dev", "train"]}, ["1"]),
    "not a value": ({"split": {"not": "test"}}, ["1"]),
    "not several values": ({"split": {"not": ["dev", "train"]}}, ["0", "2"]),
    "true": ({"flag": True}, ["0", "1"]),
    "null": ({"flag": None}, ["2"]),
    "two columns": ({"split": "test", "flag": {"not": None}}, ["0"]),
    "a number in text": ({"id": "1"}, ["1"]),
}


@pytest.mark.parametrize("name", WHERE)
def test_where(tmp_path, name):
    where, expected = WHERE[name]
    assert [question.question_id for question in read(tmp_path, SPLITS, where=where)] == expected


def test_positions_count_the_rows_that_are_left_out_too(tmp_path):
    questions = read(tmp_path, SPLITS, id="row", where={"split": "test"})
    assert [question.question_id for question in questions] == ["0", "2"]


# ---- groups and clusters ----


def test_groups_have_names_and_the_passage_is_the_cluster(tmp_path):
    rows = [{"id": n, "p": f"Passage {n // 2}.", "s": "history", "c": 3, "f": True, "e": None} for n in range(4)]
    groups = {"subject": "s", "century": "c", "flag": "f", "empty": "e"}
    questions = read(tmp_path, rows, passage="p", groups=groups)
    assert questions[0].groups == {"subject": "history", "century": "3", "flag": "True", "empty": ""}
    clusters = [question.cluster for question in questions]
    assert clusters[0] == clusters[1] != clusters[2] == clusters[3] and all(clusters)
    assert [question.cluster for question in read(tmp_path, rows, passage="p", cluster="id")] == ["0", "1", "2", "3"]


def test_a_group_is_left_to_the_pivot_where_the_pattern_is_found(tmp_path):
    rows = [{"id": 1, "s": "anatomy_test.csv_sw-KE.csv"}, {"id": 2, "s": "anatomy"}]
    questions = read(tmp_path, rows, groups={"subject": {"column": "s", "pivot_if": r"\.csv"}})
    assert [question.subject for question in questions] == ["", "anatomy"]
    assert [question.notes for question in questions] == [("subject_from_pivot",), ()]


# ---- files ----

ROWS = [ROW | {"id": f"q{n}"} for n in range(3)]


def write_arrow(path, rows, new=pa.ipc.new_file):
    table = pa.Table.from_pylist(rows)
    with new(path, table.schema) as writer:
        writer.write_table(table)


def write_text(path, rows, separator, encoding="utf-8"):
    lines = [separator.join(rows[0]), *(separator.join(row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)


KINDS = {
    "lines.jsonl": lambda path: write_jsonl(path, ROWS),
    "array.json": lambda path: path.write_text(json.dumps(ROWS, indent=2)),
    "array with a byte-order mark.json": lambda path: path.write_text(json.dumps(ROWS), encoding="utf-8-sig"),
    "lines.json": lambda path: write_jsonl(path, ROWS),
    "commas.csv": lambda path: write_text(path, ROWS, ","),
    "commas with a byte-order mark.csv": lambda path: write_text(path, ROWS, ",", "utf-8-sig"),
    "tabs.tsv": lambda path: write_text(path, ROWS, "\t"),
    "table.parquet": lambda path: write_parquet(path, ROWS),
    "file.arrow": lambda path: write_arrow(path, ROWS),
    "stream.arrow": lambda path: write_arrow(path, ROWS, pa.ipc.new_stream),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_files(tmp_path, name):
    KINDS[name](tmp_path / name)
    questions = read_questions(tmp_path / name, own(READ))
    assert [(q.question_id, q.question, q.choices, q.key) for q in questions.values()] == [
        (f"q{n}", "Two and two?", ("three", "four"), 1) for n in range(3)
    ]


@pytest.mark.parametrize("name", ["commas.csv", "tabs.tsv"])
def test_a_cell_may_be_larger_than_arrows_blocks(tmp_path, name):
    long = "word " * 300_000  # 1.5 MB
    write_text(tmp_path / name, [*ROWS, ROW | {"id": "q3", "q": long}], "\t" if name.endswith("tsv") else ",")
    questions = read_questions(tmp_path / name, own(READ))
    assert (questions["q1"].question, questions["q3"].question) == ("Two and two?", long.strip())


@pytest.mark.parametrize("pattern", ["part-{0..2}.parquet", "part-*.parquet", "par*-{0..2}.parquet"])
def test_several_files_are_read_in_order_and_their_rows_run_on(tmp_path, pattern):
    for n in (2, 0, 1):
        rows = [ROW | {"q": f"{n}.{i}"} for i in range(2)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"part-{n}.parquet")
    questions = read_questions(tmp_path / pattern, own(READ | {"id": "row"}), rows=6)
    assert {id_: question.question for id_, question in questions.items()} == {
        str(2 * n + i): f"{n}.{i}" for n in range(3) for i in range(2)
    }


def test_columns_of_struct_and_list_in_parquet(tmp_path):
    rows = [
        {"id": n, "q": {"stem": "Q?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}}, "k": "B"} for n in range(2)
    ]
    path = write_parquet(tmp_path / "a.parquet", rows)
    choices = {"path": ["q", "choices", "text"]}
    answer = {"column": "k", "as": "label", "in": {"path": ["q", "choices", "label"]}}
    changed = READ | {"question": "q.stem", "choices": choices, "answer": answer}
    question = read_questions(path, own(changed))["1"]
    assert (question.question, question.choices, question.key) == ("Q?", ("x", "y"), 1)


# ---- what languages have in common ----


def align(tmp_path, german, english, parallel="rows", pivot="en", **changed):
    files = {"de": german, "en": english}
    paths = {
        tag: write_jsonl(tmp_path / f"{tag}.jsonl", [ROW | {"q": f"{row}?"} | row for row in rows])
        for tag, rows in files.items()
    }
    readings = {"language": own(READ | changed, "de"), "pivot": own(READ | changed, pivot)}
    aligned, audited = align_with_pivot(paths["de"], paths[pivot], "de", readings, {}, True, parallel=parallel)
    return aligned["question_id"], list(
        zip(audited["question_id"], audited["reason"], audited["excluded"], strict=True)
    )


def test_a_question_with_another_number_of_choices_than_the_pivots_is_left_out(tmp_path):
    wide = [FOUR | {"id": n} for n in range(6)]
    narrow = [{key: value for key, value in row.items() if key != "o_d"} for row in wide]
    english = [*wide[:2], *narrow[2:4], *wide[4:]]
    german = [*wide[:2], *narrow[2:4], narrow[4], wide[5]]
    kept, findings = align(tmp_path, german, english, choices={"range": "o_{a..d}"})
    assert kept == ["0", "1", "2", "3", "5"], "three choices are fine where English has three"
    assert findings == [("4", "other_number_of_choices", True)]


def test_keys_are_not_compared_where_choices_are_in_another_order(tmp_path):
    english, german = [{"id": n} for n in range(3)], [{"id": n, "key": "A"} for n in (2, 1)]
    assert align(tmp_path, german, english, "ids") == (["1", "2"], [("0", "missing", True)])
    german[0]["key"] = "B"
    kept, findings = align(tmp_path, german, english, "rows")
    assert (kept, findings) == (["2"], [("1", "other_key", True), ("0", "missing", True)])


def test_languages_that_have_nothing_in_common_stand_alone(tmp_path):
    german = [{"id": f"g{n}", "key": "A"} for n in range(3)] + [{"id": "g9", "a": ""}]
    expected = [("g9", "empty_choice", True)]
    assert align(tmp_path, german, [], "none", pivot="de") == (["g0", "g1", "g2"], expected)
