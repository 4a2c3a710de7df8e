"""Run the prompts of one model, data set and language once, and shape the results into tables.

Letters, latent log-probabilities of all choices and of their shuffled-answer controls, and the letters under every
steering condition come from the same forward pass. Reads and writes no files.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch

from crosslens.engine import forward, progress, self_check
from crosslens.engine.batches import Batch
from crosslens.engine.edits import Edits
from crosslens.engine.fit import check_fit
from crosslens.engine.models import Decoder
from crosslens.engine.preparation import Prepared
from crosslens.engine.steered import SteeredLetters
from crosslens.tables.files import category
from crosslens.tables.inference import FORMS, PROMPTS


def run(
    decoder: Decoder,
    prepared: Prepared,
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
    copies = _copies(prepared.edits, decoder)
    results = Results(prepared, len(layers))

    def one_pass(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        read = forward.run(decoder, batch, layers, copies)
        # prompts and copies in one product with the head
        of_letters = forward.letter_logprobs(decoder, read.final, letters).float().cpu().numpy()
        if not layers:
            return of_letters, np.zeros((2, 0, 0), np.float32)
        latent = torch.stack(forward.latent_logprobs(decoder, batch, read, layers, final_norm, softcap))
        return of_letters, latent.float().cpu().numpy()

    self_check.check_passes(decoder, self_check.sample(prompts, token_budget, copies), token_budget, copies)
    rows = forward.rows(decoder, prompts, token_budget)
    for chosen, (of_letters, latent) in progress.run(decoder, rows, token_budget, one_pass):
        self_check.check_finite([names[i] for i in chosen], of_letters, latent, dtype=decoder.dtype)
        results.add(chosen, of_letters, latent)
    unsteered = results.letters[: len(prepared.question_ids)]
    results.steered.check(decoder, prepared.letters, prepared.question_ids, unsteered)
    return results.tables(layers), sum(map(len, rows))


def _copies(edits: Edits, decoder: Decoder) -> forward.Copies | None:
    if not edits.conditions:
        return None
    layer, operation = zip(*((kind.layer, kind.operation) for kind in edits.kinds), strict=True)
    return forward.Copies(layer, torch.from_numpy(edits.vector).to(decoder.device), operation)


class Results:
    """The log-probabilities of all prompts, as their batches come in.

    letters: [prompt, choice]. steered: the letters of the copies. latent: per prompt, [mean or first token, layer,
    form, choice]. A question that has fewer choices than others has NaN in the places of those that it lacks.
    """

    def __init__(self, prepared: Prepared, n_layers: int) -> None:
        n, j = len(prepared.question_ids), len(prepared.letters)
        self.prepared = prepared
        self.letters = np.full((len(prepared.prompts), j), np.nan, np.float32)
        self.steered = SteeredLetters(prepared.edits, n, j)
        self.latent = [np.full((2, n_layers, len(each.forms), j), np.nan, np.float32) for each in prepared.scored]

    def add(self, chosen: Sequence[int], letters: np.ndarray, latent: np.ndarray) -> None:
        """Put the log-probabilities of a batch into their places.

        chosen: the batch's prompts. letters: [prompt + copy, choice]. latent: [mean or first token, layer,
        continuation].
        """
        # (prompt + copy, choice) -> (prompt, choice), and per prompt (copy, choice)
        un_steered = letters[: len(chosen)]
        of_copies = _split(letters[len(chosen) :], [len(self.prepared.prompts[i].conditions) for i in chosen], axis=0)
        of_choices = _split(latent, [len(self.prepared.prompts[i].continuations) for i in chosen], axis=2)
        for k, i in enumerate(chosen):
            scored, n = self.prepared.scored[i], self.prepared.n_choices[self.prepared.scored[i].question]
            self.letters[i, :n] = un_steered[k, :n]
            # (2, layer, form * choice) -> (2, layer, form, choice)
            self.latent[i][..., :n] = of_choices[k].reshape(*latent.shape[:2], len(scored.forms), n)
            self.steered.add(scored.question, self.prepared.prompts[i].conditions, of_copies[k][:, :n])

    def tables(self, layers: Sequence[int]) -> dict[str, dict]:
        """Return the columns of the tables.

        The lens's rows are ordered (prompt, layer, form), the steered rows (question, condition).
        """
        prepared, n = self.prepared, len(self.prepared.question_ids)
        return {
            # the first prompts are the questions' own
            "answers": {"question_id": prepared.question_ids, "key": prepared.keys, "logprob": self.letters[:n]},
            "permuted": self._permuted(),
            "lens": self._lens(np.array(layers, np.int16)),
            "steered": self.steered.table(prepared.question_ids),
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
