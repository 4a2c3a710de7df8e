"""Principal components of the hidden states of parallel questions, all languages together. One layer at a time."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float
from scipy.sparse.linalg import svds

from crosslens import sampling
from crosslens.errors import CrosslensError
from crosslens.tables.files import matrix


def pca(tables: Mapping[str, pa.Table], layer: int, questions: int, seed: int, fit: bool = False) -> dict:
    """Return the columns of table "pca" of one layer, from tables "hidden_states" by language.

    There is one row per language and question. Uses the first ``questions``, in hash order, of those whose states all
    languages have; with ``fit``, all of these if there are fewer. Raises CrosslensError if there are too few questions.
    """
    chosen = pa.array(common_questions(tables, questions, seed, fit), pa.string())
    states = [
        matrix(table, f"layer_{layer}")[pc.index_in(chosen, value_set=table["question_id"].combine_chunks()).to_numpy()]
        for table in tables.values()
    ]
    # language x (question, d_model) -> (language * question, d_model)
    scores, explained = principal_components(np.concatenate(states))
    return {
        "layer": np.full(len(scores), layer),
        "language": np.repeat(list(tables), len(chosen)),
        "question_id": pa.concat_arrays([chosen] * len(tables)),
        "component_1": scores[:, 0],
        "component_2": scores[:, 1],
        "explained_1": np.full(len(scores), explained[0]),
        "explained_2": np.full(len(scores), explained[1]),
    }


def common_questions(tables: Mapping[str, pa.Table], questions: int, seed: int, fit: bool = False) -> list[str]:
    """Return the first ``questions``, in hash order, of those in all tables.

    Raises CrosslensError if there are fewer; with ``fit`` only if there is none.
    """
    common = set.intersection(*(set(table["question_id"].to_pylist()) for table in tables.values()))
    if fit:
        questions = max(1, min(questions, len(common)))
    if len(common) < questions:
        fewest = min(tables, key=lambda language: len(tables[language]))
        raise CrosslensError(
            f"the {len(tables)} languages share only {len(common)} stored questions, but pca.questions is {questions} "
            f"('{fewest}' has the fewest, {len(tables[fewest])}). In the config, lower pca.questions, raise "
            "states.questions or leave a language out."
        )
    return sampling.order(common, seed)[:questions]


def principal_components(
    states: Float[np.ndarray, "row d_model"], n: int = 2
) -> tuple[Float[np.ndarray, "row {n}"], Float[np.ndarray, " {n}"]]:
    """Return the projections on the first ``n`` principal components, and the share of variance that each explains.

    From the singular value decomposition of the centred states, truncated (Lanczos) because only the first components
    are needed. A component's sign is arbitrary; it is chosen so that the greatest loading is positive. Raises
    CrosslensError if there are only ``n`` rows or dimensions, or fewer.
    """
    if min(states.shape) <= n:
        raise CrosslensError(
            f"{n} principal components need more than {n} states and dimensions, but there are {states.shape}. "
            "Raise pca.questions in the config."
        )
    centred = states - states.mean(axis=0, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(min(states.shape))  # fixed: equal states give equal results
    left, singular, right = svds(centred, k=n, v0=start)
    left, singular, right = left[:, ::-1], singular[::-1], right[::-1]  # largest first
    # right (component, d_model) -> sign (component)
    sign = np.sign(right[np.arange(n), np.abs(right).argmax(axis=1)])
    return left * singular * sign, singular**2 / (centred**2).sum()
