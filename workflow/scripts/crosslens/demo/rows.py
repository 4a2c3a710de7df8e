"""The rows of the demo's data sets before they take the shape of a file, with the defects that are planted in them.

The defects are of the kinds found in the real data sets. `PLANTED` lists all of them, so that tests can check that the
audit finds these and no others. English, with which all languages are compared, has none.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from crosslens.demo.items import Item, Wording, held_out_items, word
from crosslens.demo.templates import SUBJECTS


@dataclass(frozen=True)
class Row:
    """A question in one language. The places count from 0, and are the same in all languages."""

    place: int
    item: Item
    wording: Wording
    key: int
    subject: str
    place_in_subject: int
    whole: bool = True  # False: the choices are written as dictionaries of two languages


class Defect(NamedTuple):
    """A planted defect, as the audit should report it: ``reason`` is one of `audit.REASONS`."""

    language: str
    place: int
    reason: str


PLANTED = {
    "belebele": [
        Defect("de", 21, "missing"),
        Defect("es", 40, "other_key"),
        Defect("hi", 77, "empty_choice"),
        Defect("sw", 102, "duplicate"),
        Defect("sw", 160, "repeated_id"),
    ],
    "mmmlu": [
        Defect("de", 15, "other_key"),
        Defect("es", 33, "duplicate"),
        Defect("id", 64, "empty_question"),  # none can be missing: the row is the question's id
        Defect("hi", 90, "empty_choice"),
        Defect("sw", 5, "subject_from_pivot"),
        Defect("sw", 6, "subject_from_pivot"),
        Defect("sw", 7, "subject_from_pivot"),
    ],
    "hellaswag": [
        Defect("de", 50, "missing"),
        Defect("de", 51, "missing"),
        Defect("es", 88, "malformed_choice"),
        Defect("id", 120, "empty_choice"),
        Defect("hi", 141, "duplicate"),
        Defect("sw", 199, "repeated_id"),
        Defect("sw", 200, "other_key"),
    ],
}

# In all languages, a wrong choice of these mMMLU questions is text that a careless reader turns into something else.
LOOKALIKES = {11: "None", 23: "0.50"}


def clean_rows(family: str, language: str) -> list[Row]:
    """Return all questions of a family in a language, without defects."""
    rows, places = [], Counter()
    for place, item in enumerate(held_out_items(family)):
        subject = SUBJECTS[item.fact.relation]
        wording = word(item, language)
        if family == "mmmlu" and place in LOOKALIKES:
            wording = _with_choice(wording, (item.key + 1) % len(item.choices), LOOKALIKES[place])
        rows.append(Row(place, item, wording, item.key, subject, places[subject]))
        places[subject] += 1
    return rows


def planted_rows(family: str, language: str) -> list[Row]:
    """Return the rows of `clean_rows` with the language's defects."""
    rows = {row.place: [row] for row in clean_rows(family, language)}
    clean = {place: row for place, [row] in rows.items()}
    for defect in PLANTED[family]:
        if defect.language == language:
            rows[defect.place] = DEFECTS[defect.reason](clean[defect.place], clean[defect.place - 1])
    return [row for rows_of_place in rows.values() for row in rows_of_place]


def expected_findings(family: str) -> set[Defect]:
    """Return the planted defects as the audit should report them: a duplicate shows on both of its questions."""
    return {
        Defect(defect.language, place, defect.reason)
        for defect in PLANTED[family]
        for place in ([defect.place - 1, defect.place] if defect.reason == "duplicate" else [defect.place])
    }


def _with_choice(wording: Wording, index: int, text: str) -> Wording:
    choices = (*wording.choices[:index], text, *wording.choices[index + 1 :])
    return replace(wording, choices=choices)


def _other_key(row: Row, before: Row) -> list[Row]:
    return [replace(row, key=(row.key + 1) % len(row.wording.choices))]


def _empty_choice(row: Row, before: Row) -> list[Row]:
    return [replace(row, wording=_with_choice(row.wording, (row.key + 1) % len(row.wording.choices), ""))]


def _duplicate(row: Row, before: Row) -> list[Row]:
    """Give the row the texts of the row before, but its own key, as if a translation had merged two questions."""
    return [replace(row, wording=before.wording)]


DEFECTS: dict[str, Callable[[Row, Row], list[Row]]] = {
    "missing": lambda row, before: [],
    "repeated_id": lambda row, before: [row, row],
    "malformed_choice": lambda row, before: [replace(row, whole=False)],
    "subject_from_pivot": lambda row, before: [replace(row, subject=f"{row.subject}_test.csv_sw-KE.csv")],
    "empty_question": lambda row, before: [replace(row, wording=replace(row.wording, question=""))],
    "other_key": _other_key,
    "empty_choice": _empty_choice,
    "duplicate": _duplicate,
}
