"""Corrections for testing several hypotheses at once. Pure functions of p-values."""

import numpy as np
from jaxtyping import Float


def holm(p: Float[np.ndarray, " test"]) -> Float[np.ndarray, " test"]:
    """Return the p-values adjusted for their number, so that the chance of any false rejection stays at the level.

    Sorted ascending, the k-th of m is max over i <= k of min(1, (m - i + 1) p_i) (Holm 1979). Undefined tests (NaN) do
    not count and stay undefined.
    """
    adjusted = np.full(p.shape, np.nan)
    defined = np.flatnonzero(~np.isnan(p))
    ascending = defined[np.argsort(p[defined], kind="stable")]
    stepped = p[ascending] * np.arange(len(ascending), 0, -1)
    adjusted[ascending] = np.minimum(np.maximum.accumulate(stepped), 1)
    return adjusted
