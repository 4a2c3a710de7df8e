"""Run the prompts of one model, data set and language once, and shape the results into tables.

Letters, latent log-probabilities of all choices and of their shuffled-answer controls, and the letters under every
steering condition come from the same forward pass. Reads and writes no files.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch

from crosslens.engine import forward, progress, self_check, sharing, steering
from crosslens.engine.batches import Batch
from crosslens.engine.fit import check_fit
from crosslens.engine.models import Decoder
from crosslens.engine.preparation import Prepared
from crosslens.tables.files import category
from crosslens.tables.inference import FORMS, PROMPTS


def run(
    decoder: Decoder,
    prepared: Prepared,
    vectors: pa.Table | None,
    layers: Sequence[int],
    final_norm: bool,
    softcap: bool,
    token_budget: int,
) -> tuple[dict[str, dict], int]:
    """Run all forward passes and return the columns of the tables "answers", "permuted", "lens" and "steered".

    The second value is the number of tokens that were run. layers: those at which the lens is read, maybe none.
    final_norm, softcap: as in `forward.latent_logprobs`. Raises CrosslensError if a question does not fit the model
    (see `fit`), if the passes do not reproduce the model's own next-token distribution, or if letters at gamma = 0
    differ from the un-steered ones.
    """
    prompts, names = prepared.prompts, [prepared.question_ids[scored.question] for scored in prepared.scored]
    check_fit(decoder, prepared.encoder.tokenizer, names, prompts, prepared.letters)
    letters = torch.tensor(prepared.letters, device=decoder.device)
    copies = _copies(prepared, vectors, decoder) if prepared.conditions else None
    results = Results(prepared, len(layers))

    def one_pass(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        read = forward.run(decoder, batch, layers, copies)
        # prompts and copies in one product with the head
        of_letters = forward.letter_logprobs(decoder, read.final, letters).float().cpu().numpy()
        if not layers:
            return of_letters, np.zeros((2, 0, 0), np.float32)
        latent = torch.stack(forward.latent_logprobs(decoder, batch, read, layers, final_norm, softcap))
        return of_letters, latent.float().cpu().numpy()

    self_check.check_passes(decoder, self_check.sample(prompts, token_budget), token_budget, copies)
    rows = sharing.rows(prompts, decoder.crossover, token_budget)
    for chosen, (of_letters, latent) in progress.run(decoder, rows, token_budget, one_pass):
        self_check.check_finite([names[i] for i in chosen], of_letters, latent, dtype=decoder.dtype)
        results.add(chosen, of_letters, latent)
    if results.changes_at_zero:
        self_check.check_gamma_zero(np.concatenate(results.changes_at_zero), decoder.dtype)
    return results.tables(layers), sum(map(len, rows))


def _copies(prepared: Prepared, vectors: pa.Table, decoder: Decoder) -> forward.Copies:
    """Return the shifts of the configured conditions, followed by gamma = 0."""
    delta = torch.from_numpy(steering.deltas(vectors, prepared.conditions))
    zero = torch.zeros(1, delta.shape[1])
    first = prepared.conditions[0][0]
    # (condition, d_model) -> (condition + 1, d_model)
    return forward.Copies(
        [*(layer for layer, _ in prepared.conditions), first], torch.cat([delta, zero]).to(decoder.device)
    )


class Results:
    """The log-probabilities of all prompts, as their batches come in.

    letters: [prompt, choice]. steered: per question, [condition, choice]. latent: per prompt, [mean or first token,
    layer, form, choice]. A question that has fewer choices than others has NaN in the places of those that it lacks.
    changes_at_zero: letters at gamma = 0 minus the un-steered ones, [1, choice] per steered question.
    """

    def __init__(self, prepared: Prepared, n_layers: int) -> None:
        n, j = len(prepared.question_ids), len(prepared.letters)
        self.prepared = prepared
        self.letters = np.full((len(prepared.prompts), j), np.nan, np.float32)
        self.steered = np.full((n, len(prepared.conditions), j), np.nan, np.float32)
        self.latent = [np.full((2, n_layers, len(each.forms), j), np.nan, np.float32) for each in prepared.scored]
        self.changes_at_zero: list[np.ndarray] = []

    def add(self, chosen: Sequence[int], letters: np.ndarray, latent: np.ndarray) -> None:
        """Put the log-probabilities of a batch into their places.

        chosen: the batch's prompts. letters: [prompt + copy, choice]. latent: [mean or first token, layer,
        continuation].
        """
        # (prompt + copy, choice) -> (prompt, choice), and per prompt (condition + 1, choice)
        un_steered = letters[: len(chosen)]
        of_copies = _split(letters[len(chosen) :], [len(self.prepared.prompts[i].conditions) for i in chosen], axis=0)
        of_choices = _split(latent, [len(self.prepared.prompts[i].continuations) for i in chosen], axis=2)
        for k, i in enumerate(chosen):
            scored, n = self.prepared.scored[i], self.prepared.n_choices[self.prepared.scored[i].question]
            self.letters[i, :n] = un_steered[k, :n]
            # (2, layer, form * choice) -> (2, layer, form, choice)
            self.latent[i][..., :n] = of_choices[k].reshape(*latent.shape[:2], len(scored.forms), n)
            if len(of_copies[k]):
                # the last condition is gamma = 0
                self.steered[scored.question, :, :n] = of_copies[k][:-1, :n]
                self.changes_at_zero.append(of_copies[k][-1:] - un_steered[k])

    def tables(self, layers: Sequence[int]) -> dict[str, dict]:
        """Return the columns of the tables.

        The lens's rows are ordered (prompt, layer, form), the steered rows (held-out question, condition).
        """
        prepared = self.prepared
        held_out, n, j = prepared.held_out, len(prepared.question_ids), len(prepared.letters)
        layer, gamma = zip(*prepared.conditions, strict=True) if prepared.conditions else ((), ())
        return {
            # the first prompts are the questions' own
            "answers": {"question_id": prepared.question_ids, "key": prepared.keys, "logprob": self.letters[:n]},
            "permuted": self._permuted(),
            "lens": self._lens(np.array(layers, np.int16)),
            "steered": {
                "question_id": pa.array(self._ids(np.repeat(held_out, len(gamma))), pa.string()),
                "layer": np.tile(np.array(layer, np.int16), len(held_out)),
                "gamma": np.tile(np.array(gamma, np.float32), len(held_out)),
                # (question, condition, choice) -> (held-out question * condition, choice)
                "logprob": self.steered[held_out].reshape(-1, j),
            },
        }

    def _permuted(self) -> dict:
        prepared = self.prepared
        asked = [i for i, scored in enumerate(prepared.scored) if scored.prompt == "permuted"]
        questions = [prepared.scored[i].question for i in asked]
        logprob = np.full((len(asked), len(prepared.letters)), np.nan, np.float32)
        for row, (i, question) in enumerate(zip(asked, questions, strict=True)):
            n = prepared.n_choices[question]
            # The letter of choice c is the one at place (c + shift) mod n.
            logprob[row, :n] = np.roll(self.letters[i, :n], -prepared.shifts[question])
        return {
            "question_id": pa.array(self._ids(np.array(questions)), pa.string()),
            "key": np.array(prepared.keys, np.int8)[np.array(questions, int)],
            "shift": np.array(prepared.shifts, np.int8)[np.array(questions, int)],
            "logprob": logprob,
        }

    def _lens(self, layers: np.ndarray) -> dict:
        k, j = len(layers), len(self.prepared.letters)
        read = [i for i, scored in enumerate(self.prepared.scored) if scored.forms]
        if not read:
            return _no_lens(j)
        all_scored = [self.prepared.scored[i] for i in read]
        n_rows = [k * len(scored.forms) for scored in all_scored]
        forms = [np.tile([FORMS.index(form) for form in scored.forms], k) for scored in all_scored]
        prompts = np.repeat([PROMPTS.index(scored.prompt) for scored in all_scored], n_rows)
        # per prompt (mean or first token, layer, form, choice) -> (2, prompt * layer * form, choice)
        logprob = np.concatenate([self.latent[i].reshape(2, -1, j) for i in read], axis=1)
        return {
            "question_id": pa.array(self._ids(np.repeat([scored.question for scored in all_scored], n_rows))),
            "key": np.concatenate([np.tile(np.array(scored.keys, np.int8), k) for scored in all_scored]),
            "layer": np.concatenate([np.repeat(layers, len(scored.forms)) for scored in all_scored]),
            "prompt": category(list(PROMPTS)).take(pa.array(prompts)),
            "form": category(list(FORMS)).take(pa.array(np.concatenate(forms))),
            "logprob": logprob[0],
            "first_logprob": logprob[1],
            # per prompt (form, choice) -> (layer * form, choice), the same at every layer
            "n_tokens": np.concatenate([_tiled(scored.n_tokens, k, j) for scored in all_scored]).astype(np.int16),
            "n_characters": np.concatenate([_tiled(scored.n_characters, k, j) for scored in all_scored]),
        }

    def _ids(self, questions: np.ndarray) -> np.ndarray:
        return np.array(self.prepared.question_ids, dtype=object)[questions.astype(int)]


def _split(values: np.ndarray, sizes: Sequence[int], axis: int) -> list[np.ndarray]:
    return np.split(values, np.cumsum(sizes)[:-1], axis=axis)


def _no_lens(n_choices: int) -> dict:
    """Return the columns of the table "lens" without rows: no text was scored."""
    none, choices = np.zeros(0, int), np.zeros((0, n_choices))
    logprob = {name: choices.astype(np.float32) for name in ("logprob", "first_logprob")}
    lengths = {"n_tokens": choices.astype(np.int16), "n_characters": choices.astype(np.int32)}
    return {"question_id": [], "key": none, "layer": none, "prompt": [], "form": [], **logprob, **lengths}


def _tiled(lengths: Sequence[Sequence[int]], n_layers: int, n_choices: int) -> np.ndarray:
    """Return [layer * form, choice] from [form][choice], with 0 for choices that the question lacks."""
    padded = np.zeros((len(lengths), n_choices), np.int32)
    padded[:, : len(lengths[0])] = lengths
    return np.tile(padded, (n_layers, 1))
