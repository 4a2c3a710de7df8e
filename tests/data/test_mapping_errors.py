"""Mappings that do not fit their files, and mappings with a mistake: errors name the entry, the place and a remedy."""

import pytest
from crosslens.data.mapping import check_mapping
from crosslens.data.patterns import expand
from crosslens.data.reading import read_questions
from crosslens.errors import CrosslensError
from crosslens.experiment import sources
from crosslens.experiment.languages import raw_file, rows
from hub_files import write_jsonl
from readings import own

ROW = {"id": "q1", "q": "Q?", "a": "x", "b": "y", "key": "B", "n": 0, "l": ["x", "y"], "s": {"t": "z"}}
READ = {"id": "id", "question": "q", "choices": ["a", "b"], "answer": {"column": "key", "as": "letter"}}
REMEDY = r"Fix the row .*, or correct `read` or `files` of data set 'mine' \(in config/datasets.yaml or `define`\)\."


def answer(column, kind, **more):
    return {"answer": {"column": column, "as": kind, **more}}


# What is changed in the mapping, the row, and the message after the place.
MISFITS = {
    "a missing column": (
        {"question": "text"},
        {},
        r"field 'text' is missing \(there are .*\), but 'mine.read.question'",
    ),
    "a missing id": ({"id": ["id", "number"]}, {}, "field 'number' is missing .* 'mine.read.id' names it"),
    "a missing choice": ({"choices": {"range": "{a..c}"}}, {}, "field 'c' is missing .* 'mine.read.choices' names it"),
    "a missing list": ({"choices": {"column": "options"}}, {}, "field 'options' is missing .*'mine.read.choices'"),
    "a missing key": (answer("gold", "letter"), {}, "field 'gold' is missing .* 'mine.read.answer' names it"),
    "an unknown column in a template": (
        {"question": {"template": "{q} {hint}"}},
        {},
        "field 'hint' is missing .*'mine.read.question.template' names it",
    ),
    "a missing group": ({"groups": {"subject": "topic"}}, {}, "field 'topic' is missing .*'mine.read.groups.subject'"),
    "a missing condition": ({"where": {"split": "test"}}, {}, "field 'split' is missing .*'mine.read.where'"),
    "a missing step": ({"question": {"path": ["s", "u"]}}, {}, "field 's.u' is missing: there is no 'u' in .'t': 'z'"),
    "a missing dotted step": ({"question": "s.u"}, {}, "field 's.u' is missing: there is no 'u' in"),
    "a question that is a list": ({"question": "l"}, {}, r"field 'l' is \['x', 'y'\] .list., expected text"),
    "a question that is a number": ({"question": "n"}, {}, "field 'n' is 0 .int., expected text"),
    "an id that is null": ({}, {"id": None}, "field 'id' is None .NoneType., expected text"),
    "an id that is a list": ({"id": "l"}, {}, r"field 'l' is \['x', 'y'\] .list., expected text"),
    "an id without a match": (
        {"id": {"column": "id", "capture": r"(\d+)x"}},
        {},
        r"field 'id' is 'q.', which does not match",
    ),
    "a cell that is not looked up": (
        {"question": {"lookup": {"x": {"en": "1"}}, "by": ["a", "language"]}},
        {},
        r"field 'language' is 'de', which 'mine.read.question.lookup' does not have",
    ),
    "a lookup without the cell": (
        {"question": {"lookup": {"v": "1"}, "by": ["a"]}},
        {},
        "field 'a' is 'x', which 'mine.read.question.lookup' does not have",
    ),
    "choices that are text": (
        {"choices": {"column": "q"}},
        {},
        "field 'q' is 'Q\\?' .str., expected a list of answer choices; `decode` or `split` make a list of a text",
    ),
    "a single choice": (
        {"choices": {"column": "l"}},
        {"l": ["x"]},
        "field 'l' has 1 answer choices, expected at least 2",
    ),
    "a number to split": (
        {"choices": {"column": "n", "split": ";"}},
        {},
        "field 'n' is 0 .int., expected the text of a list",
    ),
    "text without what it is split at": (
        {"choices": {"column": "q", "split": ";"}},
        {},
        "field 'q' has 1 answer choices, expected at least 2",
    ),
    "text that is no JSON": (
        {"choices": {"column": "q", "decode": "json"}},
        {},
        "'q' is 'Q\\?' .str., expected the text of",
    ),
    "text that is no Python": (
        {"choices": {"column": "q", "decode": "python"}},
        {"q": "__import__('os')"},
        "field 'q' is .*, expected the text of a list",
    ),
    "a letter beyond the choices": ({}, {"key": "C"}, "field 'key' is 'C', but the keys are A, B"),
    "a letter that is a digit": ({}, {"key": "1"}, "field 'key' is '1', but the keys are A, B"),
    "two letters": ({}, {"key": "AB"}, "field 'key' is 'AB', but the keys are A, B"),
    "a key without a match": (
        answer("key", "letter", capture="([A-Z])[)]"),
        {},
        "field 'key' is 'B', which does not match",
    ),
    "a captured letter beyond the choices": (
        answer("key", "letter", capture="([A-Z])[)]"),
        {"key": "C)"},
        "field 'key' is 'C', but the keys are A, B",
    ),
    "an index that is a letter": (answer("key", "index"), {}, "field 'key' is 'B' .str., expected a whole number"),
    "an index beyond the choices": (answer("n", "index"), {"n": 2}, "field 'n' is 2, but the keys are 0 to 1"),
    "an index before the choices": (answer("n", "index", **{"from": 1}), {}, "field 'n' is 0, but the keys are 1 to 2"),
    "a digit beyond the choices": (
        answer("key", "letter", **{"from": 1}),
        {"key": "3"},
        "field 'key' is 3, but the keys are 1 to 2",
    ),
    "an unknown label": (answer("key", "label", **{"in": "l"}), {}, "field 'key' is 'B', but the labels are x, y"),
    "a text that is no choice": (answer("key", "text"), {}, "field 'key' is 'B', which is 0 of the answer choices"),
    "a text that is two choices": (
        answer("key", "text"),
        {"a": "B", "b": "B"},
        "field 'key' is 'B', which is 2 of the answer choices",
    ),
    "two that are hot": (answer("l", "one_hot"), {"l": [1, 1]}, r"field 'l' is \[1, 1\] .list., expected one 1"),
    "none that is hot": (answer("l", "one_hot"), {"l": [0, 0]}, r"field 'l' is \[0, 0\] .list., expected one 1"),
    "too many for the choices": (answer("l", "one_hot"), {"l": [1, 0, 0]}, "for 2 answer choices"),
    "rows in another order": (
        {"id": {"position": "row", "check": "n"}},
        {"n": 0},
        "field 'n' is 0 after 0: the rows are in another order, and they are the ids",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_file_that_does_not_fit_is_named_with_the_row_and_the_remedy(tmp_path, name):
    changed, row, message = MISFITS[name]
    path = write_jsonl(tmp_path / "a.jsonl", [ROW | {"id": "q0"} | row, ROW | row])
    with pytest.raises(CrosslensError, match=rf"^{path}: line [12]: (field .*)?{message}.*{REMEDY}"):
        read_questions(path, own(READ | changed))


def test_the_row_that_does_not_fit_is_the_one_that_is_named(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [ROW, ROW | {"id": "q2", "key": "C"}])
    with pytest.raises(CrosslensError, match=rf"^{path}: line 2: "):
        read_questions(path, own(READ))


def test_a_complete_file_counts_its_rows(tmp_path):
    spec = {"id": {"position": "row", "check": "n", "within": "a"}}
    path = write_jsonl(tmp_path / "a.jsonl", [ROW | {"n": n} for n in (0, 1, 3)])
    assert len(read_questions(path, own(READ | spec))) == 3, "unless the entry says how many there must be"
    with pytest.raises(CrosslensError, match="line 3: field 'n' is 3, but 2 rows are before it: a row is missing"):
        read_questions(path, own(READ | spec), rows=3)


def test_other_numbers_of_rows_and_equal_ids_are_errors(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [ROW, ROW | {"q": "Other?"}])
    with pytest.raises(CrosslensError, match="a.jsonl has 2 rows, but config/datasets.yaml says 3.* or correct `rows`"):
        read_questions(path, own(READ), rows=3)
    with pytest.raises(CrosslensError, match="line 2: has the id 'q1' of an earlier row.* `id` of data set 'mine'"):
        read_questions(path, own(READ))


def test_conditions_that_leave_no_row_are_an_error(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [ROW])
    message = r"`where` leaves none of its 1 rows: it is {'a': 'test'}, and the first row has a 'x'\. Correct `where`"
    with pytest.raises(CrosslensError, match=message):
        read_questions(path, own(READ | {"where": {"a": "test"}}))


# What is changed in the mapping, and the message: these show before there is a file.
MISTAKES = {
    "two sources": ({"question": {"column": "q", "path": ["s"]}}, "'mine.read.question': a text is made from one of"),
    "no source": (
        {"question": {"capture": "(x)"}},
        "'mine.read.question': a text is made .* this one has none of them",
    ),
    "a key of another source": (
        {"question": {"column": "q", "by": ["a"]}},
        "'mine.read.question': 'by' goes with lookup, not with 'column'",
    ),
    "a lookup by nothing": ({"question": {"lookup": {"x": "1"}}}, "'lookup' needs 'by'"),
    "no regular expression": (
        {"id": {"column": "id", "capture": "("}},
        r"'mine.read.id': '\(' is no regular expression",
    ),
    "a capture without a group": ({"id": {"column": "id", "capture": "x"}}, "'x' has 0 groups, expected 1"),
    "a wrong replacement": (
        {"question": {"column": "q", "replace": [["[", ""]]}},
        r"'mine.read.question.replace': '\[' is no regular expression",
    ),
    "a wrong prefix": ({"choices": {"column": "l", "strip": "*"}}, r"'mine.read.choices.strip': '\*' is no regular"),
    "a text that the template does not have": (
        {"question": {"template": "{q}", "with": {"hint": "a"}}},
        "the template has no '{hint}', but 'with' says what it is",
    ),
    "no template for the language": (
        {"question": {"template": {"zh": "{q}"}}},
        "'mine.read.question': has no text for language 'de'; '\\*' would be for all others",
    ),
    "no range": ({"choices": {"range": "option"}}, "'mine.read.choices': 'option' is not a pattern with one range"),
    "a backward range": ({"choices": {"range": "o{e..a}"}}, "'o{e..a}' is not a pattern with one range"),
    "a mixed range": ({"choices": {"range": "o{a..9}"}}, "'o{a..9}' is not a pattern with one range"),
    "two ranges": ({"choices": {"range": "o{a..b}{1..2}"}}, "is not a pattern with one range"),
    "two sources of choices": ({"choices": {"range": "{a..b}", "column": "l"}}, "come from one of range, column, path"),
    "no source of choices": ({"choices": {"empty": [""]}}, "come from one of range, column, path"),
    "a decoded range": ({"choices": {"range": "{a..b}", "decode": "json"}}, "'decode' goes with column or path"),
    "a split range": ({"choices": {"range": "{a..b}", "split": ";"}}, "'split' goes with column or path"),
    "a text that is decoded and split": (
        {"choices": {"column": "l", "decode": "json", "split": ";"}},
        "a text becomes a list by 'decode' or by 'split', not by both",
    ),
    "a capture from a list": (
        answer("l", "one_hot", capture="(1)"),
        "'capture' goes with a text, not with as: one_hot",
    ),
    "a key without a group": (answer("key", "letter", capture="[A-D]"), "'mine.read.answer': '.A-D.' has 0 groups"),
    "no column of the key": (
        {"answer": {"as": "letter"}},
        "'mine.read.answer': an answer is in a 'column' or at a 'path'",
    ),
    "a label without labels": (answer("key", "label"), "'mine.read.answer': as: label needs 'in'"),
    "labels for letters": (answer("key", "letter", **{"in": "l"}), "'in' goes with as: label, not with as: letter"),
    "a first number for texts": (answer("key", "text", **{"from": 1}), "'from' goes with as: index or letter"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_mapping_is_named_before_anything_is_read(name):
    changed, message = MISTAKES[name]
    with pytest.raises(CrosslensError, match=rf"^config/datasets.yaml key 'mine.read\..*{message}|{message}"):
        check_mapping(READ | changed, "mine.read", ["de"])


KNOWN = {tag: {"language": tag, "codes": code} for tag, code in {"en": "eng", "de": "deu", "sw": ""}.items()}
ENTRY = {"languages": ["en", "de"], "codes": "codes", "files": {"translations": "{code}.jsonl"}, "read": READ}
ENTRY |= {"source": {"hub": "lab/data", "revision": "main"}, "rows": {}, "parallel": "rows"}
ENTRIES = {
    "neither read nor module": ({"read": None}, "key 'mine': an entry has either `read` or `module`"),
    "both": ({"module": "arc"}, "key 'mine': an entry has either `read` or `module`"),
    "no such module": (
        {"read": None, "module": "arc"},
        "'mine.module': there is no 'arc.py' in crosslens/data/formats",
    ),
    "no code": ({"files": {"translations": "all.jsonl"}}, r"'mine.files.translations': it has no {code}"),
    "a star on the hub": (
        {"files": {"translations": "{code}/*.parquet"}},
        r"'mine.files.translations': '\*' needs a folder of your own .*part-{0..3}.parquet",
    ),
    "a split without code": (
        {"files": {"translations": {"config": "all", "split": "test"}}},
        r"'mine.files.translations': it has no {code}",
    ),
    "a split of a folder": (
        {"source": {"path": "mine"}, "files": {"translations": {"config": "{code}", "split": "test"}}},
        r"'mine.files.translations': `config` and `split` need a repository of the Hub \(`source.hub`\)",
    ),
    "a wrong range": (
        {"files": {"translations": "{code}/{b..a}.csv"}},
        "'mine.files.translations': 'code/{b..a}.csv' is not",
    ),
    "a mistake in the English mapping": (
        {"read_english": READ | {"id": {"column": "id", "capture": "x"}}},
        "'mine.read_english.id': 'x' has 0 groups",
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_mistake_in_an_entry_is_named(name):
    changed, message = ENTRIES[name]
    entry = {key: value for key, value in (ENTRY | changed).items() if value is not None}
    with pytest.raises(CrosslensError, match=message):
        sources.check_dataset("mine", entry, ["en", "de"], KNOWN, "config/datasets.yaml")


def test_a_mistake_in_an_entry_of_ones_own_names_its_place():
    entry = ENTRY | {"read": READ | {"id": {"column": "id", "capture": "x"}}}
    with pytest.raises(CrosslensError, match="^`define` of the config key 'mine.read.id': 'x' has 0 groups"):
        sources.check_dataset("mine", entry, ["en", "de"], KNOWN, "`define` of the config")


def test_an_entry_without_mistakes_passes_and_says_how_its_files_are_read():
    sources.check_dataset("mine", ENTRY, ["en", "de"], KNOWN, "config/datasets.yaml")
    english = READ | {"id": "row"}
    entry = ENTRY | {"read_english": english}
    assert sources.reading("mine", entry, "en", KNOWN) == own(english, "en") | {"key": "read_english"}
    assert sources.reading("mine", entry, "de", KNOWN) == own(READ) | {"key": "read"}


def test_a_code_of_the_entrys_own_wins():
    entry = ENTRY | {"code_of": {"de": "GER", "sw": "SWA"}}
    assert [raw_file(KNOWN, tag, "mine", entry) for tag in KNOWN] == ["eng.jsonl", "GER.jsonl", "SWA.jsonl"]
    entry = entry | {"rows": {"translations": {"GER": 3}}}
    assert (rows(entry, "GER.jsonl"), rows(entry, "eng.jsonl")) == (3, None)


def test_one_file_may_hold_all_languages(tmp_path):
    where = {"info.language": "{code}", "split": "test"}
    entry = ENTRY | {"files": {"translations": "all.jsonl"}, "read": READ | {"where": where}}
    sources.check_dataset("mine", entry, ["en", "de"], KNOWN, "config/datasets.yaml")
    rows = [
        ROW | {"id": f"{code}{n}", "info": {"language": code}, "split": "test"}
        for code in ("eng", "deu")
        for n in (1, 2)
    ]
    path = write_jsonl(tmp_path / "all.jsonl", [*rows, ROW | {"info": {"language": "deu"}, "split": "dev"}])
    for tag, code in {"en": "eng", "de": "deu"}.items():
        questions = read_questions(path, sources.reading("mine", entry, tag, KNOWN), rows=5)
        assert list(questions) == [f"{code}1", f"{code}2"]


def test_files_on_the_hub_are_named_by_a_range():
    entry = ENTRY | {"files": {"translations": "{code}/part-{0..1}.parquet"}, "rows": {"translations": 9}}
    sources.check_dataset("mine", entry, ["en", "de"], KNOWN, "config/datasets.yaml")
    settings = sources.file_settings("mine", entry, "deu/part-1.parquet", KNOWN)
    assert (settings["file"], settings["reading"]["language"], settings["rows"]) == ("deu/part-1.parquet", "de", None)
    whole = ENTRY | {"rows": {"translations": 9}}
    assert sources.file_settings("mine", whole, "deu.jsonl", KNOWN)["rows"] == 9


def test_a_split_on_the_hub_is_stored_under_its_names_and_fetched_by_them():
    files = {"translations": {"config": "{code}", "split": "test"}, "english": {"config": "all", "split": "dev"}}
    source = {"hub": "lab/data", "revision": "main", "english": {"hub": "lab/english", "revision": "v1"}}
    entry = ENTRY | {"files": files, "source": source, "rows": {"translations": {"deu": 9}, "english": 8}}
    sources.check_dataset("mine", entry, ["en", "de"], KNOWN, "config/datasets.yaml")
    assert [raw_file(KNOWN, tag, "mine", entry) for tag in ("en", "de")] == ["all/dev.parquet", "deu/test.parquet"]
    german = sources.file_settings("mine", entry, "deu/test.parquet", KNOWN)
    assert {key: german.pop(key) for key in ("hub", "config", "split", "rows")} == {
        "hub": "lab/data",
        "config": "deu",
        "split": "test",
        "rows": 9,
    }
    assert german["reading"]["language"] == "de" and "file" not in german
    english = sources.file_settings("mine", entry, "all/dev.parquet", KNOWN)
    assert [english[key] for key in ("hub", "config", "split", "rows")] == ["lab/english", "all", "dev", 8]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a", ["a"]),
        ("o{a..c}", ["oa", "ob", "oc"]),
        ("{A..B}", ["A", "B"]),
        ("p-{08..11}.csv", ["p-08.csv", "p-09.csv", "p-10.csv", "p-11.csv"]),
        ("{0..1}x", ["0x", "1x"]),
        ("{code}", ["{code}"]),
    ],
)
def test_ranges(pattern, names):
    assert expand(pattern) == names
