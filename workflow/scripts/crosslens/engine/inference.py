"""Run the prompts of one model, data set and language once, and shape the results into tables.

Letters, latent log-probabilities of all choices and of their shuffled-answer controls, and the letters under every
steering condition come from the same forward pass. Reads and writes no files.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch

from crosslens.engine import forward, progress, self_check, steering
from crosslens.engine.batches import Batch
from crosslens.engine.fit import check_fit
from crosslens.engine.models import Decoder
from crosslens.engine.preparation import Prepared
from crosslens.tables.files import category
from crosslens.tables.inference import FORMS


def run(
    decoder: Decoder,
    prepared: Prepared,
    vectors: pa.Table | None,
    layers: Sequence[int],
    final_norm: bool,
    softcap: bool,
    token_budget: int,
) -> tuple[dict[str, dict], int]:
    """Run all forward passes and return the columns of the tables "answers", "lens" and "steered".

    The second value is the number of tokens that were run. layers: those at which the lens is read. final_norm,
    softcap: as in `forward.latent_logprobs`. Raises CrosslensError if a question does not fit the model (see `fit`), if
    the passes do not reproduce the model's own next-token distribution, or if letters at gamma = 0 differ from the
    un-steered ones.
    """
    prompts, names = prepared.prompts, [prepared.question_ids[scored.question] for scored in prepared.scored]
    check_fit(decoder, prepared.encoder.tokenizer, names, prompts, prepared.letters)
    letters = torch.tensor(prepared.letters, device=decoder.device)
    copies = _copies(prepared, vectors, decoder) if prepared.conditions else None
    results = Results(prepared, len(layers))

    def one_pass(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        read = forward.run(decoder, batch, layers, copies)
        return (
            # prompts and copies in one product with the head
            forward.letter_logprobs(decoder, read.final, letters).float().cpu().numpy(),
            forward.latent_logprobs(decoder, batch, read, layers, final_norm, softcap).float().cpu().numpy(),
        )

    self_check.check_passes(decoder, self_check.sample(prompts, token_budget), token_budget, copies)
    rows = forward.rows(decoder, prompts, token_budget)
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

    letter: [question, choice]. steered: per question, [condition, choice]. latent: per prompt, [layer, form, choice].
    A question that has fewer choices than others has NaN in the places of those that it lacks. changes_at_zero: letters
    at gamma = 0 minus the un-steered ones, [steered question, choice] per batch.
    """

    def __init__(self, prepared: Prepared, n_layers: int) -> None:
        n, j = len(prepared.question_ids), len(prepared.letters)
        self.prepared = prepared
        self.letter = np.full((n, j), np.nan, np.float32)
        self.steered = np.full((n, len(prepared.conditions), j), np.nan, np.float32)
        self.latent = [np.full((n_layers, len(each.forms), j), np.nan, np.float32) for each in prepared.scored]
        self.changes_at_zero: list[np.ndarray] = []

    def add(self, chosen: Sequence[int], letters: np.ndarray, latent: np.ndarray) -> None:
        """Put the log-probabilities of a batch into their places.

        chosen: the batch's prompts. letters: [prompt + copy, choice]. latent: [layer, continuation].
        """
        # (prompt + copy, choice) -> (prompt, choice), and per prompt (condition + 1, choice)
        un_steered = letters[: len(chosen)]
        of_copies = _split(letters[len(chosen) :], [len(self.prepared.prompts[i].conditions) for i in chosen], axis=0)
        of_choices = _split(latent, [len(self.prepared.prompts[i].continuations) for i in chosen], axis=1)
        for k, i in enumerate(chosen):
            scored, n = self.prepared.scored[i], self.prepared.n_choices[self.prepared.scored[i].question]
            self.letter[scored.question, :n] = un_steered[k, :n]
            # (layer, form * choice) -> (layer, form, choice)
            self.latent[i][:, :, :n] = of_choices[k].reshape(len(latent), len(scored.forms), n)
            if len(of_copies[k]):
                # the last condition is gamma = 0
                self.steered[scored.question, :, :n] = of_copies[k][:-1, :n]
                self.changes_at_zero.append(of_copies[k][-1:, :] - un_steered[k])

    def tables(self, layers: Sequence[int]) -> dict[str, dict]:
        """Return the columns of the three tables.

        The lens's rows are ordered (question, layer, form), the steered rows (held-out question, condition).
        """
        prepared = self.prepared
        held_out, j = prepared.held_out, len(prepared.letters)
        layer, gamma = zip(*prepared.conditions, strict=True) if prepared.conditions else ((), ())
        return {
            "answers": {"question_id": prepared.question_ids, "key": prepared.keys, "logprob": self.letter},
            "lens": self._lens(np.array(layers, np.int16)),
            "steered": {
                "question_id": pa.array(self._ids(np.repeat(held_out, len(gamma))), pa.string()),
                "layer": np.tile(np.array(layer, np.int16), len(held_out)),
                "gamma": np.tile(np.array(gamma, np.float32), len(held_out)),
                # (question, condition, choice) -> (held-out question * condition, choice)
                "logprob": self.steered[held_out].reshape(-1, j),
            },
        }

    def _lens(self, layers: np.ndarray) -> dict:
        k, j, all_scored = len(layers), len(self.prepared.letters), self.prepared.scored
        n_forms = [len(scored.forms) for scored in all_scored]
        forms = [np.tile([FORMS.index(form) for form in scored.forms], k) for scored in all_scored]
        # per prompt (form, choice), padded with 0 tokens -> (layer * form, choice), the same at every layer
        n_tokens = [np.tile(_padded(scored.n_tokens, j), (k, 1)) for scored in all_scored]
        return {
            "question_id": pa.array(self._ids(np.repeat([s.question for s in all_scored], np.multiply(n_forms, k)))),
            "key": np.concatenate([np.tile(np.array(scored.keys, np.int8), k) for scored in all_scored]),
            "layer": np.concatenate([np.repeat(layers, n) for n in n_forms]),
            "form": category(list(FORMS)).take(pa.array(np.concatenate(forms))),
            # per prompt (layer, form, choice) -> (prompt * layer * form, choice)
            "logprob": np.concatenate([latent.reshape(-1, j) for latent in self.latent]),
            "n_tokens": np.concatenate(n_tokens),
        }

    def _ids(self, questions: np.ndarray) -> np.ndarray:
        return np.array(self.prepared.question_ids, dtype=object)[questions.astype(int)]


def _split(values: np.ndarray, sizes: Sequence[int], axis: int) -> list[np.ndarray]:
    return np.split(values, np.cumsum(sizes)[:-1], axis=axis)


def _padded(n_tokens: Sequence[Sequence[int]], n_choices: int) -> np.ndarray:
    """Return [form, choice], with 0 for choices that the question lacks."""
    padded = np.zeros((len(n_tokens), n_choices), np.int16)
    padded[:, : len(n_tokens[0])] = n_tokens
    return padded
