"""Sizes of steering vectors beside the states, and cosines between them, against loops."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.engine import steering
from crosslens.metrics import steering_geometry
from crosslens.tables.files import fixed_size, write_table
from crosslens.tables.steered_metrics import STEERING_SIZES, VECTOR_COSINES

LAYERS = (2, 4)


@pytest.fixture(scope="module")
def made():
    """Return states [language, layer, question, d_model], and the tables of states and of vectors by language."""
    values = np.random.default_rng(0).normal(size=(4, 2, 12, 5)).astype(np.float32)
    ids = pa.array([f"q{i}" for i in range(12)])
    names = ["en", "de", "sw", "hi"]
    states = {
        name: pa.table({"question_id": ids} | {f"layer_{k}": fixed_size(values[i, j]) for j, k in enumerate(LAYERS)})
        for i, name in enumerate(names)
    }
    vectors = {}
    for name in names[1:]:
        columns = steering.vectors(states[name], states["en"], LAYERS, 12, 0, (name, "en"))
        vectors[name] = pa.table({**columns, "vector": fixed_size(columns["vector"])})
    return values, states, vectors


def test_sizes_are_norms_of_vectors_over_mean_norms_of_the_languages_own_states(made, tmp_path):
    values, states, vectors = made
    columns = steering_geometry.sizes(vectors, ((name, states[name]) for name in vectors))
    write_table(tmp_path / "sizes", STEERING_SIZES, columns, {})
    rows = pa.table(columns).to_pylist()
    assert [(row["language"], row["layer"]) for row in rows] == [(name, k) for name in vectors for k in LAYERS]
    for n, row in enumerate(rows):
        i, j = 1 + n // 2, n % 2
        vector = (values[0, j] - values[i, j]).mean(axis=0)
        size = np.mean([np.sqrt((state**2).sum()) for state in values[i, j]])
        assert row["ratio"] == pytest.approx(np.sqrt((vector**2).sum()) / size, rel=1e-5)
        assert row["state_norm"] == pytest.approx(size, rel=1e-5)


def test_cosines_are_those_of_each_pair_once(made, tmp_path):
    values, _, vectors = made
    columns = steering_geometry.vector_cosines(vectors)
    write_table(tmp_path / "cosines", VECTOR_COSINES, columns, {})
    rows = pa.table(columns).to_pylist()
    assert [(row["layer"], row["source"], row["target"]) for row in rows] == [
        (k, *pair) for k in LAYERS for pair in (("de", "sw"), ("de", "hi"), ("sw", "hi"))
    ]
    names = ["en", "de", "sw", "hi"]
    for row in rows:
        j = LAYERS.index(row["layer"])
        a, b = ((values[0, j] - values[names.index(row[side])][j]).mean(axis=0) for side in ("source", "target"))
        assert row["cosine"] == pytest.approx(a @ b / np.sqrt((a @ a) * (b @ b)), rel=1e-4)


def test_one_language_has_no_pairs_and_a_vector_of_norm_0_no_cosine(made, tmp_path):
    _, _, vectors = made
    alone = steering_geometry.vector_cosines({"de": vectors["de"]})
    write_table(tmp_path / "alone", VECTOR_COSINES, alone, {})
    assert len(alone["layer"]) == 0
    assert np.isnan(steering_geometry.cosines(np.array([[0.0, 0.0], [1.0, 1.0]]))[0, 1])
    write_table(tmp_path / "none", VECTOR_COSINES, steering_geometry.vector_cosines({}), {})
