"""Regression over pairs of languages against least squares with dummies, permutations and jackknife by brute force."""

import numpy as np
import pytest
from crosslens.metrics import dyads
from crosslens.metrics.testing import permutation_p


def made(n=9, seed=0):
    random = np.random.default_rng(seed)
    script, family = random.integers(2, size=n), np.arange(n) // 2
    x = np.stack([np.equal.outer(group, group).astype(float) for group in (script, family)])
    return random.normal(size=(n, n)), x, family


def with_dummies(y, x):
    """Return the coefficients of x, from least squares with a dummy of every source and of every target."""
    n = len(y)
    pairs = [(s, t) for s in range(n) for t in range(n) if s != t]
    design = [[*(each[s, t] for each in x), *np.eye(n)[s], *np.eye(n)[t]] for s, t in pairs]
    return np.linalg.lstsq(np.array(design), np.array([y[pair] for pair in pairs]), rcond=None)[0][: len(x)]


@pytest.mark.parametrize("n", [4, 5, 9, 20])
def test_coefficients_are_those_of_a_regression_with_dummies(n):
    y, x, _ = made(n)
    np.fill_diagonal(y, np.nan)  # never read
    found = dyads.coefficients(y, x)
    if np.isnan(found).any():
        assert n == 4  # nothing is left of two regressors
    else:
        assert found == pytest.approx(with_dummies(y, x))


def test_planted_coefficients_are_found_whatever_sources_and_targets_do():
    noise, x, _ = made(12)
    y = 0.3 * x[0] - 0.7 * x[1] + 5 * noise[0][:, None] + 5 * noise[1]
    assert dyads.coefficients(y, x) == pytest.approx([0.3, -0.7])


def test_residuals_have_nothing_left_of_sources_and_targets():
    y, _, _ = made(7)
    left = dyads.centred(y)
    assert np.allclose(left.sum(axis=0), 0) and np.allclose(left.sum(axis=1), 0)
    assert np.allclose(dyads.centred(left), left) and (np.diagonal(left) == 0).all()


@pytest.mark.parametrize("y_or_x", ["one script", "a script per language", "the same twice"])
def test_regressors_that_cannot_be_told_apart_have_no_coefficients(y_or_x):
    y, x, _ = made()
    n = len(y)
    script = {"one script": np.ones((n, n)), "a script per language": np.eye(n), "the same twice": x[1]}[y_or_x]
    assert np.isnan(dyads.coefficients(y, np.stack([script, x[1]]))).all()


def test_permutations_are_regressions_of_permuted_languages():
    y, x, _ = made()
    random = np.random.default_rng(1)
    orders = np.stack([random.permutation(len(y)) for _ in range(6)])
    found = dyads.permuted_coefficients(y, x, orders)
    for order, row in zip(orders, found, strict=True):
        assert row == pytest.approx(with_dummies(y[np.ix_(order, order)], x))
        back = np.argsort(order)
        assert row == pytest.approx(with_dummies(y, x[:, back][:, :, back]))


def test_p_values_are_uniform_where_nothing_is_related():
    p = []
    for seed in range(200):
        y, x, _ = made(10, seed)
        random = np.random.default_rng(seed)
        y += 3 * random.normal(size=10)[:, None]
        orders = np.stack([random.permutation(10) for _ in range(99)])
        observed, by_chance = dyads.coefficients(y, x), dyads.permuted_coefficients(y, x, orders)
        p.append([permutation_p(float(observed[k]), by_chance[:, k]) for k in range(2)])
    rejected = (np.array(p) <= 0.1).mean(axis=0)
    assert ((rejected > 0.03) & (rejected < 0.18)).all()


def test_the_jackknife_leaves_out_a_family_at_a_time():
    y, x, family = made(16)
    without = []
    for one in sorted(set(family)):
        kept = np.flatnonzero(family != one)
        without.append(with_dummies(y[np.ix_(kept, kept)], x[:, kept][:, :, kept]))
    n = len(without)
    expected = np.sqrt((n - 1) / n * sum((each - np.mean(without, axis=0)) ** 2 for each in without))

    for k in range(2):

        def statistic(kept, k=k):
            return float(dyads.coefficients(y[np.ix_(kept, kept)], x[:, kept][:, :, kept])[k])

        assert dyads.jackknife_error(statistic, [str(one) for one in family]) == pytest.approx(expected[k])
        assert np.isnan(dyads.jackknife_error(statistic, ["one"] * len(y)))
