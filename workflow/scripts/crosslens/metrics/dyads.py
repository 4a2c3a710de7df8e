"""Regression over ordered pairs of languages with an effect of every source and of every target.

Pairs that share a language are not independent, so p-values come from permuting languages, and standard errors from
leaving out a family with all of its pairs. Pure functions of arrays; the diagonal is never read.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

from crosslens.metrics import means

ROUNDING = 1e-9


def coefficients(
    y: Float[np.ndarray, "source target"], x: Float[np.ndarray, "regressor source target"]
) -> Float[np.ndarray, " regressor"]:
    """Return b of y_st = a_s + c_t + sum_k b_k x_kst + e_st by least squares over all s != t.

    Both sides are freed of source and target effects first (Frisch, Waugh & Lovell). NaN for all if the regressors are
    collinear with these effects or with each other, as with a single script, or for fewer than 4 languages.
    """
    left = centred(np.concatenate([x, y[None]])) if len(y) > 3 else np.zeros((len(x) + 1, 0, 0))
    return _solved(left[:-1], left[-1:])[0]


def permuted_coefficients(
    y: Float[np.ndarray, "source target"],
    x: Float[np.ndarray, "regressor source target"],
    permutations: Int[np.ndarray, "permutation language"],
) -> Float[np.ndarray, "permutation regressor"]:
    """Return `coefficients` after each permutation of the languages of y, against the regressors as they are.

    It is the same to permute the languages of all regressors together the other way round. Source and target effects
    are those of the permuted languages, so what is freed of them is permuted.
    """
    left = centred(np.concatenate([x, y[None]]))
    drawn = np.stack([left[-1][np.ix_(order, order)] for order in permutations])
    return _solved(left[:-1], drawn)


def centred(values: Float[np.ndarray, "*batch source target"]) -> Float[np.ndarray, "*batch source target"]:
    """Return the residuals of values on source and target effects, by least squares without the diagonal (0 here).

    With row sums R, column sums C and total T over n languages, the normal equations (n - 1) a_s + sum_{t != s} c_t =
    R_s and (n - 1) c_t + sum_{s != t} a_s = C_t have, for sum c = 0 and A = T / (n - 1), the solution
    a = ((n - 1) R + C - A) / ((n - 1)^2 - 1), c = ((n - 1) (C - A) + R) / ((n - 1)^2 - 1).
    """
    n = values.shape[-1]
    off = ~np.eye(n, dtype=bool)
    kept = np.where(off, values, 0)
    rows, columns = kept.sum(axis=-1), kept.sum(axis=-2)
    less = columns - rows.sum(axis=-1, keepdims=True) / (n - 1)
    scale = (n - 1) ** 2 - 1
    source, target = ((n - 1) * rows + less) / scale, ((n - 1) * less + rows) / scale
    return np.where(off, kept - source[..., :, None] - target[..., None, :], 0)


def jackknife_error(statistic: Callable[[Int[np.ndarray, " kept"]], float], families: Sequence[str]) -> float:
    """Return the standard error of a statistic over languages by leaving out one family at a time.

    statistic: takes the indices of the languages that are kept. The square of the error is (G - 1) / G sum_g (s_(g) -
    mean s)^2 for G families (CR3). NaN with fewer than 2 families, and if the statistic is undefined without one.
    """
    family = means.indices(families)
    n = int(family.max()) + 1 if len(family) else 0
    if n < 2:
        return np.nan
    without = np.array([statistic(np.flatnonzero(family != g)) for g in range(n)])
    return float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))


def _solved(
    x: Float[np.ndarray, "regressor source target"], y: Float[np.ndarray, "draw source target"]
) -> Float[np.ndarray, "draw regressor"]:
    flat = x.reshape(len(x), -1)
    gram = flat @ flat.T
    scale = np.sqrt(np.diagonal(gram))
    if (scale <= ROUNDING * np.sqrt(max(flat.shape[1], 1))).any():
        return np.full((len(y), len(x)), np.nan)
    if np.linalg.cond(gram / np.outer(scale, scale)) > 1 / ROUNDING:
        return np.full((len(y), len(x)), np.nan)
    return np.linalg.solve(gram, flat @ y.reshape(len(y), -1).T).T
