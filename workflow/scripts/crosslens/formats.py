"""The shapes that multiple-choice data sets come in: one function a shape, from a row of its files to a `Question`.

Files are read by `records`; the comparison between languages is `audit`'s. A row that cannot be used is still
returned, with a note of what is wrong, so that the audit can tell; a file that is not of the shape is an error. A new
shape is one function and one row of `FORMATS`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase

from crosslens.errors import CrosslensError
from crosslens.records import Record, read_records


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one language. ``notes`` are reasons of `audit.REASONS` that only the reader can see."""

    question_id: str  # the same in all languages
    passage: str  # "" where the shape has none
    question: str
    choices: tuple[str, ...]
    answer: int  # index of the key in choices
    group: str  # subject or passage that the question belongs to, "" where the file does not say
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A shape: its row function, and how Table 3 names its parts ({n} is 1, 2, ..., {letter} is a, b, ...)."""

    read: Callable[[Record], Question]
    passage: str
    question: str
    choice: str


def read_questions(path: str | Path, format: str) -> dict[str, Question]:
    """All questions of a file of shape ``format`` by their id, in the file's order.

    A row that repeats an earlier one is noted and dropped. Raises CrosslensError for an unknown format, for a file that
    is not of the shape, and for two different rows of the same id.
    """
    if format not in FORMATS:
        raise CrosslensError(f"unknown data set format '{format}', expected one of {', '.join(FORMATS)}.")
    questions: dict[str, Question] = {}
    for record in read_records(path):
        question = FORMATS[format].read(record)
        earlier = questions.setdefault(question.question_id, question)
        if earlier is question:
            continue
        if replace(earlier, notes=question.notes) != question:
            raise CrosslensError(
                f"{record.where}: has the id '{question.question_id}' of an earlier row, but other contents. Ids must "
                "be unique: fetch the file again, or drop one of the rows."
            )
        questions[question.question_id] = replace(question, notes=(*earlier.notes, "repeated_id"))
    return questions


def check_rows(questions: Mapping[str, Question], rows: int | None, file: str | Path) -> None:
    """Raises CrosslensError where the file that the questions are from has not ``rows`` rows; None is any number."""
    found = len(questions) + sum(question.notes.count("repeated_id") for question in questions.values())
    if rows is not None and found != rows:
        raise CrosslensError(
            f"{file} has {found} questions, config/datasets.yaml says {rows}. Has the file changed? Get the right one "
            "(pin the `revision` of a repository), or correct `rows`."
        )


def read_belebele(record: Record) -> Question:
    """facebook/belebele: the key is a number from 1, often as a text; a question is known by its passage and number."""
    names = _present(record, BELEBELE_CHOICES)
    choices, notes = _choices([record.fields[name] for name in names], record, names[0])
    link = record.text("link")
    return Question(
        question_id=f"{link}#{record.integer('question_number')}",
        passage=record.text("flores_passage"),
        question=record.text("question"),
        choices=choices,
        answer=_index(record, "correct_answer_num", range(1, len(choices) + 1)),
        group=link,
        notes=notes,
    )


def read_mmmlu(record: Record) -> Question:
    """openai/MMMLU (columns Question, A, B, ...) and cais/mmlu (columns question, choices, answer), the English.

    A question is known by its row: the unnamed first column of the CSV, the position in the parquet. Some CSV files
    have the names of files as subjects; the pivot's subject is used for those.
    """
    if "choices" in record.fields:
        choices, notes = _choices(record.value("choices"), record, "choices")
        answer = _index(record, "answer", range(len(choices)))
        return Question(str(record.row), "", record.text("question"), choices, answer, record.text("subject"), notes)
    letters = _present(record, ascii_uppercase)
    choices, notes = _choices([record.fields[letter] for letter in letters], record, letters[0])
    index = next((name for name in ("Unnamed: 0", "") if name in record.fields), None)
    subject = record.text("Subject")
    if ".csv" in subject:
        subject, notes = "", (*notes, "subject_from_pivot")
    return Question(
        question_id=str(record.row if index is None else record.integer(index)),
        passage="",
        question=record.text("Question"),
        choices=choices,
        answer=_letter_index(record, "Answer", letters),
        group=subject,
        notes=notes,
    )


def read_hellaswag(record: Record) -> Question:
    """alexandrainst/m_hellaswag and Rowan/hellaswag, the English, whose row is the number in the translations' ``id``.

    Texts are cleaned. The group is the source that the English names; translations name it wrongly for some languages.
    """
    choices, notes = _choices(record.value("endings"), record, "endings", clean=clean_hellaswag)
    row, group = str(record.row), record.text("source_id") if "source_id" in record.fields else ""
    if "id" in record.fields:
        number = re.search(r"/(\d+)$", record.text("id"))
        if not number:
            raise record.error("id", f"is '{record.text('id')}', expected hellaswag/validation/<row>")
        row, group = number[1], ""
    answer = _index(record, "label", range(len(choices)))
    return Question(row, "", clean_hellaswag(record.text("ctx")), choices, answer, group, notes)


MARK_UP = re.compile(r"\[.*?\]")


def clean_hellaswag(text: str) -> str:
    """Without WikiHow's mark-up, as lm-evaluation-harness cleans it, and without white space at the ends."""
    text = text.strip().replace(" [title]", ". ")
    return MARK_UP.sub("", text).replace("  ", " ").strip()


FORMATS = {
    "belebele": Format(read_belebele, "<passage>", "<question>", "<mc answer {n}>"),
    "mmmlu": Format(read_mmmlu, "", "<question>", "<option {letter}>"),
    "hellaswag": Format(read_hellaswag, "", "<ctx>", "<ending {n}>"),
}


BELEBELE_CHOICES = [f"mc_answer{n}" for n in range(1, 1 + len(ascii_uppercase))]


def _present(record: Record, names: Sequence[str]) -> list[str]:
    """Those of ``names`` that the record has, at least two and none left out between them."""
    present = [name for name in names if name in record.fields]
    for expected in names[: max(2, len(present))]:
        record.value(expected)
    return present


def _choices(
    values: object, record: Record, field: str, clean: Callable[[str], str] = str.strip
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The choices, and the notes on them. A choice that is not a text becomes "" and is noted."""
    if not isinstance(values, list):
        raise record.error(field, f"is {values!r}, expected a list of answer choices")
    if len(values) < 2:
        raise record.error(field, f"has {len(values)} answer choices, expected at least 2")
    texts = tuple(clean(value) if isinstance(value, str) else "" for value in values)
    whole = all(isinstance(value, str) for value in values)
    return texts, () if whole else ("malformed_choice",)


def _index(record: Record, field: str, numbers: range) -> int:
    """The position in ``numbers`` of the key that the field gives."""
    number = record.integer(field)
    if number not in numbers:
        raise record.error(field, f"is {number}, but the keys are {numbers.start} to {numbers.stop - 1}")
    return number - numbers.start


def _letter_index(record: Record, field: str, letters: list[str]) -> int:
    """The position in ``letters`` of the key that the field gives."""
    letter = record.text(field)
    if letter not in letters:
        raise record.error(field, f"is '{letter}', but the keys are {', '.join(letters)}")
    return letters.index(letter)
