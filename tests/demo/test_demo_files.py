"""The files have the shapes of those on the hub: pandas and pyarrow load them, and so do the workflow's readers."""

import json

import pandas
import pyarrow.parquet
import pytest
from crosslens.data.audit import audit
from crosslens.data.reading import read_questions
from crosslens.demo.files import write_data_set
from crosslens.demo.items import FAMILIES, held_out_items
from crosslens.demo.lexicon import LANGUAGES
from crosslens.demo.rows import Defect, clean_rows, expected_findings
from readings import reading

FILES = {
    "belebele": {language: f"data/{language}.jsonl" for language in LANGUAGES},
    "mmmlu": {language: f"test/mmlu_{language}.csv" for language in LANGUAGES} | {"en": "all/test.parquet"},
    "hellaswag": {language: f"data/{language}/val.jsonl" for language in LANGUAGES} | {"en": "data/validation.parquet"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo_data")
    for family, files in FILES.items():
        write_data_set(folder / family, family, files)
    return folder


def jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def test_belebele(folder):
    rows = jsonl(folder / "belebele/data/hi.jsonl")
    names = "link question_number flores_passage question mc_answer1 mc_answer2 mc_answer3 mc_answer4"
    assert list(rows[0]) == [*names.split(), "correct_answer_num", "dialect", "ds"]
    assert {row["correct_answer_num"] for row in rows} == {"1", "2", "3", "4"}
    assert {row["question_number"] for row in rows} == {1, 2}
    assert rows[0]["dialect"] == "hi"


def test_mmmlu_reads_as_if_pandas_had_written_it(folder):
    table = pandas.read_csv(folder / "mmmlu/test/mmlu_id.csv", keep_default_na=False, dtype=str)
    assert list(table) == ["Unnamed: 0", "Question", "A", "B", "C", "D", "Answer", "Subject"]
    assert set(table["Answer"]) == set("ABCD")
    numbers = table["Unnamed: 0"].astype(int)
    assert len(table) == 240 and not numbers.is_monotonic_increasing, "it restarts in every subject"
    assert all(list(group) == list(range(len(group))) for _, group in numbers.groupby(table["Subject"]))
    texts = set(table[["A", "B", "C", "D"]].to_numpy().ravel())
    assert {"None", "0.50"} <= texts


def test_english_parquet_files(folder):
    mmlu = pyarrow.parquet.read_table(folder / "mmmlu/all/test.parquet")
    assert {field.name: str(field.type) for field in mmlu.schema} == {
        "question": "string",
        "subject": "string",
        "choices": "list<element: string>",
        "answer": "int64",
    }
    hellaswag = pyarrow.parquet.read_table(folder / "hellaswag/data/validation.parquet")
    names = "ind activity_label ctx_a ctx_b ctx endings source_id split split_type label"
    assert hellaswag.schema.names == names.split()
    assert str(hellaswag.schema.field("label").type) == "string"


def test_m_hellaswag_has_numbers_labels_with_spaces_and_a_dictionary(folder):
    rows = jsonl(folder / "hellaswag/data/es/val.jsonl")
    assert rows[7]["id"] == "hellaswag/validation/7"
    assert rows[10]["label"] == f" {rows[10]['label'].strip()}"
    assert sum(isinstance(row["endings"][0], dict) for row in rows) == 1
    english = clean_rows("hellaswag", "en")[88].wording.choices
    assert [ending["en"] for ending in rows[88]["endings"]] == list(english)
    assert any(row["ctx"].startswith("[header] ") and " [title] " in row["ctx"] for row in rows)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_audit_finds_the_planted_defects_and_no_others(folder, family):
    questions = {
        language: read_questions(folder / family / file, reading(family, language))
        for language, file in FILES[family].items()
    }
    places = {question_id: place for place, question_id in enumerate(questions["en"])}
    assert len(places) == len(held_out_items(family))
    reported = {
        Defect(language, places[finding.question_id], finding.reason)
        for language in LANGUAGES
        for finding in audit(questions[language], questions["en"], exclude_misaligned=True)
    }
    assert reported == expected_findings(family)


@pytest.mark.parametrize("family", FAMILIES)
def test_reading_gives_back_the_rows_that_were_written(folder, family):
    rows = clean_rows(family, "en")
    questions = read_questions(folder / family / FILES[family]["en"], reading(family, "en")).values()
    for row, question in zip(rows, questions, strict=True):
        heading = f"{row.wording.heading}. " if row.wording.heading else ""
        assert question.question == heading + row.wording.question
        assert (question.passage, question.choices, question.key) == (
            row.wording.passage,
            row.wording.choices,
            row.key,
        )
