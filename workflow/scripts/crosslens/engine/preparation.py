"""Turn a table of questions into the prompts that a job runs, and say what is scored and steered at each of them.

Tokenizes; runs no model. `inference` runs the prompts and shapes the results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import pyarrow as pa

from crosslens import sampling
from crosslens.engine.packing import Prompt, Tokens
from crosslens.engine.tokens import Encoder
from crosslens.errors import CrosslensError
from crosslens.tables.inference import FORMS


@dataclass(frozen=True)
class Scored:
    """What is scored after one prompt: the choices of each of ``forms``, in this order.

    question: index of the question. keys: per form, the index of the correct choice among its texts. n_tokens:
    [form][choice], the number of tokens of each text.
    """

    question: int
    forms: Sequence[str]
    keys: Sequence[int]
    n_tokens: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Prepared:
    """The prompts of all questions, in the table's order, and what their branches mean.

    keys, n_choices: per question, the index of the correct choice and the number of choices. scored: per prompt, whose
    choices its continuations are, in the order (form, choice). letters: the token ids of as many letters as a question
    has choices at most. conditions: pairs (layer, gamma); a steered prompt has one copy for each, and a last one with
    gamma = 0. encoder: names tokens in errors, and says in `Encoder.describe` what the prompts depend on.
    """

    question_ids: list[str]
    keys: list[int]
    n_choices: list[int]
    prompts: list[Prompt]
    scored: list[Scored]
    letters: list[int]
    conditions: list[tuple[int, float]]
    encoder: Encoder

    @property
    def held_out(self) -> list[int]:
        """Return the indices of the questions that are steered: those that no steering vector was made from."""
        return [i for i, prompt in enumerate(self.prompts) if prompt.conditions]


def prepare(
    questions: pa.Table,
    tokenizer,
    conditions: Sequence[Sequence[int | float]],
    used: Sequence[str],
    control_questions: int,
    seed: int,
    first_letter: str = "A",
    chat_template: bool = False,
    chat_template_kwargs: Mapping[str, object] | None = None,
) -> Prepared:
    """Tokenize all questions and return their prompts.

    conditions: pairs (layer, gamma); one more copy, with gamma = 0, is added for the run-time check. used: ids of the
    questions that the steering vectors were made from, which are not steered. control_questions, seed: the
    shuffled-answer control takes the first so many questions in the seed's hash order. first_letter: the letters of the
    choices are this one and those that follow it. chat_template, chat_template_kwargs: see `tokens.Encoder`. Raises
    CrosslensError if there are conditions but no question is left to steer, and if a question has other numbers of
    choices in the two languages or more than the alphabet has letters.
    """
    records, encoder = questions.to_pylist(), Encoder(tokenizer, chat_template, chat_template_kwargs or {})
    ids = [record["question_id"] for record in records]
    _check_choices(records)
    if conditions and set(ids) <= set(used):
        raise CrosslensError(
            f"all {len(records)} questions were used for the steering vector, so none is left to be steered. Lower "
            "'steering.questions', remove the language, or remove the model from 'steering.conditions'."
        )
    by_id = dict(zip(ids, records, strict=True))
    control = donors(ids, {name: len(record["choices"]) for name, record in by_id.items()}, control_questions, seed)
    tokens = encoder.prompts([record["prompt"] for record in records])
    print(f"first prompt: {encoder.text(records[0]['prompt'])!r}")
    prompts, scored = [], []
    for i, record in enumerate(records):
        choices = _scored_choices(record, by_id.get(control.get(ids[i])))
        continuations = encoder.continuations(
            record["prompt"], tokens[i], [text for _, _, texts in choices for text in texts]
        )
        _check_lengths(ids[i], continuations)
        copies = range(len(conditions) + 1) if conditions and ids[i] not in used else ()
        prompts.append(Prompt(tokens[i], continuations, copies, index=i))
        scored.append(_scored(i, choices, continuations))
    if encoder.merged:
        print(f"{encoder.merged} of {encoder.encoded} choices merge with the end of the prompt and are tokenized alone")
    n_choices = [len(record["choices"]) for record in records]
    letters = encoder.letters(records[0]["prompt"], max(n_choices), first_letter)
    keys = [record["key"] for record in records]
    pairs = [(int(layer), float(gamma)) for layer, gamma in conditions]
    return Prepared(ids, keys, n_choices, prompts, scored, letters, pairs, encoder)


def donors(question_ids: Sequence[str], n_choices: Mapping[str, int], questions: int, seed: int) -> dict[str, str]:
    """Return, per sampled question, the question whose choices its shuffled-answer control takes.

    Sampled are the first ``questions`` in hash order. The donor is the next sampled question with the same number of
    choices, cyclically (see `sampling.derangement`); a question that is alone with its number has no control.
    """
    by_number: dict[int, list[str]] = {}
    for question in sampling.order(question_ids, seed)[:questions]:
        by_number.setdefault(n_choices[question], []).append(question)
    pairs = [sampling.derangement(same, seed) for same in by_number.values() if len(same) > 1]
    return {question: donor for each in pairs for question, donor in each.items()}


def _scored_choices(record: dict, donor: dict | None) -> list[tuple[str, int, list[str]]]:
    """Return the (form, key, texts) that are scored for a question: its own, and those of its donor if it has one."""
    own, other = (
        [(source["key"], source["choices"]), (source["key"], source["pivot_choices"])] if source else []
        for source in (record, donor)
    )
    return [(form, *scored) for form, scored in zip(FORMS, own + other, strict=False)]


def _scored(question: int, choices: Sequence[tuple[str, int, list[str]]], continuations: Sequence[Tokens]) -> Scored:
    forms, keys, texts = zip(*choices, strict=True)
    # (form * choice) -> (form, choice)
    n_tokens = np.reshape([len(tokens) for tokens in continuations], (len(texts), -1)).tolist()
    return Scored(question, forms, keys, n_tokens)


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
    longest = max(map(len, continuations))
    if longest > np.iinfo(np.int16).max:
        raise CrosslensError(
            f"question {question}: one of its choices, or of those of its control, has {longest} tokens, but at most "
            f"{np.iinfo(np.int16).max} can be stored. Leave it out of the data set."
        )
