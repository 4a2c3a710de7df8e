"""Draws of whole clusters, and weighted means, against drawing by hand."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import resampling

CLUSTERS = {"q3": "b", "q1": "a", "q2": "a", "q4": "c"}


def test_questions_of_a_cluster_are_drawn_together_and_as_many_clusters_as_there_are():
    drawn = resampling.draws([CLUSTERS], 500, 0)
    weight = drawn.of(pa.array(["q1", "q2", "q3", "q4"]))
    np.testing.assert_array_equal(weight[:, 0], weight[:, 1])
    np.testing.assert_array_equal(weight[:, [0, 2, 3]].sum(axis=1), 3)
    assert weight.mean() == pytest.approx(1, abs=0.1)
    assert set(np.unique(weight)) == {0, 1, 2, 3}


def test_draws_depend_on_clusters_and_seed_alone():
    order = dict(sorted(CLUSTERS.items()))
    first, second, other = (resampling.draws([c], 5, seed) for c, seed in ((CLUSTERS, 0), (order, 0), (CLUSTERS, 1)))
    assert first.question_ids == second.question_ids
    np.testing.assert_array_equal(first.weight, second.weight)
    assert not np.array_equal(first.weight, other.weight)


def test_draws_have_a_name_that_anything_else_changes():
    name = resampling.identity([CLUSTERS], 100, 0)
    assert name == resampling.identity([dict(sorted(CLUSTERS.items()))], 100, 0)
    others = [([CLUSTERS], 100, 1), ([CLUSTERS], 101, 0), ([CLUSTERS | {"q3": "c"}], 100, 0)]
    others += [([CLUSTERS | {"q5": "d"}], 100, 0), ([CLUSTERS, CLUSTERS], 100, 0)]
    assert len({name, *(resampling.identity(*each) for each in others)}) == 6


def test_strata_are_drawn_independently_and_completely():
    drawn = resampling.draws([{f"a{i}": str(i) for i in range(4)}, {f"b{i}": str(i) for i in range(6)}], 3000, 0).weight
    np.testing.assert_array_equal(drawn[:, :4].sum(axis=1), 4)
    np.testing.assert_array_equal(drawn[:, 4:].sum(axis=1), 6)
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 4])[0, 1]) < 0.1


def test_a_question_without_a_cluster_is_an_error():
    with pytest.raises(CrosslensError, match="unknown question 'q9'"):
        resampling.draws([CLUSTERS], 2, 0).of(pa.array(["q9"]))


def test_weighted_means_are_those_of_repeated_questions():
    random = np.random.default_rng(0)
    values = random.normal(size=(3, 2, 10))
    values[random.random(values.shape) < 0.2] = np.nan
    weight = random.integers(0, 3, size=(4, 10)).astype(np.float32)
    found = resampling.means(values, weight)
    for i, counts in enumerate(weight.astype(int)):
        np.testing.assert_allclose(found[i], np.nanmean(np.repeat(values, counts, axis=-1), axis=-1), rtol=1e-5)
    assert np.isnan(resampling.means(values, np.zeros((1, 10), np.float32))).all()
