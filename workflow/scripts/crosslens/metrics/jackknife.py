"""Uncertainty of statistics that a bootstrap would bias: leave out a group of clusters of questions at a time.

Debiased CKA and MEXA compare a question with all *others*. A bootstrap draws some questions twice, which then find
themselves: independent states would look similar. The delete-a-group jackknife (Kott 2001; Efron & Stein 1981) repeats
no question.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from crosslens import sampling
from crosslens.errors import CrosslensError

GROUPS = 30  # at most; with fewer clusters, each is left out alone


def groups(
    question_ids: Sequence[str], clusters: Mapping[str, str], seed: int, most: int = GROUPS
) -> list[Int[np.ndarray, " _"]]:
    """Return the indices of the questions of each group; all questions of a cluster are in the same group.

    Clusters are dealt out to at most ``most`` groups in the order of their hash, so groups have equally many clusters
    or one more. Raises CrosslensError for a question without a cluster.
    """
    missing = [name for name in question_ids if name not in clusters]
    if missing:
        raise CrosslensError(
            f"hidden states: unknown question {missing[0]!r}. Delete the language's files of this kind and run again."
        )
    ordered = sampling.order({clusters[name] for name in question_ids}, seed)
    number = {cluster: i % most for i, cluster in enumerate(ordered)}
    group = np.array([number[clusters[name]] for name in question_ids], int)
    return [np.flatnonzero(group == i) for i in range(min(most, len(ordered)))]


def as_replicates(values: Float[np.ndarray, "group *batch"]) -> Float[np.ndarray, "group *batch"]:
    """Return replicates whose ordinary variance (ddof 1) is the jackknife's, from values with a group left out.

    The jackknife's variance of G values x is (G - 1) / G sum (x - mean x)^2, (G - 1)^2 / G times the ordinary one.
    Where a value is undefined without a group, that group contributes no variance.
    """
    n = len(values)
    known = ~np.isnan(values)
    counted = known.sum(axis=0)
    mean = np.divide(np.nansum(values, axis=0), counted, out=np.full(values.shape[1:], np.nan), where=counted > 0)
    return mean + (n - 1) / np.sqrt(n) * np.where(known, values - mean, 0)
