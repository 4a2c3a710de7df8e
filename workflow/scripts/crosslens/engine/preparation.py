"""Turn a table of questions into the prompts that a job runs, and say what is scored and steered at each of them.

Tokenizes; runs no model. `inference` runs the prompts and shapes the results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import pyarrow as pa

from crosslens import sampling
from crosslens.engine.edits import Edits
from crosslens.engine.packing import Prompt, Tokens
from crosslens.engine.tokens import Encoder
from crosslens.errors import CrosslensError
from crosslens.tables.inference import FORMS

# The column of the questions that holds a prompt beside their own.
FURTHER_PROMPTS = {
    "without_choices": "prompt_without_choices",
    "pivot": "pivot_prompt",
    "permuted": "permuted_prompt",
}


@dataclass(frozen=True)
class Scored:
    """What is scored after one prompt: the choices of each of ``forms``, in this order.

    question: index of the question. prompt: one of PROMPTS, or "permuted", of which only the letters are read. keys:
    per form, the index of the correct choice among its texts. n_tokens, n_characters: [form][choice], the length of
    each text.
    """

    question: int
    prompt: str
    forms: Sequence[str]
    keys: Sequence[int]
    n_tokens: Sequence[Sequence[int]]
    n_characters: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Prepared:
    """The prompts of all questions, in the table's order, further prompts of some, and what their branches mean.

    keys, n_choices, shifts: per question, the index of the correct choice, the number of choices, and by how many
    places the permuted prompt moves them. scored: per prompt, whose choices its continuations are, in the order (form,
    choice). letters: the token ids of as many letters as a question has choices at most. edits: what is done to the
    copies of the prompts, whose conditions are indices into the edits. encoder: names tokens in errors, and says in
    `Encoder.describe` what the prompts depend on.
    """

    question_ids: list[str]
    keys: list[int]
    n_choices: list[int]
    shifts: list[int]
    prompts: list[Prompt]
    scored: list[Scored]
    letters: list[int]
    edits: Edits
    encoder: Encoder


def prepare(
    questions: pa.Table,
    tokenizer,
    edits: Edits,
    control_questions: int,
    ceiling_questions: int,
    lens_prompts: Sequence[str],
    seed: int,
    first_letter: str = "A",
    chat_template: bool = False,
    chat_template_kwargs: Mapping[str, object] | None = None,
    forms: Sequence[str] = FORMS,
) -> Prepared:
    """Tokenize all questions and return their prompts.

    edits: what is done to the copies of the questions' own prompts. control_questions, ceiling_questions: the first so
    many questions in the seed's hash order have a shuffled-answer control and the further ``lens_prompts``, and a
    prompt whose choices are permuted. first_letter: the letters of the choices are this one and those that follow it.
    chat_template, chat_template_kwargs: see `tokens.Encoder`. forms: which of `FORMS` are scored, maybe none. Raises
    CrosslensError if a vector applies to none of the questions, and if a question has other numbers of choices in the
    two languages or more than the alphabet has letters.
    """
    records, encoder = questions.to_pylist(), Encoder(tokenizer, chat_template, chat_template_kwargs or {})
    ids = [record["question_id"] for record in records]
    _check_choices(records)
    by_id, n_choices = dict(zip(ids, records, strict=True)), [len(record["choices"]) for record in records]
    controlled = control_questions if "native_control" in forms else 0
    control = donors(dict(zip(ids, n_choices, strict=True)), controlled, seed)
    copies = edits.copies(ids)
    print(f"first prompt: {encoder.text(records[0]['prompt'])!r}")
    order = [ids.index(name) for name in sampling.order(ids, seed)]
    asked = _asked(n_choices, order[:control_questions], lens_prompts, order[:ceiling_questions])
    texts = [records[i][FURTHER_PROMPTS.get(kind, "prompt")] for i, kind in asked]
    prompts, scored = [], []
    for (i, kind), text, tokens in zip(asked, texts, encoder.prompts(texts), strict=True):
        own = kind == "native"
        scorable = _scored_choices(records[i], by_id.get(control.get(ids[i])) if own else None, kind != "permuted")
        choices = [each for each in scorable if each[0] in forms]
        continuations = encoder.continuations(text, tokens, [text for _, _, form in choices for text in form])
        _check_lengths(ids[i], continuations)
        conditions = copies[i] if own else []
        steered_after = [edits.kinds[condition].layer for condition in conditions]
        prompts.append(Prompt(tokens, continuations, conditions, len(prompts), steered_after))
        scored.append(_scored(i, kind, choices, continuations))
    if encoder.merged:
        print(f"{encoder.merged} of {encoder.encoded} choices merge with the end of the prompt and are tokenized alone")
    letters = encoder.letters(records[0]["prompt"], max(n_choices), first_letter)
    keys, shifts = ([record[name] for record in records] for name in ("key", "shift"))
    return Prepared(ids, keys, n_choices, shifts, prompts, scored, letters, edits, encoder)


def _asked(
    n_choices: Sequence[int], controlled: Sequence[int], lens_prompts: Sequence[str], permuted: Sequence[int]
) -> list[tuple[int, str]]:
    """Return the index of the question and the kind of every prompt: the questions' own, then further ones of some.

    controlled, permuted: indices of the questions that have ``lens_prompts`` and a prompt with permuted choices.
    """
    own = [(i, "native") for i in range(len(n_choices))]
    of_lens = [(i, kind) for kind in lens_prompts for i in sorted(controlled)]
    return own + of_lens + [(i, "permuted") for i in sorted(permuted) if n_choices[i] > 1]


def donors(n_choices: Mapping[str, int], questions: int, seed: int) -> dict[str, str]:
    """Return, per sampled question, the question whose choices its shuffled-answer control takes.

    n_choices: number of choices by question. Sampled are the first ``questions`` in hash order. The donor is the next
    sampled question with the same number of choices, cyclically (see `sampling.derangement`); a question that is alone
    with its number has no control.
    """
    by_number: dict[int, list[str]] = {}
    for question in sampling.order(n_choices, seed)[:questions]:
        by_number.setdefault(n_choices[question], []).append(question)
    pairs = [sampling.derangement(same, seed) for same in by_number.values() if len(same) > 1]
    return {question: donor for each in pairs for question, donor in each.items()}


def _scored_choices(record: dict, donor: dict | None, scores: bool) -> list[tuple[str, int, list[str]]]:
    """Return the (form, key, texts) that are scored: a question's own choices, and those of its donor if it has one.

    scores: false for a prompt after which nothing is scored.
    """
    own, other = (
        [(source["key"], source["choices"]), (source["key"], source["pivot_choices"])] if source else []
        for source in (record if scores else None, donor)
    )
    return [(form, *scored) for form, scored in zip(FORMS, own + other, strict=False)]


def _scored(
    question: int, prompt: str, choices: Sequence[tuple[str, int, list[str]]], continuations: Sequence[Tokens]
) -> Scored:
    forms, keys, texts = zip(*choices, strict=True) if choices else ((), (), ())
    lengths = [len(tokens) for tokens in continuations]
    # (form * choice) -> (form, choice)
    n_tokens = np.reshape(lengths, (len(forms), -1)).tolist() if forms else []
    return Scored(question, prompt, forms, keys, n_tokens, [[len(text) for text in form] for form in texts])


def _check_choices(records: Sequence[dict]) -> None:
    """Raise for a question with other numbers of choices in the two languages, or with more than there are letters."""
    for record in records:
        n = len(record["choices"])
        if len(record["pivot_choices"]) != n:
            raise CrosslensError(
                f"question {record['question_id']} has {n} choices and {len(record['pivot_choices'])} in the pivot "
                "language. Delete the questions file and run again."
            )
        if not 1 <= n <= len(ascii_uppercase):
            raise CrosslensError(
                f"question {record['question_id']} has {n} choices, but they are asked for by letters, from 1 to "
                f"{len(ascii_uppercase)} of them. Leave it out of the data set."
            )


def _check_lengths(question: str, continuations: Sequence[Tokens]) -> None:
    """Raise if a choice has more tokens than the tables can count."""
    longest = max(map(len, continuations), default=0)
    if longest > np.iinfo(np.int16).max:
        raise CrosslensError(
            f"question {question}: one of its choices, or of those of its control, has {longest} tokens, but at most "
            f"{np.iinfo(np.int16).max} can be stored. Leave it out of the data set."
        )
