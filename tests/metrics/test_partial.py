"""Partial correlations against a regression, their error against a loop over families, and false positives."""

import numpy as np
import pytest
from crosslens.metrics.partial import partial
from scipy import stats

SIZES = [9, 7, 5, 4, 3, 2, 2, 1, 1, 1]
FAMILIES = [f"f{i}" for i, size in enumerate(SIZES) for _ in range(size)]
NUMBER = np.repeat(np.arange(len(SIZES)), SIZES)


def alike(random, columns=1):
    """Return values of languages that resemble each other within a family."""
    n = len(FAMILIES)
    return random.normal(size=(len(SIZES), columns))[NUMBER] + random.normal(size=(n, columns))


def by_regression(x, y, given):
    """Return the partial correlation from the t-value of x in a regression of y on x and the covariates."""
    design = np.column_stack([x, np.ones(len(x)), given])
    coefficients, residual, *_ = np.linalg.lstsq(design, y)
    freedom = len(x) - design.shape[1]
    variance = residual[0] / freedom * np.linalg.inv(design.T @ design)[0, 0]
    t = coefficients[0] / np.sqrt(variance)
    return t / np.sqrt(t**2 + freedom)


def test_it_is_what_a_regression_gives_and_its_error_that_of_leaving_out_families():
    random = np.random.default_rng(0)
    given = alike(random, 2)
    x, y = (given @ random.normal(size=2) + alike(random)[:, 0] for _ in range(2))
    found = partial(x, y, given, FAMILIES, 0.9)
    assert found.r == pytest.approx(by_regression(x, y, given))
    without = [by_regression(x[k], y[k], given[k]) for k in (g != NUMBER for g in range(len(SIZES)))]
    g = len(SIZES)
    z, se = np.arctanh(found.r), np.sqrt((g - 1) ** 2 / g * np.var(np.arctanh(without), ddof=1))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(z) / se, g - 1))
    half = stats.t.ppf(0.95, g - 1) * se
    assert (found.low, found.high) == pytest.approx((np.tanh(z - half), np.tanh(z + half)))
    assert (found.n, found.n_families) == (len(FAMILIES), g)


def test_a_constant_covariate_changes_nothing_and_without_any_it_is_pearsons():
    random = np.random.default_rng(1)
    x, y = alike(random, 2).T
    plain = partial(x, y, np.zeros((len(x), 0)), FAMILIES, 0.95)
    assert plain.r == pytest.approx(stats.pearsonr(x, y).statistic)
    assert partial(x, y, np.ones((len(x), 2)), FAMILIES, 0.95) == pytest.approx(plain)


def test_languages_with_an_undefined_value_are_left_out():
    random = np.random.default_rng(2)
    x, y, z = alike(random, 3).T
    holed = z.copy()
    holed[3] = np.nan
    kept = np.arange(len(x)) != 3
    families = [name for name, k in zip(FAMILIES, kept, strict=True) if k]
    expected = partial(x[kept], y[kept], z[kept, None], families, 0.95)
    assert partial(x, y, holed[:, None], FAMILIES, 0.95) == expected


@pytest.mark.parametrize(
    ("n", "families", "defined"),
    [(40, 1, (True, False, False)), (40, 7, (True, True, False)), (40, 8, (True, True, True)), (3, 3, (False,) * 3)],
)
def test_no_interval_without_two_families_and_no_p_value_below_eight(n, families, defined):
    random = np.random.default_rng(3)
    x, y, z = random.normal(size=(3, n))
    found = partial(x, y, z[:, None], [str(i % families) for i in range(n)], 0.95)
    assert (not np.isnan(found.r), not np.isnan(found.low), not np.isnan(found.p)) == defined


def test_what_the_covariates_explain_wholly_has_no_partial_correlation():
    random = np.random.default_rng(4)
    y, z = random.normal(size=(2, 30))
    found = partial(2 * z + 1, y, z[:, None], [str(i) for i in range(30)], 0.95)
    assert np.isnan(found.r) and np.isnan(found.p)


def test_a_confound_is_removed_and_its_absence_seldom_rejected_though_families_are_alike():
    random = np.random.default_rng(5)
    worlds, rejected, raw, covered = 400, 0, 0, 0
    for _ in range(worlds):
        given = alike(random, 2)
        x, y = (given @ np.array([1, 0.5]) + alike(random)[:, 0] for _ in range(2))
        found = partial(x, y, given, FAMILIES, 0.95)
        rejected, covered = rejected + (found.p < 0.05), covered + (found.low <= 0 <= found.high)
        raw += stats.pearsonr(x, y).pvalue < 0.05
    assert rejected / worlds <= 0.07 and 0.92 <= covered / worlds <= 0.98
    assert raw / worlds > 0.4, "the confound alone is taken for a correlation"
