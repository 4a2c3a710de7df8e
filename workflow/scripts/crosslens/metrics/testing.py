"""P-values by permutation, and their correction for testing several hypotheses at once. Pure functions."""

import numpy as np
from jaxtyping import Float

ROUNDING = 1e-9  # permutations that differ from the observed value by rounding alone are as far from 0


def permutation_p(
    observed: Float[np.ndarray, "*batch"] | float, by_chance: Float[np.ndarray, "permutation *batch"]
) -> np.ndarray:
    """Return two-sided p-values: the share of permutations, and the observed one, that are at least as far from 0."""
    as_far = (np.abs(by_chance) >= np.abs(observed) * (1 - ROUNDING)).sum(axis=0)
    return np.asarray((1 + as_far) / (1 + len(by_chance)))


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
