"""Raw files of every shape become aligned tables with the right ids, order, keys and texts, despite planted defects."""

import pyarrow as pa
import pytest
from crosslens.data.alignment import align_with_pivot
from crosslens.data.prompts import render
from crosslens.errors import CrosslensError
from crosslens.tables.files import read_table, write_table
from crosslens.tables.inference import AUDIT, QUESTIONS
from hub_files import (
    belebele_row,
    english_hellaswag_row,
    hellaswag_row,
    mmlu_row,
    mmmlu_row,
    write_csv,
    write_jsonl,
    write_parquet,
)
from readings import both

SETTINGS = {"prompt": {}, "exclude_misaligned": True}


def belebele(path, changes=(), drop=()):
    """Write German and English files of eight questions: the German in reverse order, some rows changed or left out."""
    changes = dict(changes)
    rows = [belebele_row(n, question=f"Frage {n}?") | changes.get(n, {}) for n in range(8) if n not in drop]
    return {
        "path": write_jsonl(path / "deu_Latn.jsonl", rows[::-1]),
        "pivot_path": write_jsonl(path / "eng_Latn.jsonl", [belebele_row(n) for n in range(8)]),
        "readings": both("belebele"),
    }


def mmmlu(path, changes=(), drop=()):
    changes = dict(changes)
    rows = [mmmlu_row(n) | changes.get(n, {}) for n in range(8)]
    return {
        "path": write_csv(path / "mmlu_DE-DE.csv", rows),
        "pivot_path": write_parquet(path / "en.parquet", [mmlu_row(n) for n in range(8)]),
        "readings": both("mmmlu"),
    }


def hellaswag(path, changes=(), drop=()):
    changes = dict(changes)
    rows = [hellaswag_row(n) | changes.get(n, {}) for n in range(8) if n not in drop]
    return {
        "path": write_jsonl(path / "val.jsonl", rows[::-1]),
        "pivot_path": write_parquet(path / "en.parquet", [english_hellaswag_row(n) for n in range(8)]),
        "readings": both("hellaswag"),
    }


SHAPES = [belebele, mmmlu, hellaswag]


def findings(audited):
    """Return the rows of an audit as a set."""
    return set(zip(audited["question_id"], audited["reason"], audited["excluded"], strict=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_clean_files_are_aligned_in_the_order_of_the_pivot(tmp_path, shape):
    files = shape(tmp_path)
    aligned, audited = align_with_pivot(**files, language="de", **SETTINGS)
    own = {"path": files["pivot_path"], "readings": dict.fromkeys(["language", "pivot"], files["readings"]["pivot"])}
    pivot, pivot_audited = align_with_pivot(**files | own, language="en", **SETTINGS)
    assert len(aligned["question_id"]) == 8
    assert aligned["question_id"] == pivot["question_id"]
    assert aligned["key"] == pivot["key"]
    assert aligned["cluster"] == pivot["cluster"] and all(aligned["cluster"])
    assert aligned["groups"] == pivot["groups"]
    assert aligned["pivot_choices"] == pivot["choices"] == pivot["pivot_choices"]
    assert aligned["prompt"] != pivot["prompt"]
    assert audited == pivot_audited == {"language": [], "question_id": [], "reason": [], "excluded": []}


@pytest.mark.parametrize("shape", SHAPES)
def test_tables_match_their_schemas(tmp_path, shape):
    aligned, audited = align_with_pivot(
        **shape(tmp_path, {2: {"question": ""}, 1: {"Question": "", "ctx": ""}}), language="de", **SETTINGS
    )
    for table, columns in [(QUESTIONS, aligned), (AUDIT, audited)]:
        path = tmp_path / f"{table.name}.arrow"
        write_table(path, table, columns, {})
        assert read_table(path, table).num_rows == len(columns["question_id"]) > 0


def test_prompts_are_rendered_from_the_language_and_the_pivots_choices_travel_along(tmp_path):
    style = {"separator": "\n", "letter_form": "(a)", "frame": {"instruction": "I.", "question": "F:", "answer": "A:"}}
    aligned, _ = align_with_pivot(**mmmlu(tmp_path), language="de", prompt=style, exclude_misaligned=True)
    assert aligned["prompt"][3] == render("Frage 3?", ["a 3", "b 3", "c 3", "d 3"], **style)
    assert aligned["prompt"][3].splitlines() == ["I.", "F: Frage 3?", "(a) a 3", "(b) b 3", "(c) c 3", "(d) d 3", "A:"]
    aligned, _ = align_with_pivot(**belebele(tmp_path, {1: {"mc_answer1": "eins"}}), language="de", **SETTINGS)
    assert "Passage 0. Question: Frage 1? A: eins B:" in aligned["prompt"][1]
    assert (aligned["choices"][1][0], aligned["pivot_choices"][1][0]) == ("eins", "answer 1.1")


def test_belebele_defects(tmp_path):
    link = "https://en.wikinews.org/wiki"
    defects = {0: {"correct_answer_num": "3"}, 2: {"mc_answer2": " "}, 5: {"mc_answer4": None}}
    aligned, audited = align_with_pivot(**belebele(tmp_path, defects, drop=[4]), language="de", **SETTINGS)
    assert findings(audited) == {
        (f"{link}/0#1", "other_key", True),
        (f"{link}/1#1", "empty_choice", True),
        (f"{link}/2#1", "missing", True),
        (f"{link}/2#2", "other_number_of_choices", True),
    }
    assert aligned["question_id"] == [f"{link}/0#2", f"{link}/1#2", f"{link}/3#1", f"{link}/3#2"]


def test_misaligned_questions_can_be_kept(tmp_path):
    files = belebele(tmp_path, {0: {"correct_answer_num": "3"}, 2: {"mc_answer2": ""}})
    aligned, audited = align_with_pivot(**files, language="de", prompt={}, exclude_misaligned=False)
    assert [(reason, excluded) for _, reason, excluded in sorted(findings(audited))] == [
        ("other_key", False),
        ("empty_choice", True),
    ]
    assert len(aligned["question_id"]) == 7
    assert aligned["key"][0] == 2  # its own key


def test_mmmlu_defects(tmp_path):
    defects = {
        1: {"Answer": "A"},
        3: {"Subject": "anatomy_test.csv"},
        4: {"Subject": "virology"},
        5: {"A": "None", "B": "0.50"},
        6: mmmlu_row(7) | {"Answer": "C"},
    }
    aligned, audited = align_with_pivot(**mmmlu(tmp_path, defects), language="sw", **SETTINGS)
    assert findings(audited) == {
        ("1", "other_key", True),
        ("3", "subject_from_pivot", False),
        ("4", "other_subject", True),
        ("6", "duplicate", True),
        ("7", "duplicate", True),
    }
    assert aligned["question_id"] == ["0", "2", "3", "5"]
    assert aligned["groups"] == [["subject=anatomy"]] * 4
    assert aligned["cluster"] == aligned["question_id"]  # nothing is shared
    assert aligned["choices"][3] == ("None", "0.50", "c 5", "d 5")
    assert set(audited["language"]) == {"sw"}


def test_hellaswag_defects(tmp_path):
    endings = [{"zh": f"{i}", "en": f"{i}"} for i in range(4)]
    defects = {1: {"label": " 1"}, 2: {"endings": endings}, 3: {"endings": ["[step]", "b", "c", "d"]}}
    aligned, audited = align_with_pivot(**hellaswag(tmp_path, defects, drop=[5]), language="zh", **SETTINGS)
    assert findings(audited) == {
        ("2", "malformed_choice", True),
        ("3", "empty_choice", True),
        ("5", "missing", True),
    }
    assert aligned["question_id"] == ["0", "1", "4", "6", "7"]
    assert aligned["cluster"][1] == "activitynet~1"


def test_a_file_with_fewer_choices_than_the_pivots_is_an_error(tmp_path):
    files = hellaswag(tmp_path)
    rows = [hellaswag_row(n, endings=["a", "b", "c"], label="0") for n in range(8)]
    with pytest.raises(
        CrosslensError, match=r"3.jsonl: its questions have 3 answer choices, but those of .*en.parquet have 4"
    ):
        align_with_pivot(**files | {"path": write_jsonl(tmp_path / "3.jsonl", rows)}, language="de", **SETTINGS)


def test_a_file_without_any_usable_question_is_an_error(tmp_path):
    files = hellaswag(tmp_path)
    other = write_jsonl(tmp_path / "other.jsonl", [hellaswag_row(n) for n in (100, 101)])
    with pytest.raises(CrosslensError, match=r"no question of language 'de' .*not_in_pivot: 2, missing: 8"):
        align_with_pivot(**files | {"path": other}, language="de", **SETTINGS)


def test_audits_of_languages_can_be_concatenated(tmp_path):
    paths = []
    for tag, drop in [("de", [4]), ("sw", []), ("zh", [1, 2])]:
        _, audited = align_with_pivot(**belebele(tmp_path, drop=drop), language=tag, **SETTINGS)
        paths.append(tmp_path / f"{tag}.arrow")
        write_table(paths[-1], AUDIT, audited, {"rule": tag})
    table = pa.concat_tables(read_table(path, AUDIT) for path in paths)
    assert table["language"].to_pylist() == ["de", "zh", "zh"]
