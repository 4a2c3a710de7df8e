"""Differences of two conditions in the same languages and questions, with the intervals of `means`.

The conditions may be models, layers, conditions of steering or runs. If both were resampled with the same draws, the
difference of two replicates with the same number is a replicate of the difference, so that what the conditions have in
common, hard questions and hard languages, does not widen the interval. A difference is always ``second`` less
``first``. Reads no tables; `replicates` does.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from scipy.special import logit, stdtrit

from crosslens.errors import CrosslensError
from crosslens.metrics import means, replicates
from crosslens.metrics.means import Mean
from crosslens.metrics.replicates import Drawn, DrawnPairs


class Pairs(NamedTuple):
    """A measure of all ordered pairs of languages, NaN where undefined, and sums of it in every replicate."""

    languages: tuple[str, ...]
    value: Float[np.ndarray, "source target"]
    drawn: DrawnPairs


def pairs(table: pa.Table, drawn: pa.Table, measure: str) -> Pairs:
    """Return a measure of table "pair_metrics" with its replicates of table "pair_replicates"."""
    source, target = (table[side].to_pylist() for side in ("source", "target"))
    languages = tuple(dict.fromkeys([*source, *target]))
    place = {name: i for i, name in enumerate(languages)}
    value = np.full((len(languages),) * 2, np.nan)
    where = [place[name] for name in source], [place[name] for name in target]
    value[where] = table[measure].to_numpy(zero_copy_only=False)
    return Pairs(languages, value, replicates.of_pair_measure(drawn, measure))


def of_languages(
    first: Drawn,
    second: Drawn,
    families: Mapping[str, str],
    level: float,
    weight: Mapping[str, float] | None = None,
) -> Mean:
    """Return the mean difference over the languages that both have.

    families: by language. weight: of languages, as in `means.over_languages`; those that are not there have none.
    Raises CrosslensError if there are not equally many replicates.
    """
    names, (a, b) = _common(first, second)
    _check_equally_many(a.replicates, b.replicates)
    weights = None if weight is None else np.array([weight.get(name, 0) for name in names], float)
    of_common = [families[name] for name in names]
    return means.over_languages(b.value - a.value, b.replicates - a.replicates, of_common, level, weights)


def of_pairs(first: Pairs, second: Pairs, families: Mapping[str, str], level: float) -> Mean:
    """Return the mean difference over the ordered pairs that are defined in both.

    Replicates are sums over the pairs of two families, of all pairs that a side has. If the other side lacks some of
    them, the sum counts in proportion to the pairs left. Raises CrosslensError as `of_languages` does.
    """
    of_common, values, drawn = _common_pairs(first, second, families)
    _check_equally_many(*drawn)
    return means.over_pairs(values[1] - values[0], drawn[1] - drawn[0], of_common, level)


def each_of_languages(first: Drawn, second: Drawn, families: Mapping[str, str], level: float) -> tuple[Mean, Mean]:
    """Return the mean of either side, over the languages whose value is defined in both."""
    names, (a, b) = _common(first, second)
    of_common, used = [families[name] for name in names], ~np.isnan(a.value + b.value)
    values = (np.where(used, side.value, np.nan) for side in (a, b))
    of_a, of_b = (
        means.over_languages(value, side.replicates, of_common, level)
        for value, side in zip(values, (a, b), strict=True)
    )
    return of_a, of_b


def each_of_pairs(first: Pairs, second: Pairs, families: Mapping[str, str], level: float) -> tuple[Mean, Mean]:
    """Return the mean of either side, over the ordered pairs that are defined in both, as in `of_pairs`."""
    of_common, values, drawn = _common_pairs(first, second, families)
    of_a, of_b = (means.over_pairs(value, sums, of_common, level) for value, sums in zip(values, drawn, strict=True))
    return of_a, of_b


def of_deviations(first: Drawn, second: Drawn, families: Mapping[str, str], level: float) -> Mean:
    """Return the difference of the standard deviations over languages of logit accuracy.

    k of n right answers are log((k + 1/2) / (n - k + 1/2)), so that none and all are finite. The variance has the two
    sources of `means`: replicates, with the languages that there are, and a jackknife that deletes a family at a time,
    of which what questions contribute is subtracted. Squares of the deviations are freed of the sampling of questions,
    see `_spread`. Of the languages that both have; no interval if fewer than two are left without one of the families.
    Raises CrosslensError as `of_languages` does.
    """
    names, (a, b) = _common(first, second)
    _check_equally_many(a.replicates, b.replicates)
    used = ~np.isnan(a.value) & ~np.isnan(b.value)
    family = means.indices([families[name] for name, kept in zip(names, used, strict=True) if kept])
    n_families, counts = len(set(family)), np.bincount(family)
    if len(family) < 2:
        return Mean(*[np.nan] * 6, len(family), n_families)
    # (replicate, language); the first row is the data
    logits = [_logits(side, used) for side in (a, b)]

    def difference(kept: np.ndarray) -> Float[np.ndarray, " row"]:
        return _spread(logits[1][:, kept]) - _spread(logits[0][:, kept])

    whole = difference(np.full(len(family), True))
    var_families = var_both = np.nan
    if (len(family) - counts >= 2).all():
        without = np.stack([difference(family != f) for f in range(n_families)], axis=1)  # (row, family)
        drawn, factor = without[1:] - without[1:].mean(axis=0), (n_families - 1) / n_families
        var_families = factor * ((without[0] - without[0].mean()) ** 2).sum()
        var_both = factor * ((drawn - drawn.mean(axis=1, keepdims=True)) ** 2).sum(axis=1).mean()
    questions = whole[1:].var(ddof=1)
    return means.combined(whole[0], questions, var_families, var_both, len(family), n_families, level)


def unpaired(first: Mean, second: Mean, level: float) -> Mean:
    """Return the difference of two means that were not resampled together: the squares of their errors add up.

    It has the degrees of freedom of the mean with fewer families. What both have in common is not removed, so the
    interval is too wide rather than too narrow if languages or questions are the same.
    """
    variances = (first.se**2 + second.se**2, first.se_questions**2 + second.se_questions**2)
    n, g = (min(getattr(side, name) for side in (first, second)) for name in ("n_languages", "n_families"))
    mean = second.mean - first.mean
    if not n or np.isnan(variances[0]):
        return Mean(mean, *[np.nan] * 4, float(np.sqrt(variances[1])), n, g)
    of_both = means.combined(mean, variances[0], 0.0, 0.0, n, g, level)
    return of_both._replace(se_questions=float(np.sqrt(variances[1])))


def at_level(mean: Mean, level: float) -> Mean:
    """Return the same mean with the bounds of another ``level`` in (0, 1): Student's t with n_families - 1 degrees."""
    half = stdtrit(mean.n_families - 1, (1 + level) / 2) * mean.se if mean.n_families > 1 else np.nan
    return mean._replace(low=float(mean.mean - half), high=float(mean.mean + half))


def _common(first: Drawn, second: Drawn) -> tuple[list[str], list[Drawn]]:
    """Return the languages that both have, and both with these alone."""
    names = [name for name in first.languages if name in second.languages]
    sides = []
    for side in (first, second):
        place = [side.languages.index(name) for name in names]
        sides.append(Drawn(tuple(names), side.n[place], side.value[place], side.replicates[:, place]))
    return names, sides


def _common_pairs(
    first: Pairs, second: Pairs, families: Mapping[str, str]
) -> tuple[list[str], list[Float[np.ndarray, "source target"]], list[Float[np.ndarray, "_ family family"]]]:
    """Return the families of the languages that both have, and of each side values and sums of the common pairs."""
    names = [name for name in first.languages if name in second.languages]
    of_common, values = [families[name] for name in names], []
    for side in (first, second):
        place = [side.languages.index(name) for name in names]
        values.append(side.value[np.ix_(place, place)])
    known = ~np.isnan(values[0] + values[1])
    count = means.family_sums(np.where(known, 1.0, np.nan), of_common)
    drawn = [_of_families(side.drawn, sorted(set(of_common)), count) for side in (first, second)]
    return of_common, [np.where(known, value, np.nan) for value in values], drawn


def _check_equally_many(first: np.ndarray, second: np.ndarray) -> None:
    if len(first) != len(second):
        raise CrosslensError(
            f"A paired difference needs equally many replicates, but there are {len(first)} and {len(second)}. Run "
            "both with the same intervals.bootstrap."
        )


def _of_families(
    drawn: DrawnPairs, families: list[str], count: Float[np.ndarray, "family family"]
) -> Float[np.ndarray, "replicate family family"]:
    """Return the sums of ``families`` in every replicate, in proportion to ``count`` of the pairs that they are of."""
    found = np.zeros((len(drawn.replicates), *count.shape))
    for i, source in enumerate(families):
        for j, target in enumerate(families):
            if count[i, j]:
                own = drawn.families.index(source), drawn.families.index(target)
                found[:, i, j] = drawn.replicates[:, *own] * (count[i, j] / drawn.count[own])
    return found


def _logits(drawn: Drawn, used: np.ndarray) -> Float[np.ndarray, "row language"]:
    """Return the smoothed logit accuracies of the data and of every replicate; undefined ones are those of the data."""
    n, value = drawn.n[used], drawn.value[used]
    replicates = np.where(np.isnan(drawn.replicates[:, used]), value, drawn.replicates[:, used])
    return logit((np.vstack([value, replicates]) * n + 0.5) / (n + 1))


def _spread(logits: Float[np.ndarray, "row language"]) -> Float[np.ndarray, " row"]:
    """Return the standard deviation over languages of every row, of which the first is the data, without the noise.

    The variance over languages of observed values is that of the true ones and that of the sampling of questions, which
    is larger where accuracy is near 0 or 1. The latter is the mean over replicates of the variance over languages of
    their deviations: what languages share, such as hard questions, cancels. Replicates contain it twice. 0 if nothing
    is left.
    """
    noise = (logits[1:] - logits[1:].mean(axis=0)).var(axis=1, ddof=1).mean()
    times = np.append(1, np.full(len(logits) - 1, 2))
    return np.sqrt(np.maximum(logits.var(axis=1, ddof=1) - times * noise, 0))
