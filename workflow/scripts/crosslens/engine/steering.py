"""Steering vectors: the mean differences between the states of the pivot and those of a language. Runs no model."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens import sampling
from crosslens.tables.files import matrix


def mean_difference(
    pivot: Float[np.ndarray, "question d_model"], language: Float[np.ndarray, "question d_model"]
) -> Float[np.ndarray, " d_model"]:
    """Return v = mean over parallel questions of h(pivot) - h(language) (Eq. 8), accumulated in float64."""
    return (pivot.astype(np.float64) - language).mean(axis=0).astype(np.float32)


def vectors(
    states: pa.Table,
    pivot_states: pa.Table,
    layers: Sequence[int],
    questions: int,
    seed: int,
    names: tuple[str, str],
    fit: bool = False,
) -> dict[str, list]:
    """Return the columns of `STEERING_VECTORS`, one vector per layer.

    The vectors are means over the first ``questions``, in hash order, that both languages have. names: the language and
    the pivot. Raises CrosslensError, naming both, if they share fewer questions.
    """
    ids, pivot_ids = states["question_id"].to_pylist(), pivot_states["question_id"].to_pylist()
    chosen = sampling.first_common(ids, pivot_ids, questions, seed, names, fit)
    rows = [ids.index(question) for question in chosen]
    pivot_rows = [pivot_ids.index(question) for question in chosen]
    by_layer = [
        mean_difference(matrix(pivot_states, f"layer_{layer}")[pivot_rows], matrix(states, f"layer_{layer}")[rows])
        for layer in layers
    ]
    return {
        "layer": list(layers),
        "vector": np.stack(by_layer),
        "norm": [float(np.linalg.norm(vector)) for vector in by_layer],
        "n_questions": [len(chosen)] * len(by_layer),
        "question_ids": [chosen] * len(by_layer),
    }
