"""In how many languages a question is answered correctly, beside what independent languages would give.

On the questions that all languages have. Reads no tables.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from crosslens.metrics import intervals, resampling


def n_way(
    right: Bool[np.ndarray, "language question"],
    names: Sequence[str],
    pivot: str,
    weight: Float[np.ndarray, "replicate question"],
    level: float,
) -> dict:
    """Return the columns of table "n_way": shares of questions that are right in exactly k languages, and summaries.

    right_in_any: in at least one. right_only_in_pivot: in the pivot and no other language. expected: the same share if
    languages were independent with their accuracies; for k, the Poisson-binomial distribution. Bounds are percentiles
    of the replicates with ``weight``. In [0, 1]; NaN without a question.
    """
    n_languages, n_questions = right.shape
    counted = right.sum(axis=0)
    shares = {f"right_in_{k}": counted == k for k in range(n_languages + 1)}
    accuracy = right.mean(axis=1) if n_questions else np.full(n_languages, np.nan)
    expected = list(poisson_binomial(accuracy))
    shares["right_in_any"], any_right = counted > 0, 1 - expected[0]
    of_pivot = names.index(pivot) if pivot in names else None
    if of_pivot is not None:
        shares["right_only_in_pivot"] = right[of_pivot] & (counted == 1)
        others = np.delete(accuracy, of_pivot)
        expected += [any_right, accuracy[of_pivot] * np.prod(1 - others)]
    else:
        expected.append(any_right)
    values = np.array(list(shares.values()), np.float64)
    observed = values.mean(axis=1) if n_questions else np.full(len(values), np.nan)
    low, high = intervals.percentiles(resampling.means(values, weight), level)
    return {
        "measure": list(shares),
        "share": observed,
        "low": low,
        "high": high,
        "expected": np.array(expected, np.float64),
        "n_questions": np.full(len(shares), n_questions),
        "n_languages": np.full(len(shares), n_languages),
    }


def poisson_binomial(probability: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n_plus_1"]:
    """Return the distribution of the number of successes of independent trials with these probabilities."""
    distribution = np.ones(1)
    for p in probability:
        distribution = np.convolve(distribution, [1 - p, p])
    return distribution
