"""Intervals against SciPy's."""

import numpy as np
import pytest
from crosslens.metrics import intervals
from scipy import stats


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_is_scipys(level):
    successes, n = np.array([0, 1, 7, 30]), np.array([4, 10, 9, 30])
    low, high = intervals.wilson(successes, n, level)
    for i in range(len(n)):
        expected = stats.binomtest(successes[i], n[i]).proportion_ci(level, method="wilson")
        assert (low[i], high[i]) == pytest.approx(tuple(expected), abs=1e-12)


def test_fisher_is_scipys():
    x, y = np.random.default_rng(1).normal(size=(2, 9))
    expected = stats.pearsonr(x, y)
    bounds = tuple(expected.confidence_interval(0.95))
    assert intervals.fisher(expected.statistic, 9, 0.95) == pytest.approx(bounds)


def test_fisher_at_its_limits():
    assert intervals.fisher(-1.0, 9, 0.95) == (-1, -1)
    assert np.isnan(intervals.fisher(0.5, 3, 0.95)).all()
    assert np.isnan(intervals.fisher(np.nan, 9, 0.95)).all()


def test_percentiles_cover_the_level_of_the_replicates():
    replicates = np.random.default_rng(2).normal(size=(20_000, 2)) * [1, 2] + [0, 5]
    low, high = intervals.percentiles(replicates, 0.95)
    np.testing.assert_allclose(low, [-1.96, 5 - 3.92], atol=0.1)
    np.testing.assert_allclose(high, [1.96, 5 + 3.92], atol=0.1)
    assert np.isnan(intervals.percentiles(np.array([[1.0], [np.nan]]), 0.95)).all()
