"""Means over languages, or over pairs of them, with intervals for other languages and other questions alike.

The variance of a mean has two sources: questions are a sample, and so are languages, which resemble each other within
a family. It is var_questions + var_families - var_both (Cameron, Gelbach & Miller 2011): the first from a bootstrap of
the questions, the second from leaving out a family at a time, the third, which both count, from doing so in the
bootstrap. This jackknife (CR3; MacKinnon, Nielsen & Webb 2023) allows for families of unequal size, where sums of
residuals give too short intervals: an effect of the one large family alone would be significant. Intervals use
Student's t with G - 1 degrees of freedom for G families, few of which would make them too short otherwise. Reads no
tables.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int
from scipy.special import stdtr, stdtrit

from crosslens.metrics.stacking import nullable

MIN_FAMILIES = 8  # fewer give an interval, but no test
ROUNDING = 1e-9


class Mean(NamedTuple):
    """A mean over languages with its interval and its two-sided p-value against 0; NaN where undefined.

    se_questions: the standard error that the questions alone give, for exactly these languages. se: that of both.
    """

    mean: float
    low: float
    high: float
    p: float
    se: float
    se_questions: float
    n_languages: int
    n_families: int

    def without_interval(self) -> "Mean":
        """Return the mean alone, where nothing tells how it would vary."""
        return self._replace(low=np.nan, high=np.nan, p=np.nan, se=np.nan, se_questions=np.nan)


def over_languages(
    observed: Float[np.ndarray, " language"],
    replicates: Float[np.ndarray, "replicate language"],
    families: Sequence[str],
    level: float,
    weight: Float[np.ndarray, " language"] | None = None,
) -> Mean:
    """Return the mean over the languages whose value is defined.

    families: that of each language. replicates: the values in a bootstrap of the questions. No interval with fewer than
    2 families, no p-value with fewer than `MIN_FAMILIES`.

    weight: how much each language counts, equally by default. If some are negative, this is a contrast: the weighted
    mean of the languages with a positive weight less that of those with a negative one, and the families are counted
    on the side that has fewer. A side without a defined value makes all undefined.
    """
    weight = np.ones(len(observed)) if weight is None else weight
    used = ~np.isnan(observed) & (weight != 0)
    sides = [side for side in (weight > 0, weight < 0) if side.any()]
    if not sides or any(not (side & used).any() for side in sides):
        return Mean(*[np.nan] * 6, 0, 0)
    family, weight = indices(np.asarray(families)[used].tolist()), weight[used]
    sides = [side[used] for side in sides]
    n_families = min(len(set(family[side])) for side in sides)
    rows = np.vstack([observed[used], deviations(replicates[:, used])])  # the first row is the data
    whole, without = np.zeros(len(rows)), 0.0
    for side in sides:
        share = np.where(side, weight, 0) / np.abs(weight[side]).sum()
        of_family = np.eye(family.max() + 1)[family] * share[:, None]  # (language, family)
        left = 1 - np.abs(of_family).sum(axis=0)
        left[left < ROUNDING] = np.nan  # nothing is left of a side that is one family
        whole += rows @ share
        without = without + ((rows @ share)[:, None] - rows @ of_family) / left  # (row, family)
    factor = 1 - 1 / (family.max() + 1)
    deleted = factor * ((without - without.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return combined(whole[0], whole[1:].var(ddof=1), deleted[0], deleted[1:].mean(), len(family), n_families, level)


def over_pairs(
    observed: Float[np.ndarray, "source target"],
    replicates: Float[np.ndarray, "replicate family family"],
    families: Sequence[str],
    level: float,
) -> Mean:
    """Return the mean over the ordered pairs whose value is defined, NaN on the diagonal.

    replicates: `family_sums` of the values in a bootstrap of the questions. Pairs that share a family on either side
    are correlated, so a family is deleted with all pairs that it is part of (jackknife). Sums of residuals of such
    dyads (Aronow, Samii & Assenova 2015) give too short intervals for few families of unequal size.
    """
    known = ~np.isnan(observed)
    count = family_sums(np.where(known, 1.0, np.nan), families)
    n_languages = int((known.any(axis=1) | known.any(axis=0)).sum())
    return over_family_sums(family_sums(observed, families), count, replicates, n_languages, level)


def over_family_sums(
    sums: Float[np.ndarray, "family family"],
    count: Float[np.ndarray, "family family"],
    replicates: Float[np.ndarray, "replicate family family"],
    n_languages: int,
    level: float,
) -> Mean:
    """Return what `over_pairs` does, from sums over the pairs of two families and how many pairs these have."""
    if not count.sum():
        return Mean(*[np.nan] * 6, 0, 0)
    n_families = int((count.sum(axis=0) + count.sum(axis=1) > 0).sum())
    drawn = replicates - replicates.mean(axis=0)
    mean = sums.sum() / count.sum()
    var_questions = (drawn.sum(axis=(1, 2)) / count.sum()).var(ddof=1)
    factor = (n_families - 1) / n_families
    var_families = factor * _delete_a_family(sums - mean * count, count)
    var_both = factor * _delete_a_family(drawn, count).mean()
    return combined(mean, var_questions, var_families, var_both, n_languages, n_families, level)


def combined(
    mean: float, var_questions: float, var_families: float, var_both: float, n: int, g: int, level: float
) -> Mean:
    """Return a statistic of ``n`` languages of ``g`` families with the interval that its variances give."""
    se_questions = np.sqrt(var_questions)
    if g < 2:
        return Mean(mean, np.nan, np.nan, np.nan, np.nan, se_questions, n, g)
    se = np.sqrt(np.max([var_questions + var_families - var_both, var_questions, var_families]))  # NaN stays NaN
    half = stdtrit(g - 1, (1 + level) / 2) * se
    p = 2 * stdtr(g - 1, -abs(mean) / se) if g >= MIN_FAMILIES and se > 0 else np.nan
    return Mean(float(mean), float(mean - half), float(mean + half), float(p), float(se), float(se_questions), n, g)


def family_sums(values: Float[np.ndarray, "*batch source target"], families: Sequence[str]) -> np.ndarray:
    """Return the sums of the defined values over each ordered pair of families, [*batch, family, family]."""
    members = np.eye(len(set(families)))[indices(families)]  # (language, family)
    # (family, source) x (*batch, source, target) x (target, family) -> (*batch, family, family)
    return members.T @ np.where(np.isnan(values), 0, values) @ members


def indices(families: Sequence[str]) -> Int[np.ndarray, " language"]:
    """Return the number of each language's family, from 0."""
    return np.unique(np.asarray(families), return_inverse=True)[1]


def columns(means: Sequence[Mean]) -> dict:
    """Return the columns `tables.metric_columns.MEAN` of a table with one row per mean."""
    values = list(zip(*means, strict=True)) or [()] * len(Mean._fields)
    named = dict(zip(Mean._fields, values, strict=True))
    floats = {"mean": "mean", "low": "low", "high": "high", "p": "p_value", "se": "se", "se_questions": "se_questions"}
    counts = {name: pa.array(named[name], pa.int32()) for name in ("n_languages", "n_families")}
    return {column: nullable(named[name]) for name, column in floats.items()} | counts


def deviations(replicates: Float[np.ndarray, "replicate language"]) -> Float[np.ndarray, "replicate language"]:
    """Return the replicates less their mean; 0 where a replicate is undefined, the others larger for it.

    So one language without a value in a replicate does not cost the replicate, and no variance is lost.
    """
    known = ~np.isnan(replicates)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, replicates, 0).sum(axis=0) / count
    return np.where(known, replicates - centre, 0) * np.sqrt(len(replicates) / count)


def _delete_a_family(
    sums: Float[np.ndarray, "*batch family family"], count: Float[np.ndarray, "family family"]
) -> np.ndarray:
    """Return the jackknife's variance of sum / count: sum over families of (mean without it - their mean)^2.

    One number per batch, without the factor (G - 1) / G. NaN if no pair is left without one of the families.
    """

    def without(values: np.ndarray) -> np.ndarray:
        both = values + np.swapaxes(values, -1, -2)
        touching = both.sum(axis=-1) - np.einsum("...ff->...f", values)  # on either side, each pair once
        return values.sum(axis=(-1, -2))[..., None] - touching

    left, touched = without(count), count.sum(axis=0) + count.sum(axis=1) > 0
    if (left[touched] <= 0).any():
        return np.full(sums.shape[:-2], np.nan)
    means = (without(sums) / np.where(touched, left, 1))[..., touched]
    return np.asarray(((means - means.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1))
