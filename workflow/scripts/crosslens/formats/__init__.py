"""The formats that multiple-choice data sets come in, a module each: from a row of their files to a `Question`.

Files are read by `records`; the comparison between languages is `audit`'s. A row that cannot be used is still
returned, with a note of what is wrong, so that the audit can tell; a file that is not of the format is an error.

A new format is a module here, under the name that `format` in config/datasets.yaml says: its function ``read`` makes a
`Question` of a row, and ``PARTS`` is how Table 3 names its parts. Modules are imported by name, so that only the data
sets of a format are made anew when its code changes (see ``code`` of the rule `questions`).
"""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from crosslens.errors import CrosslensError
from crosslens.records import read_records

NOT_FORMATS = {"fields"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one language. ``notes`` are reasons of `audit.REASONS` that only the reader can see."""

    question_id: str  # the same in all languages
    passage: str  # "" where the format has none
    question: str
    choices: tuple[str, ...]
    answer: int  # index of the key in choices
    group: str  # subject or passage that the question belongs to, "" where the file does not say
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """How Table 3 names the parts of a format ({n} is 1, 2, ..., {letter} is a, b, ...)."""

    passage: str
    question: str
    choice: str


def names() -> list[str]:
    """All formats, sorted."""
    return sorted({found.name for found in pkgutil.iter_modules(__path__)} - NOT_FORMATS)


def module(name: str) -> ModuleType:
    """The module of the format ``name``. Raises CrosslensError where there is none."""
    if name not in names():
        raise CrosslensError(f"unknown data set format '{name}', expected one of {', '.join(names())}.")
    return import_module(f"{__name__}.{name}")


def read_questions(path: str | Path, format: str) -> dict[str, Question]:
    """All questions of a file of ``format`` by their id, in the file's order.

    A row that repeats an earlier one is noted and dropped. Raises CrosslensError for an unknown format, for a file that
    is not of it, and for two different rows of the same id.
    """
    read = module(format).read
    questions: dict[str, Question] = {}
    for record in read_records(path):
        question = read(record)
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
