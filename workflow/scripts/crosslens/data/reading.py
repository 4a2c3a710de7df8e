"""Read the questions of a data set's files in one language.

A *reading* says how: ``dataset`` and ``language`` (its tag), for messages and lookups; and either ``read``, a mapping
from rows to questions (with ``key``, its key in the catalogue), or ``module``, a module of `formats/` for data sets
that no mapping can express. A row that cannot be used is still returned, with a note of what is wrong, so that `audit`
can report it; a file that does not fit is an error.
"""

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from crosslens.data.mapping import compile_mapping
from crosslens.data.question import Question
from crosslens.data.readers import read_records
from crosslens.data.records import Record, named
from crosslens.data.texts import Scope
from crosslens.errors import CrosslensError

FORMATS = "crosslens.data.formats"
NOT_FORMATS = {"fields"}


def format_names() -> list[str]:
    """Return the names of all modules of `formats/` that read a format, sorted."""
    folder = Path(__file__).parent / "formats"
    return sorted({module.name for module in pkgutil.iter_modules([str(folder)])} - NOT_FORMATS)


def format_module(name: str) -> ModuleType:
    """Return the module of `formats/` called ``name``. Raises CrosslensError if there is none.

    Scripts reach these modules by name, so editing one reruns only the data sets that name it (see ``code`` of the rule
    `questions`).
    """
    if name not in format_names():
        there = ", ".join(format_names()) or "none yet"
        raise CrosslensError(f"there is no module '{name}' in crosslens/data/formats (there are: {there}).")
    return import_module(f"{FORMATS}.{name}")


def read_questions(path: str | Path, reading: Mapping, rows: int | None = None) -> dict[str, Question]:
    """Return the questions of the files that ``path`` names by their id, in the files' order.

    A row that repeats an earlier one is dropped, with a note. rows: the number of rows that there must be; None if it
    is not known. Raises CrosslensError if the files cannot be read as ``reading`` says, have another number of rows, or
    have two different rows with the same id.
    """
    records = read_records(path, reading["dataset"])
    read = _reader(reading, records, rows is not None)
    check_rows(len(records), rows, path)
    questions: dict[str, Question] = {}
    for record in records:
        question = read(record)
        if question is not None:
            _add(question, questions, record)
    if not questions:
        where, first = reading["read"].get("where", {}), records[0].fields
        cells = ", ".join(f"{column} {first[column]!r}" for column in where if column in first)
        raise CrosslensError(
            f"{path}: `where` leaves none of its {len(records)} rows: it is {where}, and the first row has {cells}. "
            f"Correct `where`, or the language's code, of {named(reading['dataset'])}."
        )
    return questions


def check_rows(n: int, rows: int | None, file: str | Path) -> None:
    """Raise CrosslensError if a file of ``n`` rows should have ``rows`` of them; None allows any number."""
    if rows is not None and n != rows:
        raise CrosslensError(
            f"{file} has {n} rows, but config/datasets.yaml says {rows}. Has the file changed? Get the right one (pin "
            "the `revision` of its repository), or correct `rows`."
        )


def _add(question: Question, questions: dict[str, Question], record: Record) -> None:
    earlier = questions.setdefault(question.question_id, question)
    if earlier is question:
        return
    if replace(earlier, notes=question.notes) != question:
        raise CrosslensError(
            f"{record.where}: has the id '{question.question_id}' of an earlier row, but other contents. Ids must be "
            f"unique: delete one of the rows, or correct `id` of {named(record.entry)}."
        )
    questions[question.question_id] = replace(question, notes=(*earlier.notes, "repeated_id"))


def _reader(reading: Mapping, records: Sequence[Record], complete: bool) -> Callable[[Record], Question | None]:
    if "module" in reading:
        return format_module(reading["module"]).read
    columns = frozenset().union(*{tuple(record.fields) for record in records})
    key = f"{reading['dataset']}.{reading.get('key', 'read')}"
    return compile_mapping(reading["read"], Scope(key, reading["language"], columns, records[0], complete))
