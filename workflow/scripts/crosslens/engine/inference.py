"""Run every question of one model, data set and language once, and shape the results into tables.

Letters, latent log-probabilities of all choices and of their shuffled-answer controls, and the letters under every
steering condition come from the same forward pass. Reads and writes no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import pyarrow as pa
import torch

from crosslens import sampling
from crosslens.engine import forward, progress, self_check, steering
from crosslens.engine.batches import Batch
from crosslens.engine.fit import check_fit
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Row, pack
from crosslens.engine.tokens import Encoder
from crosslens.errors import CrosslensError
from crosslens.tables.files import category
from crosslens.tables.inference import FORMS


@dataclass(frozen=True)
class PackedQuestions:
    """The packed rows of all questions, in the table's order, and what their branches mean.

    keys: per question, the index of the correct choice. letters: the token ids of as many letters as a question has
    choices at most. conditions: pairs (layer, gamma), one per copy of a steered row, whose last copy is an additional
    one with gamma = 0. encoder: names tokens in errors, and says in `Encoder.describe` what the prompts depend on. The
    continuations of a row are ordered (form, choice).
    """

    question_ids: list[str]
    keys: list[int]
    rows: list[Row]
    letters: list[int]
    conditions: list[tuple[int, float]]
    encoder: Encoder

    @property
    def n_choices(self) -> list[int]:
        """Return the number of choices of each question."""
        return [len(row.continuations) // len(FORMS) for row in self.rows]

    @property
    def held_out(self) -> list[int]:
        """Return the indices of the questions that are steered: those that no steering vector was made from."""
        return [i for i, row in enumerate(self.rows) if row.copies]


def prepare(
    questions: pa.Table,
    tokenizer,
    conditions: Sequence[Sequence[int | float]],
    used: Sequence[str],
    seed: int,
    first_letter: str = "A",
    chat_template: bool = False,
    chat_template_kwargs: Mapping[str, object] | None = None,
) -> PackedQuestions:
    """Tokenize and pack all questions.

    conditions: pairs (layer, gamma); one more copy, with gamma = 0, is added for the run-time check. used: ids of the
    questions that the steering vectors were made from, which are not steered. seed: of the control's derangement.
    first_letter: the letters of the choices are this one and those that follow it. chat_template, chat_template_kwargs:
    see `tokens.Encoder`. Raises CrosslensError if there are conditions but no question is left to steer, if a question
    has other numbers of choices in the two languages, more than the alphabet has letters, or no donor (see `donors`).
    """
    records, encoder = questions.to_pylist(), Encoder(tokenizer, chat_template, chat_template_kwargs or {})
    _check_choices(records)
    if conditions and {record["question_id"] for record in records} <= set(used):
        raise CrosslensError(
            f"all {len(records)} questions were used for the steering vector, so none is left to be steered. Lower "
            "'steering.questions', remove the language, or remove the model from 'steering.conditions'."
        )
    by_id = {record["question_id"]: record for record in records}
    n_choices = {record["question_id"]: len(record["choices"]) for record in records}
    control = donors(n_choices, seed)
    prompts = encoder.prompts([record["prompt"] for record in records])
    print(f"first prompt: {encoder.text(records[0]['prompt'])!r}")
    n_copies = len(conditions) + 1 if conditions else 0
    rows = []
    for record, tokens in zip(records, prompts, strict=True):
        other, j = by_id[control[record["question_id"]]], len(record["choices"])
        # In the order of FORMS: (form, choice), flattened
        texts = [*record["choices"], *record["pivot_choices"], *other["choices"][:j], *other["pivot_choices"][:j]]
        continuations = encoder.continuations(record["prompt"], tokens, texts)
        _check_lengths(record["question_id"], continuations)
        rows.append(pack(tokens, continuations, 0 if record["question_id"] in used else n_copies))
    if encoder.merged:
        print(f"{encoder.merged} of {encoder.encoded} choices merge with the end of the prompt and are tokenized alone")
    letters = encoder.letters(records[0]["prompt"], max(n_choices.values()), first_letter)
    keys = [record["key"] for record in records]
    pairs = [(int(layer), float(gamma)) for layer, gamma in conditions]
    return PackedQuestions(list(by_id), keys, rows, letters, pairs, encoder)


def donors(n_choices: Mapping[str, int], seed: int) -> dict[str, str]:
    """Return, per question, the question whose choices its shuffled-answer control takes.

    It is the next in hash order with the same number of choices, cyclically (see `sampling.derangement`); for a
    question that is alone with its number, the next that has more, of which only the first choices are taken.
    n_choices: number of choices by question. Raises CrosslensError if there is none.
    """
    by_number: dict[int, list[str]] = {}
    for question, n in n_choices.items():
        by_number.setdefault(n, []).append(question)
    if len(by_number) == 1:
        return sampling.derangement(list(n_choices), seed)
    control, order = {}, sampling.order(n_choices, seed)
    for n, questions in by_number.items():
        if len(questions) > 1:
            control |= sampling.derangement(questions, seed)
            continue
        [alone] = questions
        at = order.index(alone)
        larger = (question for question in order[at + 1 :] + order[:at] if n_choices[question] > n)
        control[alone] = next(larger, "")
        if not control[alone]:
            raise CrosslensError(
                f"question {alone} has {n} choices, and no other question has as many, so there are none for its "
                "shuffled-answer control. Leave it out of the data set."
            )
    return control


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


def _check_lengths(question: str, continuations: Sequence[Sequence[int]]) -> None:
    """Raise if a choice has more tokens than the tables can count."""
    longest = max(map(len, continuations))
    if longest > np.iinfo(np.int16).max:
        raise CrosslensError(
            f"question {question}: one of its choices, or of those of its control, has {longest} tokens, but at most "
            f"{np.iinfo(np.int16).max} can be stored. Leave it out of the data set."
        )


def run(
    decoder: Decoder,
    packed: PackedQuestions,
    layers: Sequence[int],
    vectors: pa.Table | None,
    final_norm: bool,
    softcap: bool,
    token_budget: int,
) -> dict[str, dict]:
    """Run all forward passes and return the columns of the tables "answers", "lens" and "steered".

    ``layers`` is the grid and ends with the last layer; final_norm, softcap: as in `forward.latent_logprobs`. Raises
    CrosslensError if a question does not fit the model (see `fit`), if the passes do not reproduce the model's own
    next-token distribution, or if letters at gamma = 0 differ from the un-steered ones.
    """
    check_fit(decoder, packed.encoder.tokenizer, packed.question_ids, packed.rows, packed.letters)
    n, j, n_choices = len(packed.rows), len(packed.letters), packed.n_choices
    letters = torch.tensor(packed.letters, device=decoder.device)
    copies = _copies(packed, vectors, decoder) if packed.conditions else None
    letter = np.zeros((n, j), np.float32)
    latent = np.full((n, len(layers), len(FORMS), j), np.nan, np.float32)
    steered = np.zeros((n, len(packed.conditions), j), np.float32)
    changes_at_zero = []

    def one_pass(batch: Batch) -> tuple:
        read = forward.run(decoder, batch, layers, copies)
        # (row, d_model) and (copy, d_model) -> (row + copy, d_model): letters of both in one product with the head
        final = torch.cat([read.prompt[layers[-1]], read.copies])
        return (
            forward.letter_logprobs(decoder, final, letters).float().cpu().numpy(),
            forward.latent_logprobs(decoder, batch, read, final_norm, softcap).float().cpu().numpy(),
        )

    sampled = self_check.sample(packed.rows, token_budget)
    self_check.check_passes(decoder, sampled, layers, token_budget, copies)
    for chosen, (batch_letters, batch_latent) in progress.run(decoder, packed.rows, token_budget, one_pass):
        self_check.check_finite(
            [packed.question_ids[i] for i in chosen], batch_letters, batch_latent, dtype=decoder.dtype
        )
        # (row + copy, choice) -> (row, choice)
        letter[chosen] = batch_letters[: len(chosen)]
        # Rows have their own numbers of choices. (layer, row * form * choice) -> per row (layer, form, choice)
        ends = np.cumsum([len(FORMS) * n_choices[i] for i in chosen])
        for i, of_row in zip(chosen, np.split(batch_latent, ends[:-1], axis=1), strict=True):
            latent[i, :, :, : n_choices[i]] = of_row.reshape(len(layers), len(FORMS), n_choices[i])
        with_copies = [i for i in chosen if packed.rows[i].copies]
        if with_copies:
            # (copy, choice) -> (row with copies, condition + 1, choice); the last condition is gamma = 0
            by_row = batch_letters[len(chosen) :].reshape(len(with_copies), len(packed.conditions) + 1, j)
            steered[with_copies] = by_row[:, :-1]
            changes_at_zero.append(by_row[:, -1] - letter[with_copies])
    if changes_at_zero:
        self_check.check_gamma_zero(np.concatenate(changes_at_zero), decoder.dtype)
    # (question, choice): letters beyond a question's choices mean nothing
    beyond = np.arange(j)[None, :] >= np.array(n_choices)[:, None]
    letter[beyond] = np.nan
    steered[np.broadcast_to(beyond[:, None, :], steered.shape)] = np.nan
    return _tables(packed, layers, letter, latent, steered)


def _copies(packed: PackedQuestions, vectors: pa.Table, decoder: Decoder) -> forward.Copies:
    """Return the shifts of the configured conditions, followed by gamma = 0."""
    delta = torch.from_numpy(steering.deltas(vectors, packed.conditions))
    zero = torch.zeros(1, delta.shape[1])
    first = packed.conditions[0][0]
    # (condition, d_model) -> (condition + 1, d_model)
    return forward.Copies(
        [*(layer for layer, _ in packed.conditions), first], torch.cat([delta, zero]).to(decoder.device)
    )


def _tables(
    packed: PackedQuestions, layers: Sequence[int], letter: np.ndarray, latent: np.ndarray, steered: np.ndarray
) -> dict:
    """Return the columns of the three tables.

    letter: [question, choice]. latent: [question, layer, form, choice]. steered: [question, condition, choice]. The
    lens's rows are ordered (question, layer, form), the steered rows (held-out question, condition). A question that
    has fewer choices than others has NaN, and 0 tokens, in the places of those that it lacks.
    """
    ids, held_out = np.array(packed.question_ids, dtype=object), packed.held_out
    n, k, f, j = latent.shape
    # (question, 1, form, choice), the same at every layer
    n_tokens = np.zeros((n, 1, f, j), np.int16)
    for i, row in enumerate(packed.rows):
        n_tokens[i, 0, :, : packed.n_choices[i]] = np.reshape([len(tokens) for tokens in row.continuations], (f, -1))
    condition_layer, gamma = zip(*packed.conditions, strict=True) if packed.conditions else ((), ())
    return {
        "answers": {"question_id": packed.question_ids, "key": packed.keys, "logprob": letter},
        "lens": {
            "question_id": pa.array(np.repeat(ids, k * f), pa.string()),
            "key": np.repeat(np.array(packed.keys, np.int8), k * f),
            "layer": np.tile(np.repeat(np.array(layers, np.int16), f), n),
            "form": category(list(FORMS)).take(pa.array(np.tile(np.arange(f), n * k))),
            # (question, layer, form, choice) -> (question * layer * form, choice)
            "logprob": latent.reshape(-1, j),
            "n_tokens": np.broadcast_to(n_tokens, (n, k, f, j)).reshape(-1, j),
        },
        "steered": {
            "question_id": pa.array(np.repeat(ids[held_out], len(gamma)), pa.string()),
            "layer": np.tile(np.array(condition_layer, np.int16), len(held_out)),
            "gamma": np.tile(np.array(gamma, np.float32), len(held_out)),
            # (question, condition, choice) -> (held-out question * condition, choice)
            "logprob": steered[held_out].reshape(-1, j),
        },
    }
