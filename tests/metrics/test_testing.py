"""P-values by permutation, Holm's correction against its sequential rule, and the chance of any false rejection."""

import numpy as np
import pytest
from crosslens.metrics.testing import holm, permutation_p


def rejected_one_by_one(p, level):
    """Return which hypotheses Holm's procedure rejects: the smallest at level / m, the next at level / (m - 1), ..."""
    rejected = np.zeros(len(p), bool)
    for k, i in enumerate(np.argsort(p, kind="stable")):
        if p[i] > level / (len(p) - k):
            break
        rejected[i] = True
    return rejected


@pytest.mark.parametrize("n", [1, 2, 7])
def test_adjusted_values_reject_what_the_procedure_rejects_at_every_level(n):
    random = np.random.default_rng(n)
    for _ in range(50):
        p = np.round(random.random(n) ** 3, 2)  # with ties
        adjusted = holm(p)
        for level in (0.01, 0.05, 0.2, 0.5, 0.9):
            near = np.abs(adjusted - level) < 1e-9  # rounding decides
            np.testing.assert_array_equal((adjusted <= level)[~near], rejected_one_by_one(p, level)[~near])


def test_undefined_tests_do_not_count():
    np.testing.assert_allclose(holm(np.array([0.02, np.nan, 0.01, np.nan])), [0.02, np.nan, 0.02, np.nan])
    assert holm(np.array([])).shape == (0,) and np.isnan(holm(np.array([np.nan]))).all()


def test_the_chance_of_any_false_rejection_is_at_most_the_level():
    random = np.random.default_rng(0)
    any_rejected = [(holm(random.random(8)) < 0.05).any() for _ in range(2000)]
    assert 0.03 < np.mean(any_rejected) < 0.062


def test_the_p_value_counts_permutations_that_are_as_far_from_zero():
    assert permutation_p(-2.0, np.array([1.0, 2, -3, 0, -2])) == pytest.approx(4 / 6)
    assert permutation_p(5.0, np.zeros(9)) == 0.1
    assert permutation_p(0.0, np.zeros(9)) == 1
