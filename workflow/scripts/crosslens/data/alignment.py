"""The questions of one language, aligned with the pivot's: every later step of the workflow starts from them.

Joins what `comparison` reads and audits, `selection` and `examples` choose and `prompts` renders; knows no data set and
no language by name.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from crosslens import sampling
from crosslens.data.audit import set_aside
from crosslens.data.comparison import Compared, Pair, compare
from crosslens.data.examples import check_not_asked, choose
from crosslens.data.prompts import example, render
from crosslens.data.question import Question
from crosslens.data.selection import chosen
from crosslens.errors import CrosslensError


def align_with_pivot(
    path: str,
    pivot_path: str,
    language: str,
    readings: Mapping[str, Mapping],
    prompt: Mapping,
    exclude_misaligned: bool,
    pivot_prompt: Mapping | None = None,
    seed: int = 0,
    parallel: str = "rows",
    rows: Mapping[str, int | None] | None = None,
    selection: Mapping | None = None,
    examples: Mapping | None = None,
) -> tuple[dict[str, list], dict[str, list]]:
    """Return the columns of the tables QUESTIONS and AUDIT for one language, from its raw file and the pivot's.

    Questions are in the pivot's order. readings: how to read the file of the language and that of the pivot, by those
    names; equal paths and readings are those of a language that stands alone. prompt, pivot_prompt: the arguments of
    `prompts.render` other than the question's texts and the examples, in the language and in the pivot, by default the
    same. seed: of the permuted order of choices. parallel: whether the languages have the same questions with their
    choices in the same order ("rows"), in any order ("ids"), or questions of their own ("none"). rows: the number of
    rows that each path must have, where it is known. selection: the arguments of `selection.chosen`; all questions
    without it. examples: ``number`` and ``without`` as in `examples.choose`, and ``split``, the paths and readings of
    the files that they are in, or None if they are taken from the questions; they need a selection. Raises
    CrosslensError if a file cannot be read or has another number of rows, if no question has as many choices as the
    pivot's, if no question is left, or if the language cannot have the examples.
    """
    how = {"exclude_misaligned": exclude_misaligned, "parallel": parallel, "rows": rows}
    place = {"dataset": readings["language"]["dataset"], "language": language}
    compared = compare(path, pivot_path, readings, **how)
    shown, aside = [], []
    if examples:
        split = examples["split"]
        source = compare(**split, **how) if split else compared
        shown = choose(source, examples["number"], examples["without"], selection, place)
        aside = [] if split else [question.question_id for question, _ in shown]
    compared = compared._replace(findings=set_aside(compared.findings, aside))
    selected = set(chosen(compared.pivot, **selection, without=aside)) if selection else compared.pivot.keys()
    kept = _kept(compared, selected)
    if not kept:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in Counter(f.reason for f in compared.findings).items())
        raise CrosslensError(
            f"{path}: no question of language '{language}' can be used ({reasons}; compared with {pivot_path}). Is it "
            f"the right file? Check `files`, `codes` and `read` of data set '{place['dataset']}' in "
            "config/datasets.yaml."
        )
    check_not_asked(shown, kept, place)
    return _question_columns(kept, shown, prompt, pivot_prompt or prompt, seed), {
        "language": [language] * len(compared.findings),
        "question_id": [finding.question_id for finding in compared.findings],
        "reason": [finding.reason for finding in compared.findings],
        "excluded": [finding.excluded for finding in compared.findings],
    }


def _kept(compared: Compared, selected: Collection[str]) -> list[Pair]:
    """Return the questions that stay, in the pivot's order."""
    left_out = compared.left_out()
    ids = [name for name in compared.pivot if name in compared.questions and name not in left_out]
    return compared.pairs([question_id for question_id in ids if question_id in selected])


def _question_columns(
    pairs: list[Pair], shown: list[Pair], prompt: Mapping, pivot_prompt: Mapping, seed: int
) -> dict[str, list]:
    """Return the columns of QUESTIONS from pairs of a language's question and the pivot's; shown: the examples."""
    ask = _renderer([question for question, _ in shown], prompt)
    ask_pivot = _renderer([pivot for _, pivot in shown], pivot_prompt)
    shifts = [sampling.shift(question.question_id, len(question.choices), seed) for question, _ in pairs]
    return {
        "question_id": [question.question_id for question, _ in pairs],
        "prompt": [ask(question, question.choices) for question, _ in pairs],
        "prompt_without_choices": [ask(question, []) for question, _ in pairs],
        "pivot_prompt": [ask_pivot(pivot, pivot.choices) for _, pivot in pairs],
        "permuted_prompt": [
            ask(question, moved(question.choices, shift)) for (question, _), shift in zip(pairs, shifts, strict=True)
        ],
        "shift": shifts,
        "choices": [question.choices for question, _ in pairs],
        "pivot_choices": [pivot.choices for _, pivot in pairs],
        "key": [question.key for question, _ in pairs],
        "cluster": [pivot.cluster or question.cluster or question.question_id for question, pivot in pairs],
        "groups": [_groups(pivot) or _groups(question) for question, pivot in pairs],
    }


def moved(choices: Sequence[str], shift: int) -> list[str]:
    """Return the choices in another order: choice i is now choice (i + shift) mod J."""
    return [choices[(i - shift) % len(choices)] for i in range(len(choices))]


def _renderer(examples: Sequence[Question], prompt: Mapping) -> Callable[[Question, Sequence[str]], str]:
    """Return a function that renders the prompt of a question with the choices it is given."""
    shown = [example(each.question, each.choices, each.key, each.passage, **prompt) for each in examples]
    return lambda question, choices: render(question.question, choices, question.passage, **prompt, examples=shown)


def _groups(question: Question) -> list[str]:
    """Return the question's groups as name=value; those that its row leaves empty are left out."""
    return [f"{name}={value}" for name, value in question.groups.items() if value]
