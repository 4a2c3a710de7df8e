"""Steering vectors and the conditions they are applied under. Runs no model; `forward` adds the vectors."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens import sampling
from crosslens.tables import matrix


def mean_difference(
    pivot: Float[np.ndarray, "question d_model"], language: Float[np.ndarray, "question d_model"]
) -> Float[np.ndarray, " d_model"]:
    """v = mean over parallel questions of h(pivot) - h(language) (Eq. 8), accumulated in float64."""
    return (pivot.astype(np.float64) - language).mean(axis=0).astype(np.float32)


def vectors(
    states: pa.Table, pivot_states: pa.Table, layers: Sequence[int], questions: int, seed: int, names: tuple[str, str]
) -> dict[str, list]:
    """Columns of table "steering_vectors": one vector a layer, from the first ``questions`` that both languages have.

    ``names``: language and pivot, for the error where they share too few.
    """
    ids, pivot_ids = states["question_id"].to_pylist(), pivot_states["question_id"].to_pylist()
    chosen = sampling.first_common(ids, pivot_ids, questions, seed, names)
    rows = [ids.index(question) for question in chosen]
    pivot_rows = [pivot_ids.index(question) for question in chosen]
    made = [
        mean_difference(matrix(pivot_states, f"layer_{layer}")[pivot_rows], matrix(states, f"layer_{layer}")[rows])
        for layer in layers
    ]
    return {
        "layer": list(layers),
        "vector": np.stack(made),
        "norm": [float(np.linalg.norm(vector)) for vector in made],
        "n_questions": [len(chosen)] * len(made),
        "question_ids": [chosen] * len(made),
    }


def deltas(vectors: pa.Table, conditions: Sequence[tuple[int, float]]) -> Float[np.ndarray, "condition d_model"]:
    """gamma * v of every condition (layer, gamma), float32."""
    by_layer = dict(zip(vectors["layer"].to_pylist(), matrix(vectors, "vector"), strict=True))
    return np.stack([np.float32(gamma) * by_layer[layer] for layer, gamma in conditions])
