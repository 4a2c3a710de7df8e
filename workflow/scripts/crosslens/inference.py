"""Runs every question of one model, data set and language once, and shapes what comes out into tables.

Letters, latent log-probabilities of all choices and their shuffled-answer controls, and the letters under every
steering condition come from the same forward pass. Reads and writes no files.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch

from crosslens import checks, forward, progress, sampling, steering
from crosslens.batches import Batch
from crosslens.errors import CrosslensError
from crosslens.models import Decoder
from crosslens.packing import Row, pack
from crosslens.schemas import FORMS
from crosslens.tables import category
from crosslens.tokens import Encoder


@dataclass(frozen=True)
class Plan:
    """The packed rows of all questions, in the table's order, and what their branches mean."""

    question_ids: list[str]
    answers: list[int]
    rows: list[Row]
    letters: list[int]
    conditions: list[tuple[int, float]]

    @property
    def held_out(self) -> list[int]:
        """Questions that are steered: those that no steering vector was made from."""
        return [i for i, row in enumerate(self.rows) if row.copies]


def prepare(
    questions: pa.Table,
    tokenizer,
    conditions: Sequence[Sequence[int | float]],
    used: Sequence[str],
    seed: int,
    first_letter: str = "A",
    chat_template: bool = False,
) -> Plan:
    """Tokenize and pack all questions.

    conditions: pairs (layer, gamma); one more copy, gamma = 0, is added for the run-time check. used: questions that
    the steering vectors were made from, which are not steered. seed: of the control's derangement. first_letter: the
    answer letters are this one and those after it. chat_template: see `tokens.Encoder`. Raises CrosslensError where
    there are conditions but no question is left to steer.
    """
    rows, encoder = questions.to_pylist(), Encoder(tokenizer, chat_template)
    _check_choices(rows)
    if conditions and {row["question_id"] for row in rows} <= set(used):
        raise CrosslensError(
            f"all {len(rows)} questions went into the steering vector, and none is left to be steered. Lower "
            "steering.questions, leave the language out, or take the model out of steering.conditions."
        )
    by_id = {row["question_id"]: row for row in rows}
    control = sampling.derangement(list(by_id), seed)
    prompts = encoder.prompts([row["prompt"] for row in rows])
    print(f"first prompt: {encoder.text(rows[0]['prompt'])!r}")
    n_copies = len(conditions) + 1 if conditions else 0
    packed = []
    for row, tokens in zip(rows, prompts, strict=True):
        other = by_id[control[row["question_id"]]]
        texts = [*row["choices"], *row["pivot_choices"], *other["choices"], *other["pivot_choices"]]
        answers = encoder.continuations(row["prompt"], tokens, texts)
        packed.append(pack(tokens, answers, 0 if row["question_id"] in used else n_copies))
    if encoder.merged:
        print(f"{encoder.merged} of {encoder.encoded} answer texts merge with the prompt's end; tokenized alone")
    letters = encoder.letters(rows[0]["prompt"], len(rows[0]["choices"]), first_letter)
    keys = [row["answer"] for row in rows]
    return Plan(list(by_id), keys, packed, letters, [(int(layer), float(gamma)) for layer, gamma in conditions])


def _check_choices(rows: Sequence[dict]) -> None:
    expected = len(rows[0]["choices"])
    for row in rows:
        if len(row["choices"]) != expected or len(row["pivot_choices"]) != expected:
            raise CrosslensError(
                f"question {row['question_id']} has {len(row['choices'])} choices, {len(row['pivot_choices'])} in the "
                f"pivot, others have {expected}. Delete the questions' file and run again."
            )


def run(
    decoder: Decoder,
    plan: Plan,
    layers: Sequence[int],
    vectors: pa.Table | None,
    final_norm: bool,
    softcap: bool,
    token_budget: int,
) -> dict[str, dict]:
    """All forward passes; the columns of tables "answers", "lens" and "steered".

    Raises CrosslensError where the passes do not reproduce the model's own next-token distribution, or gamma = 0 not
    the un-steered letters.
    """
    n, j = len(plan.rows), len(plan.letters)
    letters = torch.tensor(plan.letters, device=decoder.device)
    copies = _copies(plan, vectors, decoder) if plan.conditions else None
    letter = np.zeros((n, j), np.float32)
    latent = np.zeros((n, len(layers), len(FORMS), j), np.float32)
    steered = np.zeros((n, len(plan.conditions), j), np.float32)
    unmoved = []

    def one_pass(batch: Batch) -> tuple:
        read = forward.run(decoder, batch, layers, copies)
        final = torch.cat([read.prompt[layers[-1]], read.copies])
        return (
            forward.letter_logprobs(decoder, final, letters).float().cpu().numpy(),
            forward.latent_logprobs(decoder, batch, read, final_norm, softcap).float().cpu().numpy(),
        )

    checks.own_distribution(decoder, plan.rows[:4], layers, token_budget)
    for chosen, (of_letters, of_answers) in progress.run(decoder, plan.rows, token_budget, one_pass):
        letter[chosen] = of_letters[: len(chosen)]
        latent[chosen] = of_answers.T.reshape(len(chosen), len(FORMS), j, len(layers)).transpose(0, 3, 1, 2)
        moved = [i for i in chosen if plan.rows[i].copies]
        if moved:
            by_row = of_letters[len(chosen) :].reshape(len(moved), len(plan.conditions) + 1, j)
            steered[moved] = by_row[:, :-1]
            unmoved.append(by_row[:, -1] - letter[moved])
    if unmoved:
        checks.gamma_zero(np.concatenate(unmoved), decoder.dtype)
    return _tables(plan, layers, letter, latent, steered)


def _copies(plan: Plan, vectors: pa.Table, decoder: Decoder) -> forward.Copies:
    """The configured conditions, and gamma = 0 last."""
    delta = torch.from_numpy(steering.deltas(vectors, plan.conditions))
    zero = torch.zeros(1, delta.shape[1])
    first = plan.conditions[0][0]
    return forward.Copies(
        [*(layer for layer, _ in plan.conditions), first], torch.cat([delta, zero]).to(decoder.device)
    )


def _tables(plan: Plan, layers: Sequence[int], letter: np.ndarray, latent: np.ndarray, steered: np.ndarray) -> dict:
    ids, held_out = np.array(plan.question_ids, dtype=object), plan.held_out
    n, k, f, j = latent.shape
    n_tokens = np.array([[len(answer) for answer in row.answers] for row in plan.rows], np.int16).reshape(n, 1, f, j)
    condition_layer, gamma = zip(*plan.conditions, strict=True) if plan.conditions else ((), ())
    return {
        "answers": {"question_id": plan.question_ids, "answer": plan.answers, "logprob": letter},
        "lens": {
            "question_id": pa.array(np.repeat(ids, k * f), pa.string()),
            "answer": np.repeat(np.array(plan.answers, np.int8), k * f),
            "layer": np.tile(np.repeat(np.array(layers, np.int16), f), n),
            "form": category(list(FORMS)).take(pa.array(np.tile(np.arange(f), n * k))),
            "logprob": latent.reshape(-1, j),
            "n_tokens": np.broadcast_to(n_tokens, (n, k, f, j)).reshape(-1, j),
        },
        "steered": {
            "question_id": pa.array(np.repeat(ids[held_out], len(gamma)), pa.string()),
            "layer": np.tile(np.array(condition_layer, np.int16), len(held_out)),
            "gamma": np.tile(np.array(gamma, np.float32), len(held_out)),
            "logprob": steered[held_out].reshape(-1, j),
        },
    }
