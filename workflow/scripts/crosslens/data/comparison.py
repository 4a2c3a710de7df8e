"""The questions of a language beside the pivot's, as two files have them, and what the audit finds in them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from crosslens.data.audit import Finding, audit
from crosslens.data.question import Question
from crosslens.data.reading import read_questions
from crosslens.errors import CrosslensError

Pair = tuple[Question, Question]  # a question in a language, and in the pivot


class Compared(NamedTuple):
    """Questions of a language and of the pivot by id, and the findings of the language's audit."""

    questions: Mapping[str, Question]
    pivot: Mapping[str, Question]
    findings: list[Finding]

    def left_out(self) -> dict[str, list[str]]:
        """Return the reasons of every question that is left out, by id."""
        reasons: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.excluded:
                reasons.setdefault(finding.question_id, []).append(finding.reason)
        return reasons

    def pairs(self, ids: Iterable[str]) -> list[Pair]:
        """Return the questions with these ids, each with the pivot's."""
        return [(self.questions[question_id], self.pivot[question_id]) for question_id in ids]


def compare(
    path: str,
    pivot_path: str,
    readings: Mapping[str, Mapping],
    exclude_misaligned: bool,
    parallel: str = "rows",
    rows: Mapping[str, int | None] | None = None,
) -> Compared:
    """Return the questions in a language's file and in the pivot's; the arguments are those of `align_with_pivot`.

    Raises CrosslensError if a file cannot be read or has another number of rows, or if no question has as many choices
    as the pivot's.
    """
    known = rows or {}
    questions = read_questions(path, readings["language"], known.get(path))
    if (path, readings["language"]) == (pivot_path, readings["pivot"]):
        pivot = questions
    else:
        pivot = read_questions(pivot_path, readings["pivot"], known.get(pivot_path))
    _check_number_of_choices(questions, path, pivot, pivot_path)
    return Compared(questions, pivot, audit(questions, pivot, exclude_misaligned, same_order=parallel != "ids"))


def _check_number_of_choices(questions: Mapping, path: str, pivot: Mapping, pivot_path: str) -> None:
    """Raise CrosslensError if no question has as many choices as the pivot's: then a column is missing."""
    numbers = [(len(questions[name].choices), len(pivot[name].choices)) for name in questions if name in pivot]
    if numbers and all(n != expected for n, expected in numbers):
        n, expected = Counter(numbers).most_common(1)[0][0]
        raise CrosslensError(
            f"{path}: its questions have {n} answer choices, but those of {pivot_path} have {expected}. Is a column "
            "missing? Download the file again, or correct `files` or `read` of the data set in config/datasets.yaml."
        )
