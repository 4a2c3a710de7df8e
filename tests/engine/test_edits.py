"""The vectors of conditions: their norms, their seeds, and the questions that they are applied to."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.engine import edits
from crosslens.errors import CrosslensError
from crosslens.tables import files
from crosslens.tables.conditions import Condition
from tiny_questions import vectors_table

LAYERS = [2, 5, 9]
OWN = np.random.default_rng(0).normal(size=(3, 64)).astype("f4")
SOURCES = {"own": vectors_table(LAYERS, OWN, ["a", "b"])}
IDS = ["a", "b", "c", "d", "e"]


def vectors(conditions, sources=SOURCES, **more):
    """Return the vector of every condition, without those of the checks."""
    return edits.make(conditions, sources, **more).vector[: len(conditions)]


def test_an_added_vector_is_gamma_times_that_of_the_conditions_layer():
    conditions = [(9, -2.0), (2, 0.5), (9, 1.0), (5, 0.0), (2, 0.5)]
    made = vectors(conditions)
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made, np.stack([-2 * OWN[2], 0.5 * OWN[0], OWN[2], 0 * OWN[1], 0.5 * OWN[0]]))


def test_random_vectors_have_the_own_norm_and_a_direction_that_every_name_changes():
    conditions = [(5, 1.0, "random_1"), (5, 1.0, "random_2"), (9, 1.0, "random_1")]
    made = vectors(conditions, seed=1, place="m/d/sw")
    np.testing.assert_array_equal(made, vectors(conditions, seed=1, place="m/d/sw"))
    for vector, (layer, *_) in zip(made, conditions, strict=True):
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(np.linalg.norm(OWN[LAYERS.index(layer)]), rel=1e-5)
    others = [vectors(conditions[:1], seed=2, place="m/d/sw"), vectors(conditions[:1], seed=1, place="m/d/de")]
    directions = np.concatenate([made, *others, OWN])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    cosines = directions @ directions.T - np.eye(len(directions))
    assert np.abs(cosines).max() < 0.5, "64 dimensions: the standard deviation of a cosine is 1/8"


def test_random_directions_are_isotropic():
    made = vectors([(2, 1.0, f"random_{n + 1}") for n in range(400)])
    share = (made / np.linalg.norm(OWN[0])) ** 2
    np.testing.assert_allclose(share.mean(axis=0), 1 / 64, atol=6 * np.sqrt(2 / 400) / 64)
    assert np.abs(made.mean(axis=0)).max() < 6 * np.linalg.norm(OWN[0]) / 8 / 20


def test_a_larger_number_of_seeds_contains_the_smaller():
    two, three = (vectors([(2, 1.0, f"random_{k + 1}") for k in range(n)], seed=4) for n in (2, 3))
    np.testing.assert_array_equal(two, three[:2])


@pytest.mark.parametrize("name", ["language:de", "dataset:other"])
def test_other_vectors_keep_their_direction_and_get_the_own_norm(name):
    other = 7 * np.random.default_rng(1).normal(size=(3, 64)).astype("f4")
    sources = SOURCES | {name: vectors_table(LAYERS[::-1], other, ["a", "d"])}
    (made,) = vectors([(5, -3.0, name)], sources)
    np.testing.assert_allclose(made, -3 * other[1] / np.linalg.norm(other[1]) * np.linalg.norm(OWN[1]), rtol=1e-5)
    copies = dict(zip(IDS, edits.make([(5, -3.0, name)], sources).copies(IDS), strict=True))
    # The questions of another data set are others; another language's vector is not tested where it was made.
    assert copies == {"a": [], "b": [], "c": [0, 1], "d": [1] if "language" in name else [0, 1], "e": [0, 1]}


def test_a_vector_without_length_is_refused():
    sources = SOURCES | {"language:de": vectors_table(LAYERS, 0 * OWN)}
    with pytest.raises(CrosslensError, match="'language:de' has length 0 at layer 5"):
        edits.make([(5, 1.0, "language:de")], sources)


def states(ids, layers):
    random = np.random.default_rng(2)
    columns = {f"layer_{k}": files.fixed_size(random.normal(size=(len(ids), 64)).astype("f4")) for k in layers}
    return pa.table({"question_id": pa.array(ids), **columns})


def test_patches_are_the_pivots_states_of_the_questions_that_have_them_used_or_not():
    stored = states(["d", "x", "a"], LAYERS)
    made = edits.make([(2, 2.0), (5, 1.0, "patch", "replace")], SOURCES | {"patch": stored})
    assert made.checks == [Condition(2, 0.0), Condition(9, 1.0, "patch", "replace")]
    kinds = {
        name: [(made.kinds[i].layer, made.kinds[i].gamma, made.kinds[i].vector) for i in own]
        for name, own in zip(IDS, made.copies(IDS), strict=True)
    }
    steered, patched = [(2, 2.0, "own"), (2, 0.0, "own")], [(5, 1.0, "patch"), (9, 1.0, "patch")]
    assert {name: sorted(own) for name, own in kinds.items()} == {
        "a": patched,
        "b": [],
        "c": sorted(steered),
        "d": sorted(steered + patched),
        "e": sorted(steered),
    }
    (edit,) = (i for i in made.copies(IDS)[3] if made.kinds[i] == Condition(5, 1.0, "patch", "replace"))
    np.testing.assert_array_equal(made.vector[edit], files.matrix(stored, "layer_5")[0])


def test_a_vector_that_applies_to_no_question_is_an_error():
    with pytest.raises(CrosslensError, match="all 2 questions were used for the steering vector"):
        edits.make([(2, 1.0)], SOURCES).copies(["b", "a"])
    patch = edits.make([(2, 1.0), (2, 1.0, "patch", "replace")], SOURCES | {"patch": states(["x"], LAYERS)})
    with pytest.raises(CrosslensError, match="the pivot's states are stored for none of the 5 questions"):
        patch.copies(IDS)


def test_without_conditions_nothing_is_edited():
    assert edits.make([], {}).copies(IDS) == [[]] * 5 and edits.make([], {}).describe() == {}


def test_the_provenance_says_what_a_vector_was_made_from_and_how_long_it_is():
    described = edits.make([(2, -2.0), (5, 1.0, "random_1")], SOURCES).describe()
    assert described == {
        "own": {"used": 2, "norm": {"2": pytest.approx(np.linalg.norm(OWN[0]), rel=1e-5)}},
        "random_1": {"used": 2, "norm": {"5": pytest.approx(np.linalg.norm(OWN[1]), rel=1e-5)}},
    }
