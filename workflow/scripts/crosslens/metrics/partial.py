"""Partial correlation over languages that resemble each other within a family."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import stdtr, stdtrit

from crosslens.metrics.means import MIN_FAMILIES, indices

LARGEST = 1 - 1e-12  # a perfect correlation has no finite atanh


class Partial(NamedTuple):
    """A partial correlation with its interval and its two-sided p-value; NaN where undefined."""

    r: float
    p: float
    low: float
    high: float
    n: int
    n_families: int


def partial(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    given: Float[np.ndarray, "n covariate"],
    families: Sequence[str],
    level: float,
) -> Partial:
    """Return the correlation of ``x`` and ``y`` given covariates, over the languages for which all are defined.

    r is Pearson's correlation of the residuals of x and y on the covariates and a constant, in [-1, 1]. The standard
    error of z = atanh r is that of the delete-a-family jackknife, its square (G - 1) / G sum_g (z_(g) - mean z_(g))^2
    for G families, the cluster-robust variance CR3 (MacKinnon, Nielsen & Webb 2023): families differ in size, and the
    plain sandwich is too small then. Interval and p use Student's t with G - 1 degrees of freedom. Undefined if a
    residual is constant or there are fewer than 2 languages more than coefficients; without 2 families there is no
    interval, and with fewer than `means.MIN_FAMILIES` no p-value.
    """
    defined = ~(np.isnan(x) | np.isnan(y) | np.isnan(given).any(axis=1))
    x, y, given = x[defined], y[defined], given[defined]
    family = indices(np.asarray(families)[defined].tolist())
    n, g = len(x), len(set(family.tolist()))
    r = _residual_correlation(x, y, given)
    if np.isnan(r) or g < 2:
        return Partial(r, np.nan, np.nan, np.nan, n, g)
    without = np.array([_residual_correlation(x[k], y[k], given[k]) for k in (family != i for i in range(g))])
    z, of_others = np.arctanh(np.clip(r, -LARGEST, LARGEST)), np.arctanh(np.clip(without, -LARGEST, LARGEST))
    se = np.sqrt((g - 1) / g * ((of_others - of_others.mean()) ** 2).sum())
    half = stdtrit(g - 1, (1 + level) / 2) * se
    p = float(2 * stdtr(g - 1, -abs(z) / se)) if g >= MIN_FAMILIES and se > 0 else np.nan
    return Partial(r, p, float(np.tanh(z - half)), float(np.tanh(z + half)), n, g)


def _residual_correlation(x: np.ndarray, y: np.ndarray, given: np.ndarray) -> float:
    design = np.column_stack([np.ones(len(x)), given])
    # A covariate that is constant, as resource level may be, takes no degree of freedom.
    if len(x) - np.linalg.matrix_rank(design) < 2:
        return np.nan
    left = [side - design @ np.linalg.lstsq(design, side)[0] for side in (x, y)]
    sizes = [np.linalg.norm(residual) for residual in left]
    if any(size <= 1e-9 * np.linalg.norm(side) for size, side in zip(sizes, (x, y), strict=True)):
        return np.nan
    return float(np.clip(left[0] @ left[1] / (sizes[0] * sizes[1]), -1, 1))
