"""From tables of single languages to arrays over all languages, and back.

Arrays have the axes language, question, choice. The questions are the union of all languages' questions, in the order
of their ids; a question that a language lacks is NaN (log-probabilities) or -1 (key), and one with fewer choices than
others is NaN after its own. Computes no metric.
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


def align(tables: Mapping[str, pa.Table], kind: str = "answers.arrow", question_ids: pa.Array | None = None) -> Aligned:
    """Return the columns question_id, key and logprob of all languages' tables, aligned, in the mapping's order.

    ``kind`` is what error messages call the tables. question_ids: all questions, if the tables may lack some of them,
    or all. Raises CrosslensError if a language has no questions (unless it may), if a question occurs twice, and if a
    question's number of choices differs between languages.
    """
    may_lack = question_ids is not None
    question_ids = question_ids if may_lack else union(table["question_id"] for table in tables.values())
    n_choices = max(table["logprob"].type.list_size for table in tables.values())
    logprob = np.full((len(tables), len(question_ids), n_choices), np.nan, np.float32)
    key = np.full(logprob.shape[:2], -1)
    for i, (language, table) in enumerate(tables.items()):
        rows = positions(table["question_id"], question_ids, f"{kind} of language '{language}'")
        if not (len(rows) or may_lack) or len(np.unique(rows)) < len(rows):
            problem = "a question occurs twice" if len(rows) else "there are no questions"
            raise CrosslensError(f"{kind} of language '{language}': {problem}. Delete the file and run again.")
        own = matrix(table, "logprob")
        # (row, choice) -> (question, choice) of one language
        logprob[i, rows, : own.shape[1]] = own
        key[i, rows] = table["key"].to_numpy()
    _check_n_choices(logprob, list(tables), question_ids)
    return Aligned(question_ids, logprob, key)


def apart(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the tables with the language before every question id, so that no two languages share a question."""
    changed = {}
    for language, table in tables.items():
        ids = pc.binary_join_element_wise(language, table["question_id"], " ")
        changed[language] = table.set_column(table.column_names.index("question_id"), "question_id", ids)
    return changed


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


def _check_n_choices(
    logprob: Float[np.ndarray, "language question choice"], names: Sequence[str], question_ids: pa.Array
) -> None:
    """Raise CrosslensError if a question has another number of choices in one language than in another."""
    n_choices = (~np.isnan(logprob)).sum(axis=-1)  # 0 where the language lacks the question
    differs = (n_choices > 0) & (n_choices != n_choices.max(axis=0))
    if differs.any():
        language, question = np.argwhere(differs)[0]
        most = n_choices[:, question].argmax()
        raise CrosslensError(
            f"question {question_ids[question].as_py()!r}: language '{names[language]}' has "
            f"{n_choices[language, question]} answer choices, but '{names[most]}' has {n_choices[most, question]}: all "
            "languages of a data set must have the same number. Check the data set's files."
        )
