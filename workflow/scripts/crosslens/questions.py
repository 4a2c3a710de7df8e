"""The questions of one language, aligned with the pivot's: what every later step of the workflow asks.

Joins what `formats` reads, `audit` finds and `prompts` renders; knows no data set and no language by name.
"""

from collections import Counter
from collections.abc import Mapping

from crosslens.audit import audit, usual_number_of_choices
from crosslens.errors import CrosslensError
from crosslens.formats import Question, check_rows, read_questions
from crosslens.prompts import render


def align(
    path: str,
    pivot_path: str,
    language: str,
    format: str,
    prompt: Mapping,
    exclude_misaligned: bool,
    rows: Mapping[str, int] | None = None,
) -> tuple[dict[str, list], dict[str, list]]:
    """Columns of the tables `questions` and `audit` for one language, from its raw file and the pivot's.

    Questions are in the pivot's order. For the pivot itself both paths are the same. prompt: the arguments of
    `prompts.render` besides the question. rows: how many a file must have, for those paths of which it is known. Raises
    CrosslensError for a file that is not of ``format`` or has another number of rows, and where no question is
    left.
    """
    pivot = read_questions(pivot_path, format)
    questions = pivot if path == pivot_path else read_questions(path, format)
    for file, found in {pivot_path: pivot, path: questions}.items():
        check_rows(found, (rows or {}).get(file), file)
    _check_same_shape(questions, path, pivot, pivot_path)
    findings = audit(questions, pivot, exclude_misaligned)
    excluded = {finding.question_id for finding in findings if finding.excluded}
    kept = [question_id for question_id in pivot if question_id in questions and question_id not in excluded]
    if not kept:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in Counter(finding.reason for finding in findings).items())
        raise CrosslensError(
            f"{path}: no question of language '{language}' can be used ({reasons}; compared with {pivot_path}). Is it "
            "the right file? `files` and `codes` of the data set are in config/datasets.yaml."
        )
    rows = [(questions[question_id], pivot[question_id]) for question_id in kept]
    return _questions(rows, prompt), {
        "language": [language] * len(findings),
        "question_id": [finding.question_id for finding in findings],
        "reason": [finding.reason for finding in findings],
        "excluded": [finding.excluded for finding in findings],
    }


def _questions(rows: list[tuple[Question, Question]], prompt: Mapping) -> dict[str, list]:
    return {
        "question_id": [question.question_id for question, _ in rows],
        "prompt": [render(question.question, question.choices, question.passage, **prompt) for question, _ in rows],
        "choices": [question.choices for question, _ in rows],
        "pivot_choices": [pivot.choices for _, pivot in rows],
        "answer": [question.answer for question, _ in rows],
        "group": [pivot.group or question.group for question, pivot in rows],
    }


def _check_same_shape(questions: dict, path: str, pivot: dict, pivot_path: str) -> None:
    n, expected = usual_number_of_choices(questions), usual_number_of_choices(pivot)
    if n != expected:
        raise CrosslensError(
            f"{path}: its questions have {n} answer choices, those of {pivot_path} have {expected}. Is a column "
            "missing? Fetch the file again, or mend `files` of the data set in config/datasets.yaml."
        )
