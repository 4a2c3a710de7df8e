"""The letters of all steering copies, as their batches come in: the table "steered", and checks of what is known."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float

from crosslens.engine import forward, self_check
from crosslens.engine.edits import Edits
from crosslens.engine.models import Decoder
from crosslens.tables.conditions import PATCH
from crosslens.tables.files import category


class SteeredLetters:
    """Letter log-probabilities [question, condition, choice]; NaN where a question has no such condition or choice.

    The conditions are those of the edits, followed by those of the checks.
    """

    def __init__(self, edits: Edits, n_questions: int, n_choices: int) -> None:
        self.edits = edits
        self.logprob = np.full((n_questions, len(edits.all_conditions), n_choices), np.nan, np.float32)

    def add(self, question: int, copies: Sequence[int], letters: Float[np.ndarray, "copy choice"]) -> None:
        """Put the letters of a question's copies, which are edits, into their places."""
        self.logprob[question, [self.edits.condition[copy] for copy in copies], : letters.shape[1]] = letters

    def table(self, question_ids: Sequence[str]) -> dict:
        """Return the columns of "steered", whose rows are ordered (question, condition)."""
        n = len(self.edits.conditions)
        # (question, condition, choice) -> (question, condition) -> (row)
        question, condition = np.nonzero(~np.isnan(self.logprob[:, :n]).all(axis=2))
        layer, gamma, vector, operation = zip(*self.edits.conditions, strict=True) if n else ((), (), (), ())
        return {
            "question_id": pa.array(np.array(question_ids, object)[question], pa.string()),
            "layer": np.array(layer, np.int16)[condition],
            "gamma": np.array(gamma, np.float32)[condition],
            "vector": category(vector).take(pa.array(condition)),
            "operation": category(operation).take(pa.array(condition)),
            "logprob": self.logprob[question, condition],
        }

    def check(
        self, decoder: Decoder, letters: Sequence[int], question_ids: Sequence[str], unsteered: np.ndarray
    ) -> None:
        """Raise CrosslensError if letters differ by more than rounding from what they must be.

        At gamma = 0 they are the un-steered ones [question, choice]. Patched at the last layer they are the pivot's,
        which its stored states give.
        """
        n = len(self.edits.conditions)
        for index, check in enumerate(self.edits.checks, start=n):
            patched = check.vector == PATCH
            known = self._of_pivot(index, decoder, letters, question_ids) if patched else unsteered
            difference = self.logprob[:, index] - known
            what = self_check.PIVOT if patched else self_check.ZERO
            self_check.check_letters(difference[~np.isnan(difference)], decoder.dtype, what)

    def _of_pivot(
        self, index: int, decoder: Decoder, letters: Sequence[int], question_ids: Sequence[str]
    ) -> np.ndarray:
        """Return the letters [question, choice] of the states by which condition ``index`` patches; else NaN."""
        edits = np.flatnonzero(np.array(self.edits.condition) == index)
        states = torch.from_numpy(self.edits.vector[edits]).to(decoder.device, decoder.dtype)
        of_states = forward.letter_logprobs(decoder, states, torch.tensor(letters, device=decoder.device))
        known = np.full((len(question_ids), len(letters)), np.nan, np.float32)
        row = {self.edits.question[edit]: i for i, edit in enumerate(edits)}
        for i, question in enumerate(question_ids):
            if question in row:
                known[i] = of_states[row[question]].float().cpu().numpy()
        return known
