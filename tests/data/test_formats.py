"""The catalogue's mappings give the texts that `datasets` reads from the same files, and handle every known trap."""

import datasets
import pytest
from crosslens.data.reading import read_questions
from crosslens.errors import CrosslensError
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
from readings import reading

TRICKY = ["None", "NA", "nan", "0.50", "007", "True", 'say "x", then', "zwei\nZeilen", "हिन्दी", "null"]


def load(kind, path, cache, **options):
    """Return the rows that Hugging Face's `datasets` reads from the file: the oracle."""
    return list(datasets.load_dataset(kind, data_files=path, split="train", cache_dir=str(cache), **options))


def test_belebele_is_what_datasets_reads(tmp_path):
    path = write_jsonl(tmp_path / "de.jsonl", [belebele_row(n, mc_answer2=text) for n, text in enumerate(TRICKY)])
    expected = load("json", path, tmp_path)
    questions = list(read_questions(path, reading("belebele")).values())
    assert len(questions) == len(expected) == len(TRICKY)
    for question, row in zip(questions, expected, strict=True):
        assert question.question_id == f"{row['link']}#{row['question_number']}"
        assert (question.passage, question.question) == (row["flores_passage"], row["question"])
        assert question.choices == tuple(row[f"mc_answer{i}"] for i in range(1, 5))
        assert question.choices[question.key] == row[f"mc_answer{row['correct_answer_num']}"]
        assert question.cluster == row["link"]


@pytest.mark.parametrize("index_label", [None, "Unnamed: 0"])
def test_mmmlu_is_what_datasets_reads(tmp_path, index_label):
    path = write_csv(tmp_path / "mmlu_DE-DE.csv", [mmmlu_row(n, B=text) for n, text in enumerate(TRICKY)], index_label)
    names = [index_label or "Unnamed: 0", "Question", *"ABCD", "Answer", "Subject"]
    features = datasets.Features({name: datasets.Value("string") for name in names})
    expected = load("csv", path, tmp_path, keep_default_na=False, features=features)
    questions = list(read_questions(path, reading("mmmlu")).values())
    assert [question.question_id for question in questions] == [str(n) for n in range(len(TRICKY))]
    assert [row["Unnamed: 0"] for row in expected] == [str(n) for n in range(len(TRICKY))], "one subject"
    for question, row in zip(questions, expected, strict=True):
        assert question.question == row["Question"]
        assert question.choices == tuple(row[letter] for letter in "ABCD")
        assert question.choices[question.key] == row[row["Answer"]]
        assert question.groups == {"subject": row["Subject"]}


def test_english_mmlu_is_what_datasets_reads(tmp_path):
    rows = [mmlu_row(n, choices=[text, *"bcd"]) for n, text in enumerate(TRICKY)]
    path = write_parquet(tmp_path / "en.parquet", rows)
    expected = load("parquet", path, tmp_path)
    questions = read_questions(path, reading("mmmlu", "en"))
    assert list(questions) == [str(n) for n in range(len(expected))]
    for question, row in zip(questions.values(), expected, strict=True):
        assert (question.question, question.choices) == (row["question"], tuple(row["choices"]))
        assert (question.key, question.subject) == (row["answer"], row["subject"])


def test_hellaswag_is_what_datasets_reads(tmp_path):
    rows = [hellaswag_row(n, endings=[text, *"bcd"], label=f" {n % 4}") for n, text in enumerate(TRICKY)]
    path = write_jsonl(tmp_path / "val.jsonl", rows[::-1])
    questions = read_questions(path, reading("hellaswag"))
    for row in load("json", path, tmp_path):
        question = questions[row["id"].removeprefix("hellaswag/validation/")]
        assert (question.question, question.choices) == (row["ctx"], tuple(row["endings"]))
        assert question.key == int(row["label"])
        assert question.cluster == ""  # source_id is a placeholder in some translations


def test_english_hellaswag_is_what_datasets_reads(tmp_path):
    path = write_parquet(tmp_path / "en.parquet", [english_hellaswag_row(n) for n in range(6)])
    questions = read_questions(path, reading("hellaswag", "en"))
    for n, row in enumerate(load("parquet", path, tmp_path)):
        question = questions[str(n)]
        assert (question.question, question.choices) == (row["ctx"], tuple(row["endings"]))
        assert (question.key, question.cluster) == (int(row["label"]), row["source_id"])


def test_ids_come_from_fields_and_not_from_the_order(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [belebele_row(n) for n in (3, 0, 2)])
    assert read_questions(path, reading("belebele"))["https://en.wikinews.org/wiki/1#2"].question == "Question 3?"


def test_the_row_is_the_id_since_the_first_column_restarts_in_every_subject(tmp_path):
    path = write_csv(tmp_path / "a.csv", [mmmlu_row(n) for n in range(8, 12)])
    assert [line[:2] for line in (tmp_path / "a.csv").read_text().splitlines()][1:] == ["0,", "1,", "0,", "1,"]
    questions = read_questions(path, reading("mmmlu"))
    assert {id_: question.question for id_, question in questions.items()} == {
        str(n): f"Frage {8 + n}?" for n in range(4)
    }


def test_a_choice_that_a_row_lacks_is_no_choice_and_one_too_many_is_noted_once(tmp_path):
    three = {key: value for key, value in belebele_row(0).items() if key != "mc_answer4"}
    null = belebele_row(1, mc_answer4=None, correct_answer_num="1")
    more = [belebele_row(n, mc_answer5="fifth") for n in (2, 3)]
    path = write_jsonl(tmp_path / "a.jsonl", [three, null, *more])
    questions = list(read_questions(path, reading("belebele")).values())
    assert [len(question.choices) for question in questions] == [3, 3, 4, 4]
    assert [question.notes for question in questions] == [(), (), ("unnamed_choice",), ()]


def test_a_subject_that_is_a_file_name_is_left_to_the_pivot(tmp_path):
    names = ["anatomy_test.csv_sw-KE.csv", "anatomy_test.csv", "anatomy_test-sw-KE.csv"]
    rows = [*(mmmlu_row(i, Subject=name) for i, name in enumerate(names)), mmmlu_row(3)]
    questions = list(read_questions(write_csv(tmp_path / "a.csv", rows), reading("mmmlu")).values())
    assert [question.subject for question in questions] == ["", "", "", "anatomy"]
    assert [question.notes for question in questions] == [("subject_from_pivot",)] * 3 + [()]


def test_endings_that_are_dictionaries_are_kept_and_noted(tmp_path):
    endings = [{"zh": f"结尾{i}", "en": f"ending {i}"} for i in range(4)]
    path = write_jsonl(tmp_path / "a.jsonl", [hellaswag_row(0, endings=endings), hellaswag_row(1)])
    questions = read_questions(path, reading("hellaswag"))
    assert questions["0"].choices == ("",) * 4 and questions["0"].notes == ("malformed_choice",)
    assert questions["1"].notes == ()


def test_texts_lose_the_white_space_around_them(tmp_path):
    row = belebele_row(0, flores_passage=" p\n", question="q? ", mc_answer1="\ta ")
    (question,) = read_questions(write_jsonl(tmp_path / "a.jsonl", [row]), reading("belebele")).values()
    assert (question.passage, question.question, question.choices[0]) == ("p", "q?", "a")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[header] How to bake [title] Mix it. [step] Stir  well.", "How to bake. Mix it. Stir well."),
        ("A man [substeps] sits.", "A man sits."),
        ("Plain text, untouched.", "Plain text, untouched."),
        ("one [a] two [b] three", "one two three"),
        ("[step] ", ""),
    ],
)
def test_hellaswag_mark_up_is_removed(tmp_path, text, expected):
    (question,) = read_questions(
        write_jsonl(tmp_path / "a.jsonl", [hellaswag_row(0, ctx=text, endings=[*"abc", text])]), reading("hellaswag")
    ).values()
    assert question.question == question.choices[3] == expected


def test_a_row_that_occurs_several_times_is_kept_once_and_noted(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [belebele_row(n) for n in (0, 1, 0, 0)])
    questions = read_questions(path, reading("belebele"))
    assert [question.notes for question in questions.values()] == [("repeated_id", "repeated_id"), ()]
    assert read_questions(path, reading("belebele"), rows=4) == questions
    with pytest.raises(CrosslensError, match="a.jsonl has 4 rows, but config/datasets.yaml says 2"):
        read_questions(path, reading("belebele"), rows=2)
