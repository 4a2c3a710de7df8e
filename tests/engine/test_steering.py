"""Steering vectors are mean differences over parallel questions, and each condition uses its layer's vector."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens import sampling
from crosslens.engine import steering
from crosslens.errors import CrosslensError
from crosslens.tables import files
from crosslens.tables.inference import STEERING_VECTORS

LAYERS = [2, 5, 9]
PARALLEL = [f"question {i}" for i in range(8)]


def states(ids, seed, shift=0.0):
    random = np.random.default_rng(seed)
    columns = {f"layer_{k}": files.fixed_size(random.normal(shift, 1, (len(ids), 4)).astype("f4")) for k in LAYERS}
    return pa.table({"question_id": ids, **columns})


SWAHILI = states([*PARALLEL[::-1], "only in Swahili"], seed=1)
ENGLISH = states(["only in English", *PARALLEL], seed=2, shift=3.0)


def state(table, question, layer):
    return np.array(table[f"layer_{layer}"][table["question_id"].to_pylist().index(question)].as_py())


def test_a_vector_is_the_mean_over_the_same_questions_of_pivot_minus_language():
    columns = steering.vectors(SWAHILI, ENGLISH, LAYERS, 5, seed=7, names=("sw", "en"))
    chosen = sampling.order(PARALLEL, 7)[:5]
    assert columns["layer"] == LAYERS and columns["n_questions"] == [5] * 3 and columns["question_ids"] == [chosen] * 3
    for vector, norm, layer in zip(columns["vector"], columns["norm"], LAYERS, strict=True):
        total = sum(state(ENGLISH, question, layer) - state(SWAHILI, question, layer) for question in chosen)
        np.testing.assert_allclose(vector, total / 5, rtol=1e-6)
        assert norm == pytest.approx(sum(x * x for x in (total / 5).tolist()) ** 0.5, rel=1e-6)


def test_steering_towards_the_pivot_is_the_opposite_of_steering_away():
    there = steering.vectors(SWAHILI, ENGLISH, LAYERS, 8, seed=0, names=("sw", "en"))["vector"]
    back = steering.vectors(ENGLISH, SWAHILI, LAYERS, 8, seed=0, names=("en", "sw"))["vector"]
    np.testing.assert_array_equal(there, -back)
    assert (there.mean(axis=1) > 1).all(), "English was drawn around 3, Swahili around 0"


def test_the_mean_is_accumulated_in_float64():
    """2^24 + 1 is not a float32 number: a float32 sum would lose the small differences."""
    pivot = np.array([[2.0**24], *[[1.0]] * 15], np.float32)
    assert steering.mean_difference(pivot, np.zeros_like(pivot)) == np.float32((2**24 + 15) / 16)


def test_the_columns_are_a_valid_table(tmp_path):
    columns = steering.vectors(SWAHILI, ENGLISH, LAYERS, 5, seed=7, names=("sw", "en"))
    files.write_table(tmp_path / "v.arrow", STEERING_VECTORS, columns, {})
    read = files.read_table(tmp_path / "v.arrow", STEERING_VECTORS)
    np.testing.assert_array_equal(files.matrix(read, "vector"), columns["vector"])


def test_too_few_parallel_questions_name_both_languages():
    with pytest.raises(CrosslensError, match="sw and en share only 8 .*needs 9.*steering.questions"):
        steering.vectors(SWAHILI, ENGLISH, LAYERS, 9, seed=0, names=("sw", "en"))
