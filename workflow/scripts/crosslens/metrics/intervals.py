"""Confidence intervals: Wilson, Fisher's z and percentiles of replicates.

Pure functions; ``level`` is the coverage in (0, 1). Knows nothing about languages, models or tables.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri


def wilson(successes: np.ndarray, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the score interval of a proportion (Wilson 1927), element by element, for n > 0.

    Bounds are in [0, 1], also for 0 or n successes.
    """
    z = ndtri((1 + level) / 2)
    centre = (successes + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(successes * (n - successes) / n + z**2 / 4)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def fisher(r: float, n: int, level: float) -> tuple[float, float]:
    """Return the interval of Pearson's correlation over ``n`` pairs: tanh(atanh r -+ z / sqrt(n - 3)) (Fisher 1921).

    In [-1, 1]; NaN for fewer than 4 pairs or an undefined r.
    """
    if n < 4 or np.isnan(r):
        return np.nan, np.nan
    if abs(r) == 1:
        return r, r
    half = ndtri((1 + level) / 2) / np.sqrt(n - 3)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def percentiles(
    replicates: Float[np.ndarray, "replicate value"], level: float
) -> tuple[Float[np.ndarray, " value"], Float[np.ndarray, " value"]]:
    """Return the percentile interval of bootstrap replicates, value by value; NaN if any replicate is undefined."""
    # (replicate, value) -> (bound, value)
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high
