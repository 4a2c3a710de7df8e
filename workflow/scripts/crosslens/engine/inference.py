"""Run every question of one model, data set and language once, and shape the results into tables.

Letters, latent log-probabilities of all choices and of their shuffled-answer controls, and the letters under every
steering condition come from the same forward pass. Reads and writes no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

    keys: per question, the index of the correct choice. letters: per choice, the token id of its letter. conditions:
    pairs (layer, gamma), one per copy of a steered row, whose last copy is an additional one with gamma = 0. encoder:
    names tokens in errors, and says in `Encoder.describe` what the prompts depend on. The continuations of a row are
    ordered (form, choice).
    """

    question_ids: list[str]
    keys: list[int]
    rows: list[Row]
    letters: list[int]
    conditions: list[tuple[int, float]]
    encoder: Encoder

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
    see `tokens.Encoder`. Raises CrosslensError if there are conditions but no question is left to steer, or if numbers
    of choices differ.
    """
    records, encoder = questions.to_pylist(), Encoder(tokenizer, chat_template, chat_template_kwargs or {})
    _check_choices(records)
    if conditions and {record["question_id"] for record in records} <= set(used):
        raise CrosslensError(
            f"all {len(records)} questions were used for the steering vector, so none is left to be steered. Lower "
            "'steering.questions', remove the language, or remove the model from 'steering.conditions'."
        )
    by_id = {record["question_id"]: record for record in records}
    control = sampling.derangement(list(by_id), seed)
    prompts = encoder.prompts([record["prompt"] for record in records])
    print(f"first prompt: {encoder.text(records[0]['prompt'])!r}")
    n_copies = len(conditions) + 1 if conditions else 0
    rows = []
    for record, tokens in zip(records, prompts, strict=True):
        other = by_id[control[record["question_id"]]]
        # In the order of FORMS: (form, choice), flattened
        texts = [*record["choices"], *record["pivot_choices"], *other["choices"], *other["pivot_choices"]]
        continuations = encoder.continuations(record["prompt"], tokens, texts)
        rows.append(pack(tokens, continuations, 0 if record["question_id"] in used else n_copies))
    if encoder.merged:
        print(f"{encoder.merged} of {encoder.encoded} choices merge with the end of the prompt and are tokenized alone")
    letters = encoder.letters(records[0]["prompt"], len(records[0]["choices"]), first_letter)
    keys = [record["key"] for record in records]
    pairs = [(int(layer), float(gamma)) for layer, gamma in conditions]
    return PackedQuestions(list(by_id), keys, rows, letters, pairs, encoder)


def _check_choices(records: Sequence[dict]) -> None:
    expected = len(records[0]["choices"])
    for record in records:
        if len(record["choices"]) != expected or len(record["pivot_choices"]) != expected:
            raise CrosslensError(
                f"question {record['question_id']} has {len(record['choices'])} choices and "
                f"{len(record['pivot_choices'])} in the pivot language, but the first question has {expected}. "
                "Delete the questions file and run again."
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
    n, j = len(packed.rows), len(packed.letters)
    letters = torch.tensor(packed.letters, device=decoder.device)
    copies = _copies(packed, vectors, decoder) if packed.conditions else None
    letter = np.zeros((n, j), np.float32)
    latent = np.zeros((n, len(layers), len(FORMS), j), np.float32)
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
        # (layer, row * form * choice) -> (row, form, choice, layer) -> (row, layer, form, choice)
        latent[chosen] = batch_latent.T.reshape(len(chosen), len(FORMS), j, len(layers)).transpose(0, 3, 1, 2)
        with_copies = [i for i in chosen if packed.rows[i].copies]
        if with_copies:
            # (copy, choice) -> (row with copies, condition + 1, choice); the last condition is gamma = 0
            by_row = batch_letters[len(chosen) :].reshape(len(with_copies), len(packed.conditions) + 1, j)
            steered[with_copies] = by_row[:, :-1]
            changes_at_zero.append(by_row[:, -1] - letter[with_copies])
    if changes_at_zero:
        self_check.check_gamma_zero(np.concatenate(changes_at_zero), decoder.dtype)
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
    lens's rows are ordered (question, layer, form), the steered rows (held-out question, condition).
    """
    ids, held_out = np.array(packed.question_ids, dtype=object), packed.held_out
    n, k, f, j = latent.shape
    # (question, form * choice) -> (question, 1, form, choice), the same at every layer
    n_tokens = np.array([[len(tokens) for tokens in row.continuations] for row in packed.rows], np.int16).reshape(
        n, 1, f, j
    )
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
