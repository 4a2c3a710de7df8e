"""Read the questions of a file: the module of the data set's format turns each row into a `Question`.

A row that cannot be used is still returned, with a note of what is wrong, so that `audit` can report it; a file that
does not have the format is an error. `readers` opens files; the formats are the modules in `formats/`.
"""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from crosslens.data.readers import read_records
from crosslens.errors import CrosslensError

FORMATS = "crosslens.data.formats"
NOT_FORMATS = {"fields"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one language. ``notes`` are the reasons of `audit.REASONS` that only show while reading."""

    question_id: str  # the same in all languages
    passage: str  # "" if the format has none
    question: str
    choices: tuple[str, ...]
    key: int  # index of the correct choice in choices
    group: str  # subject or passage that the question belongs to, "" if the file does not say
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """The names of a format's parts in the paper's Table 3 ({n} is 1, 2, ..., {letter} is a, b, ...)."""

    passage: str
    question: str
    choice: str


def format_names() -> list[str]:
    """Return the names of all formats, sorted."""
    folder = Path(__file__).parent / "formats"
    return sorted({module.name for module in pkgutil.iter_modules([str(folder)])} - NOT_FORMATS)


def format_module(name: str) -> ModuleType:
    """Return the module of the format ``name``. Raises CrosslensError if there is none.

    Scripts reach formats by name, so editing a format reruns only the data sets that have it (see ``code`` of the rule
    `questions`).
    """
    if name not in format_names():
        raise CrosslensError(f"unknown data set format '{name}', expected one of {', '.join(format_names())}.")
    return import_module(f"{FORMATS}.{name}")


def read_questions(path: str | Path, format: str) -> dict[str, Question]:
    """Return all questions of a file of ``format`` by their id, in the file's order.

    A row that repeats an earlier one is dropped, with a note. Raises CrosslensError if the format is unknown, if the
    file does not have it, or if two different rows have the same id.
    """
    read = format_module(format).read
    questions: dict[str, Question] = {}
    for record in read_records(path):
        question = read(record)
        earlier = questions.setdefault(question.question_id, question)
        if earlier is question:
            continue
        if replace(earlier, notes=question.notes) != question:
            raise CrosslensError(
                f"{record.where}: has the id '{question.question_id}' of an earlier row, but other contents. Ids must "
                "be unique: download the file again, or delete one of the rows."
            )
        questions[question.question_id] = replace(question, notes=(*earlier.notes, "repeated_id"))
    return questions


def check_rows(questions: Mapping[str, Question], rows: int | None, file: str | Path) -> None:
    """Raise CrosslensError if the file of the questions does not have ``rows`` rows; None allows any number."""
    n = len(questions) + sum(question.notes.count("repeated_id") for question in questions.values())
    if rows is not None and n != rows:
        raise CrosslensError(
            f"{file} has {n} questions, but config/datasets.yaml says {rows}. Has the file changed? Get the right one "
            "(pin the `revision` of its repository), or correct `rows`."
        )
