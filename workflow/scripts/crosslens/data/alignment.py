"""The questions of one language, aligned with the pivot's: every later step of the workflow starts from them.

Joins what the formats read, `audit` finds and `prompts` renders; knows no data set and no language by name.
"""

from collections import Counter
from collections.abc import Mapping

from crosslens.data.audit import audit, usual_number_of_choices
from crosslens.data.prompts import render
from crosslens.data.question import Question, check_rows, read_questions
from crosslens.errors import CrosslensError


def align_with_pivot(
    path: str,
    pivot_path: str,
    language: str,
    format: str,
    prompt: Mapping,
    exclude_misaligned: bool,
    rows: Mapping[str, int] | None = None,
) -> tuple[dict[str, list], dict[str, list]]:
    """Return the columns of the tables QUESTIONS and AUDIT for one language, from its raw file and the pivot's.

    Questions are in the pivot's order. For the pivot itself, both paths are the same. prompt: the arguments of
    `prompts.render` other than the question's texts. rows: the number of rows that the file at each path must have,
    where it is known. Raises CrosslensError if a file does not have ``format`` or has another number of rows, if its
    questions have another number of choices than the pivot's, or if no question is left.
    """
    pivot = read_questions(pivot_path, format)
    questions = pivot if path == pivot_path else read_questions(path, format)
    for file, file_questions in {pivot_path: pivot, path: questions}.items():
        check_rows(file_questions, (rows or {}).get(file), file)
    _check_number_of_choices(questions, path, pivot, pivot_path)
    findings = audit(questions, pivot, exclude_misaligned)
    excluded = {finding.question_id for finding in findings if finding.excluded}
    kept = [question_id for question_id in pivot if question_id in questions and question_id not in excluded]
    if not kept:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in Counter(finding.reason for finding in findings).items())
        raise CrosslensError(
            f"{path}: no question of language '{language}' can be used ({reasons}; compared with {pivot_path}). Is it "
            "the right file? Check `files` and `codes` of the data set in config/datasets.yaml."
        )
    pairs = [(questions[question_id], pivot[question_id]) for question_id in kept]
    return _question_columns(pairs, prompt), {
        "language": [language] * len(findings),
        "question_id": [finding.question_id for finding in findings],
        "reason": [finding.reason for finding in findings],
        "excluded": [finding.excluded for finding in findings],
    }


def _question_columns(pairs: list[tuple[Question, Question]], prompt: Mapping) -> dict[str, list]:
    """Return the columns of QUESTIONS from pairs of a language's question and the pivot's."""
    return {
        "question_id": [question.question_id for question, _ in pairs],
        "prompt": [render(question.question, question.choices, question.passage, **prompt) for question, _ in pairs],
        "choices": [question.choices for question, _ in pairs],
        "pivot_choices": [pivot.choices for _, pivot in pairs],
        "key": [question.key for question, _ in pairs],
        "group": [pivot.group or question.group for question, pivot in pairs],
    }


def _check_number_of_choices(questions: dict, path: str, pivot: dict, pivot_path: str) -> None:
    n, expected = usual_number_of_choices(questions), usual_number_of_choices(pivot)
    if n != expected:
        raise CrosslensError(
            f"{path}: its questions have {n} answer choices, but those of {pivot_path} have {expected}. Is a column "
            "missing? Download the file again, or correct `files` of the data set in config/datasets.yaml."
        )
