"""The questions of one language, aligned with the pivot's: every later step of the workflow starts from them.

Joins what `reading` reads, `audit` finds and `prompts` renders; knows no data set and no language by name.
"""

from collections import Counter
from collections.abc import Mapping

from crosslens.data.audit import Finding, audit
from crosslens.data.prompts import render
from crosslens.data.question import Question
from crosslens.data.reading import read_questions
from crosslens.data.selection import chosen
from crosslens.errors import CrosslensError

ALONE = "none"  # the value of `parallel` for data sets whose languages have nothing in common


def align_with_pivot(
    path: str,
    pivot_path: str,
    language: str,
    readings: Mapping[str, Mapping],
    prompt: Mapping,
    exclude_misaligned: bool,
    parallel: str = "rows",
    rows: Mapping[str, int | None] | None = None,
    selection: Mapping | None = None,
) -> tuple[dict[str, list], dict[str, list]]:
    """Return the columns of the tables QUESTIONS and AUDIT for one language, from its raw file and the pivot's.

    Questions are in the pivot's order. readings: how to read the file of the language and that of the pivot, by those
    names. prompt: the arguments of `prompts.render` other than the question's texts. parallel: whether the languages
    have the same questions with their choices in the same order ("rows"), in any order ("ids"), or questions of their
    own ("none", which leaves the pivot's file alone). rows: the number of rows that each path must have, where it is
    known. selection: the arguments of `selection.chosen`; all questions without it. Raises CrosslensError if a file
    cannot be read or has another number of rows, if no question has as many choices as the pivot's, or if no question
    is left.
    """
    known = rows or {}
    questions = read_questions(path, readings["language"], known.get(path))
    if parallel == ALONE or (path, readings["language"]) == (pivot_path, readings["pivot"]):
        pivot = questions
    else:
        pivot = read_questions(pivot_path, readings["pivot"], known.get(pivot_path))
    _check_number_of_choices(questions, path, pivot, pivot_path)
    findings = audit(questions, pivot, exclude_misaligned, same_order=parallel != "ids")
    kept = _kept(questions, pivot, findings, chosen(pivot, **selection) if selection else None)
    if not kept:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in Counter(finding.reason for finding in findings).items())
        raise CrosslensError(
            f"{path}: no question of language '{language}' can be used ({reasons}; compared with {pivot_path}). Is it "
            f"the right file? Check `files`, `codes` and `read` of data set '{readings['language']['dataset']}' in "
            "config/datasets.yaml."
        )
    return _question_columns(kept, prompt), {
        "language": [language] * len(findings),
        "question_id": [finding.question_id for finding in findings],
        "reason": [finding.reason for finding in findings],
        "excluded": [finding.excluded for finding in findings],
    }


def _kept(
    questions: Mapping[str, Question],
    pivot: Mapping[str, Question],
    findings: list[Finding],
    selected: set[str] | None,
) -> list[tuple[Question, Question]]:
    """Return the questions that stay, each with the pivot's, in the pivot's order."""
    excluded = {finding.question_id for finding in findings if finding.excluded}
    ids = [question_id for question_id in pivot if question_id in questions and question_id not in excluded]
    ids = [question_id for question_id in ids if selected is None or question_id in selected]
    return [(questions[question_id], pivot[question_id]) for question_id in ids]


def _question_columns(pairs: list[tuple[Question, Question]], prompt: Mapping) -> dict[str, list]:
    """Return the columns of QUESTIONS from pairs of a language's question and the pivot's."""
    return {
        "question_id": [question.question_id for question, _ in pairs],
        "prompt": [render(question.question, question.choices, question.passage, **prompt) for question, _ in pairs],
        "choices": [question.choices for question, _ in pairs],
        "pivot_choices": [pivot.choices for _, pivot in pairs],
        "key": [question.key for question, _ in pairs],
        "group": [_group(pivot) or _group(question) for question, pivot in pairs],
    }


def _group(question: Question) -> str:
    """Return the question's cluster or, without one, its first group."""
    return question.cluster or next(iter(question.groups.values()), "")


def _check_number_of_choices(questions: dict, path: str, pivot: dict, pivot_path: str) -> None:
    """Raise CrosslensError if no question has as many choices as the pivot's: then a column is missing."""
    numbers = [(len(questions[name].choices), len(pivot[name].choices)) for name in questions if name in pivot]
    if numbers and all(n != expected for n, expected in numbers):
        n, expected = Counter(numbers).most_common(1)[0][0]
        raise CrosslensError(
            f"{path}: its questions have {n} answer choices, but those of {pivot_path} have {expected}. Is a column "
            "missing? Download the file again, or correct `files` or `read` of the data set in config/datasets.yaml."
        )
