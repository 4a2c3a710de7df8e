"""Hidden states of several languages, aligned over questions, and the numbers of questions that pairs share.

States stay one array [question, d_model] per language, as stored in the file, because copying all languages of a layer
costs as much as the arithmetic. ``row`` [language, question] holds each question's row in the language's array, or -1
if the language lacks the question. Knows nothing about measures of similarity.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from crosslens.metrics import answers, stacking
from crosslens.tables.files import matrix

Parts = Sequence[Int[np.ndarray, " _"]]  # groups of questions, each as indices; one at a time is left out


class States(NamedTuple):
    """The states of all languages after one layer, over the union of their questions."""

    question_ids: pa.Array
    of_language: list[Float[np.ndarray, "_ d_model"]]
    row: Int[np.ndarray, "language question"]

    @property
    def present(self) -> Bool[np.ndarray, "language question"]:
        """Return which questions each language has."""
        return self.row >= 0


def aligned(tables: Mapping[str, pa.Table], layer: int) -> States:
    """Return the states after ``layer`` from tables "hidden_states" by language."""
    question_ids = stacking.union(table["question_id"] for table in tables.values())
    row = np.stack([rows(table["question_id"], question_ids) for table in tables.values()])
    return States(question_ids, [matrix(table, f"layer_{layer}") for table in tables.values()], row)


def rows(ids: pa.ChunkedArray, question_ids: pa.Array) -> Int[np.ndarray, " question"]:
    """Return the index of each of ``question_ids`` in ``ids``, or -1 if it is not there."""
    return pc.fill_null(pc.index_in(question_ids, value_set=ids.combine_chunks()), -1).to_numpy()


def own_letters(tables: Mapping[str, pa.Table], question_ids: pa.Array) -> Int[np.ndarray, "language question"]:
    """Return the choice that the model makes in each language, from tables "answers"; -1 where there is no answer."""
    aligned = stacking.align(tables)
    choice = answers.from_logprobs(aligned.logprob, aligned.key).choice
    return choice[:, stacking.positions(question_ids, aligned.question_ids, "hidden states")]


def common_questions(
    present: Bool[np.ndarray, "language question"], parts: Parts = ()
) -> Int[np.ndarray, "left_out source target"]:
    """Return the number of questions that both languages of a pair have: of all, then with each part left out."""
    has = present.astype(int)
    return left_out(has @ has.T, [has[:, part] @ has[:, part].T for part in parts])


def left_out(total: np.ndarray, of_parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return a sum over all questions, then the sums with each part left out, along a new first axis."""
    return np.stack([total, *(total - of_part for of_part in of_parts)])
