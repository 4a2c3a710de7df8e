"""From tables of single languages to arrays over all languages, and back.

Arrays have the axes language, question, choice. The questions are the union of all languages' questions, in the order
of their ids; a question that a language lacks is NaN (log-probabilities) or -1 (key). Computes no metric.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from crosslens.errors import CrosslensError
from crosslens.tables.files import matrix


class Aligned(NamedTuple):
    """Letter log-probabilities and keys of all languages over the union of their questions."""

    question_ids: pa.Array
    logprob: Float[np.ndarray, "language question choice"]
    key: Int[np.ndarray, "language question"]


def union(ids: Iterable[pa.Array | pa.ChunkedArray]) -> pa.Array:
    """Return all distinct question ids, sorted."""
    chunks = [chunk for array in ids for chunk in (array.chunks if isinstance(array, pa.ChunkedArray) else [array])]
    distinct = pa.chunked_array(chunks, pa.string()).unique()
    return distinct.take(pc.sort_indices(distinct))


def positions(ids: pa.Array | pa.ChunkedArray, among: pa.Array, where: str) -> Int[np.ndarray, " row"]:
    """Return the index of every id in ``among``. Raises CrosslensError, naming ``where``, if an id is not there."""
    index = pc.index_in(ids, value_set=among)
    if index.null_count:
        unknown = ids.filter(pc.is_null(index))[0].as_py()
        raise CrosslensError(
            f"{where}: unknown question {unknown!r}. Delete the language's files of this kind and run again."
        )
    return index.to_numpy()


def align(tables: Mapping[str, pa.Table], kind: str = "answers.arrow") -> Aligned:
    """Return the columns question_id, key and logprob of all languages' tables, aligned, in the mapping's order.

    ``kind`` is what error messages call the tables. Raises CrosslensError if a language has no questions, if a question
    occurs twice, and if the number of choices differs between languages.
    """
    question_ids = union(table["question_id"] for table in tables.values())
    n_choices = _one_size({language: table["logprob"].type.list_size for language, table in tables.items()})
    logprob = np.full((len(tables), len(question_ids), n_choices), np.nan, np.float32)
    key = np.full(logprob.shape[:2], -1)
    for i, (language, table) in enumerate(tables.items()):
        rows = positions(table["question_id"], question_ids, f"{kind} of language '{language}'")
        if not len(rows) or len(np.unique(rows)) < len(rows):
            problem = "a question occurs twice" if len(rows) else "there are no questions"
            raise CrosslensError(f"{kind} of language '{language}': {problem}. Delete the file and run again.")
        # (row, choice) -> (question, choice) of one language
        logprob[i, rows] = matrix(table, "logprob")
        key[i, rows] = table["key"].to_numpy()
    return Aligned(question_ids, logprob, key)


def pair_columns(
    names: Sequence[str], n: Int[np.ndarray, "source target"], values: Mapping[str, Float[np.ndarray, "source target"]]
) -> dict[str, pa.Array]:
    """Return the columns source, target, n and ``values`` of all ordered pairs l1 != l2, by source, then by target."""
    # (source, target) -> (pair)
    pairs = np.nonzero(~np.eye(len(names), dtype=bool))
    source, target = (pa.array(names, pa.string()).take(pa.array(side)) for side in pairs)
    measured = {name: nullable(by_pair[pairs]) for name, by_pair in values.items()}
    return {"source": source, "target": target, "n": pa.array(n[pairs], pa.int32()), **measured}


def nullable(values: np.ndarray | Sequence) -> pa.Array:
    """Return floats as a column in which undefined values (NaN) are null."""
    return pa.array(np.asarray(values, np.float64), from_pandas=True)


def _one_size(sizes: Mapping[str, int]) -> int:
    first, *others = sizes
    for language in others:
        if sizes[language] != sizes[first]:
            raise CrosslensError(
                f"language '{language}' has {sizes[language]} answer choices, but '{first}' has {sizes[first]}: all "
                "languages of a data set must have the same number. Check the data set's files."
            )
    return sizes[first]
