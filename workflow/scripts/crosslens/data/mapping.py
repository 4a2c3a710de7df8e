"""Compile the mapping `read` of a data set, which says how rows of its files become questions.

A mapping is compiled once per file, against the file's columns, into a function from a record to a `Question`. Its
texts are compiled by `texts`, its choices and the key by `choices`. docs/mapping.md describes the grammar.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping

from crosslens.data.choices import Choices
from crosslens.data.question import Question
from crosslens.data.records import Record
from crosslens.data.texts import Scope, Text, regex, text, value

Read = Callable[[Record], Question | None]
Condition = Callable[[Record], bool]
SUBJECT_FROM_PIVOT = "subject_from_pivot"
JOIN = "#"  # between the texts that an id is made of


def compile_mapping(read: Mapping, scope: Scope) -> Read:
    """Return the function that reads a question of a record; None if the mapping's `where` leaves the record out.

    Raises CrosslensError if the mapping is wrong or does not fit the file; so does the function, for a record that does
    not have what the mapping names.
    """
    make_id = _id(read["id"], scope.at("id", plain=True, required=True))
    question = text(read["question"], scope.at("question"))
    passage = text(read["passage"], scope.at("passage")) if "passage" in read else None
    choices = Choices(read["choices"], read["answer"], scope)
    groups = {
        name: _group(spec, scope.at(f"groups.{name}", plain=True)) for name, spec in read.get("groups", {}).items()
    }
    cluster = text(read["cluster"], scope.at("cluster", plain=True)) if "cluster" in read else None
    wanted = _conditions(read.get("where", {}), scope.at("where"))

    def question_of(record: Record) -> Question | None:
        if not all(condition(record) for condition in wanted):
            return None
        question_id = make_id(record)
        texts, key, notes = choices.read(record, question_id)
        values = {name: group(record) for name, group in groups.items()}
        if None in values.values():
            notes += (SUBJECT_FROM_PIVOT,)
        shown = passage(record) if passage else ""
        return Question(
            question_id=question_id,
            passage=shown,
            question=question(record),
            choices=texts,
            key=key,
            groups={name: value or "" for name, value in values.items()},
            cluster=cluster(record) if cluster else _digest(shown),
            notes=notes,
        )

    return question_of


def check_mapping(read: Mapping, key: str, languages: Iterable[str], place: str = "config/datasets.yaml") -> None:
    """Raise CrosslensError, naming the ``key`` and its ``place``, for a mistake in a mapping that shows without a file.

    languages: the tags of the languages that it must serve.
    """
    for language in languages:
        compile_mapping(read, Scope(key, language, place=place))


def _id(spec: str | list | Mapping, scope: Scope) -> Text:
    if spec == "row" and (scope.columns is None or "row" not in scope.columns):
        spec = {"position": "row"}
    if not isinstance(spec, list):
        return text(spec, scope)
    parts = [text(part, scope) for part in spec]
    return lambda record: JOIN.join([part(record) for part in parts])


def _group(spec: str | Mapping, scope: Scope) -> Callable[[Record], str | None]:
    """Return the function that reads a group of a record; None stands for the pivot's group."""
    if isinstance(spec, str) or "pivot_if" not in spec:
        return text(spec, scope)
    pattern = regex(spec["pivot_if"], scope)
    group = text(spec, scope)

    def own(record: Record) -> str | None:
        name = group(record)
        return None if pattern.search(name) else name

    return own


def _conditions(where: Mapping, scope: Scope) -> list[Condition]:
    return [_condition(column, wanted, scope) for column, wanted in where.items()]


def _condition(column: str, wanted: object, scope: Scope) -> Condition:
    """Return whether a record's cell is (or is not) one of the values; a number may be written as text."""
    read = value(column, scope)
    negated = isinstance(wanted, Mapping)
    values = wanted["not"] if negated else wanted
    allowed = {_plain(item) for item in (values if isinstance(values, list) else [values])}
    missing = column.split(".")[0]

    def condition(record: Record) -> bool:
        cell = read(record) if missing in record.fields or column in record.fields else None
        return (_plain(cell) in allowed) != negated

    return condition


def _plain(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else str(cell)


def _digest(passage: str) -> str:
    """Return a short name for a passage; "" for none."""
    return hashlib.sha256(passage.encode()).hexdigest()[:16] if passage else ""
