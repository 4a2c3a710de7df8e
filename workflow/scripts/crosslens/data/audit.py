"""Audit a language's questions against the pivot's: what is wrong with them, and which of them are left out.

Judges questions that have been read, and changes none. `REASONS` lists everything that can be wrong. The pivot
is audited against itself, so only its own defects show.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from crosslens.data.question import Question

UNUSABLE = "unusable"  # cannot be asked or scored: always left out of the language
MISALIGNED = "misaligned"  # not the question that the pivot asks: left out if the config sets exclude_misaligned
NOTED = "noted"  # kept
SET_ASIDE = "set aside"  # left out of all languages, as it stands in every prompt


class Reason(NamedTuple):
    """A reason for a question to be in the audit: what it means for the question, and a description for people."""

    severity: str
    doc: str


REASONS = {
    "missing": Reason(UNUSABLE, "the pivot has the question, but the language does not"),
    "not_in_pivot": Reason(UNUSABLE, "the language has the question, but the pivot does not"),
    "unusable_in_pivot": Reason(UNUSABLE, "the pivot's question cannot be used, so there are no pivot choices"),
    "empty_question": Reason(UNUSABLE, "the question, or a passage that the pivot has, is empty"),
    "empty_choice": Reason(UNUSABLE, "an answer choice is empty"),
    "malformed_choice": Reason(UNUSABLE, "an answer choice is not text (m_hellaswag: a dictionary of two languages)"),
    "other_number_of_choices": Reason(UNUSABLE, "the number of answer choices is not that of the pivot"),
    "other_key": Reason(MISALIGNED, "the key is not the same choice as in the pivot"),
    "other_subject": Reason(MISALIGNED, "the subject is not the same as in the pivot"),
    "misordered_group": Reason(MISALIGNED, "its subject's keys differ so often that the order must differ"),
    "indistinct_choices": Reason(MISALIGNED, "two answer choices have the same text, but differ in the pivot"),
    "duplicate": Reason(MISALIGNED, "another question has the same text and choices, but differs in the pivot"),
    "indistinct_in_pivot": Reason(NOTED, "two answer choices have the same text, in the pivot too"),
    "duplicate_in_pivot": Reason(NOTED, "another question has the same text and choices, in the pivot too"),
    "unnamed_choice": Reason(NOTED, "a column that looks like an answer choice is not in the mapping; said once"),
    "repeated_id": Reason(NOTED, "the row occurs several times in the file; one is kept"),
    "subject_from_pivot": Reason(NOTED, "the subject is the name of a file; the pivot's subject is used"),
    "example": Reason(SET_ASIDE, "an example in every prompt, so it is not asked"),
}

# If at least this many and this share of a subject's keys differ from the pivot's, the subject is taken to be in
# another order rather than to have single wrong keys. A random order of four-choice questions changes 75 % of the keys.
MISORDERED_COUNT = 10
MISORDERED_SHARE = 0.2

Questions = Mapping[str, Question]


class Finding(NamedTuple):
    """One row of the audit. ``excluded``: whether the question was left out, for this reason or for another."""

    question_id: str
    reason: str
    excluded: bool


def audit(questions: Questions, pivot: Questions, exclude_misaligned: bool, same_order: bool = True) -> list[Finding]:
    """Return all findings on a language's questions, with those on one question next to each other.

    same_order: whether a question's choices stand in the pivot's order; if not, keys are not compared.
    """
    reasons_by_id: dict[str, list[str]] = defaultdict(list)
    for question_id, reason in _findings(questions, pivot, same_order):
        if reason not in reasons_by_id[question_id]:
            reasons_by_id[question_id].append(reason)
    excluding = {UNUSABLE, MISALIGNED} if exclude_misaligned else {UNUSABLE}
    return [
        Finding(question_id, reason, any(REASONS[name].severity in excluding for name in reasons))
        for question_id, reasons in reasons_by_id.items()
        for reason in reasons
    ]


def set_aside(findings: list[Finding], ids: Collection[str]) -> list[Finding]:
    """Return the findings with the questions ``ids`` left out, since they are examples; a finding each says so."""
    left_out = [finding._replace(excluded=True) if finding.question_id in ids else finding for finding in findings]
    return left_out + [Finding(question_id, "example", True) for question_id in ids]


def _findings(questions: Questions, pivot: Questions, same_order: bool) -> Iterator[tuple[str, str]]:
    for question_id, question in questions.items():
        for reason in _own(question):
            yield question_id, reason
        if question_id not in pivot:
            yield question_id, "not_in_pivot"
        else:
            for reason in _compared(question, pivot[question_id], same_order):
                yield question_id, reason
    yield from ((question_id, "missing") for question_id in pivot if question_id not in questions)
    if same_order:
        yield from ((question_id, "misordered_group") for question_id in _misordered(questions, pivot))
    yield from _duplicates(questions, pivot)


def _own(question: Question) -> Iterator[str]:
    """Yield the reasons that can be seen without the pivot."""
    yield from question.notes
    if not question.question:
        yield "empty_question"
    if "" in question.choices and "malformed_choice" not in question.notes:
        yield "empty_choice"


def _compared(question: Question, pivot: Question, same_order: bool) -> Iterator[str]:
    """Yield the reasons that come from comparing a question with the pivot's."""
    if len(question.choices) != len(pivot.choices):
        yield "other_number_of_choices"
    if question is not pivot and any(REASONS[reason].severity == UNUSABLE for reason in _own(pivot)):
        yield "unusable_in_pivot"
    if pivot.passage and not question.passage:
        yield "empty_question"
    if same_order and question.key != pivot.key:
        yield "other_key"
    if question.subject and pivot.subject and question.subject != pivot.subject:
        yield "other_subject"
    texts = [choice for choice in question.choices if choice]
    if len(set(texts)) < len(texts):
        yield "indistinct_in_pivot" if len(set(pivot.choices)) < len(pivot.choices) else "indistinct_choices"


def _misordered(questions: Questions, pivot: Questions) -> Iterator[str]:
    """Yield the questions of each subject whose keys differ so often that the subject must be in another order.

    All of the subject's questions are misaligned, even if some keys agree by chance. openai/MMMLU has such a subject in
    ZH_CN and KO_KR: high_school_world_history.
    """
    subjects: dict[str, list[str]] = defaultdict(list)
    for question_id, question in pivot.items():
        if question.subject and question_id in questions:
            subjects[question.subject].append(question_id)
    for members in subjects.values():
        differing = sum(questions[member].key != pivot[member].key for member in members)
        if differing >= max(MISORDERED_COUNT, MISORDERED_SHARE * len(members)):
            yield from members


def _duplicates(questions: Questions, pivot: Questions) -> Iterator[tuple[str, str]]:
    """Yield the questions with the same passage, question and choices as another one of the language."""
    by_content: dict[tuple, list[str]] = defaultdict(list)
    for question_id, question in questions.items():
        if question_id in pivot:
            by_content[_content(question)].append(question_id)
    for members in by_content.values():
        if len(members) > 1:
            differ_in_pivot = len({_content(pivot[member]) for member in members}) > 1
            yield from ((member, "duplicate" if differ_in_pivot else "duplicate_in_pivot") for member in members)


def _content(question: Question) -> tuple[str, str, tuple[str, ...]]:
    return question.passage, question.question, question.choices
