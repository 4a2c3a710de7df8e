"""Steering vectors as geometry: how large they are beside the states, and how alike those of two languages are.

A multiplier is in units of the vector's norm, whose share of the state's norm differs between layers. Pure functions of
arrays, and the tables made of them. Not in the paper.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens.metrics.answers import ratio
from crosslens.metrics.stacking import nullable
from crosslens.tables.files import matrix


def mean_norm(states: Float[np.ndarray, "question d_model"]) -> float:
    """Return the mean over questions of the Euclidean norm of the state, accumulated in float64."""
    return float(np.sqrt(np.einsum("qd,qd->q", states, states, dtype=np.float64)).mean())


def cosines(vectors: Float[np.ndarray, "language d_model"]) -> Float[np.ndarray, "language language"]:
    """Return the cosine of every pair of vectors, in [-1, 1]; NaN for a vector of norm 0."""
    vectors = vectors.astype(np.float64)
    norm = np.linalg.norm(vectors, axis=1)
    return np.clip(ratio(vectors @ vectors.T, norm[:, None] * norm), -1, 1)


def sizes(vectors: Mapping[str, pa.Table], states: Iterable[tuple[str, pa.Table]]) -> dict:
    """Return the columns of table "steering_sizes": one row per language that has vectors and per layer.

    vectors: tables "steering_vectors" by language. states: these languages, each with its table "hidden_states"; only
    one is held in memory at a time.
    """
    language, layer, norm, state_norm = [], [], [], []
    for name, table in states:
        layers = vectors[name]["layer"].to_pylist()
        language += [name] * len(layers)
        layer += layers
        norm += vectors[name]["norm"].to_pylist()
        state_norm += [mean_norm(matrix(table, f"layer_{at}")) for at in layers]
    return {
        "language": pa.array(language, pa.string()),
        "layer": pa.array(layer, pa.int16()),
        "vector_norm": pa.array(norm, pa.float64()),
        "state_norm": pa.array(state_norm, pa.float64()),
        "ratio": nullable(ratio(norm, state_norm)),
    }


def vector_cosines(vectors: Mapping[str, pa.Table]) -> dict:
    """Return the columns of table "vector_cosines": one row per layer and unordered pair of languages with vectors."""
    names = list(vectors)
    pairs = list(combinations(range(len(names)), 2))
    first, second = np.array(pairs, int).reshape(-1, 2).T
    layers = next(iter(vectors.values()))["layer"].to_pylist() if vectors else []
    stacked = {name: matrix(table, "vector") for name, table in vectors.items()}
    # layer x (source, target) -> (layer * pair)
    values = [cosines(np.stack([stacked[name][i] for name in names]))[first, second] for i in range(len(layers))]
    return {
        "layer": pa.array(np.repeat(np.array(layers, np.int16), len(pairs))),
        "source": pa.array([names[i] for i in first] * len(layers), pa.string()),
        "target": pa.array([names[i] for i in second] * len(layers), pa.string()),
        "cosine": nullable(np.concatenate(values or [np.zeros(0)])),
    }
