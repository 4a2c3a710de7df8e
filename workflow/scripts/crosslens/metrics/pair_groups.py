"""Consistency and transfer by group: of languages (script, family, resource level) and of questions (subject, ...).

Means over ordered pairs with the intervals of `means.over_pairs`. Questions are resampled at most `DRAWS` times: all
measures of all pairs are computed once per replicate and group of questions. Reads no tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from crosslens.metrics import answers, means, pairs
from crosslens.metrics.compared import Compared
from crosslens.metrics.means import Mean

GROUPED = ("consistency", "consistency_excess", "positive_transfer", "positive_transfer_excess")
DRAWS = 200
BETWEEN = "different"  # the group of pairs whose languages are of two groups


class Resampled(NamedTuple):
    """A measure of all pairs, NaN where undefined and on the diagonal, in the data and in every replicate."""

    observed: Float[np.ndarray, "source target"]
    replicates: Float[np.ndarray, "replicate source target"]


def by_group(
    compared: Compared | None,
    weight: Float[np.ndarray, "replicate question"],
    described: Mapping[str, Sequence[str]],
    members: Mapping[str, Sequence[int]],
    families: Sequence[str],
    level: float,
    measures: Sequence[str] = GROUPED,
) -> dict:
    """Return the columns of table "pairs_by_group".

    described: by grouping, the group of each language. members: by group of questions, as name=value, its questions.
    families: of each language. measures: those of `GROUPED` that are defined; without any, or without ``compared``,
    there are no rows.
    """
    if compared is None:
        return _columns([])
    weight, rows = weight[:DRAWS], []
    n_questions = len(compared.key)
    for name, resampled in _resampled(compared, weight, measures).items():
        for grouping, groups in described.items():
            for group, mean in of_languages(resampled, groups, families, level).items():
                rows.append((grouping, group, name, mean, n_questions))
    for group, questions in sorted(members.items()):
        drawn = weight[:, questions]
        one_cluster = len(np.unique(drawn, axis=1).T) < 2
        for name, resampled in _resampled(compared.on(np.asarray(questions)), drawn, measures).items():
            mean = _mean(resampled, np.ones_like(resampled.observed, bool), families, level)
            mean = mean.without_interval() if one_cluster else mean
            rows.append((*group.split("=", 1), name, mean, len(questions)))
    return _columns(rows)


def of_languages(resampled: Resampled, groups: Sequence[str], families: Sequence[str], level: float) -> dict[str, Mean]:
    """Return the mean over the pairs within each group of languages that has two, and over the pairs between groups.

    groups, families: of each language.
    """
    group = np.asarray(groups)
    same = group[:, None] == group
    found = {}
    for name in sorted(set(groups)):
        within = np.flatnonzero(group == name)
        if len(within) > 1:
            every = np.ones((len(within),) * 2, bool)
            found[name] = _mean(_part(resampled, within), every, [families[i] for i in within], level)
    if not same.all():
        found[BETWEEN] = _mean(resampled, ~same, families, level)
    return found


def _part(resampled: Resampled, languages: np.ndarray) -> Resampled:
    square = np.ix_(languages, languages)
    return Resampled(resampled.observed[square], resampled.replicates[:, square[0], square[1]])


def _mean(
    resampled: Resampled, counted: Bool[np.ndarray, "source target"], families: Sequence[str], level: float
) -> Mean:
    observed = np.where(counted, resampled.observed, np.nan)
    replicates = np.where(np.isnan(observed), np.nan, resampled.replicates)
    return means.over_pairs(observed, means.family_sums(replicates, families), families, level)


def _resampled(
    compared: Compared, weight: Float[np.ndarray, "replicate question"], measures: Sequence[str]
) -> dict[str, Resampled]:
    """Return the measures of all pairs; where one is undefined in a replicate, the observed value stands."""
    known, drawn = pairs.measures(compared), list(_drawn(compared, weight, measures))
    found = {}
    for i, name in enumerate(measures):
        observed = answers.over_others(known[name])
        replicates = np.array([each[i] for each in drawn]).reshape(len(drawn), *observed.shape)
        found[name] = Resampled(observed, np.where(np.isnan(replicates), observed, replicates))
    return found


def _drawn(
    compared: Compared, weight: Float[np.ndarray, "replicate question"], measures: Sequence[str]
) -> Iterator[list[np.ndarray]]:
    """Yield the measures in every replicate; undefined where it draws none of the questions, as it may of a few."""
    single, undefined = compared.single(), np.full((len(compared.present),) * 2, np.nan, np.float32)
    for of_replicate in weight:
        values = pairs.measures(single, of_replicate) if of_replicate.any() else {}
        yield [values.get(name, undefined).astype(np.float32) for name in measures]


def _columns(rows: Sequence[tuple[str, str, str, Mean, int]]) -> dict:
    grouping, group, measure, found, n = zip(*rows, strict=True) if rows else [()] * 5
    named = {"grouping": pa.array(grouping, pa.string()), "group": pa.array(group, pa.string())}
    named |= {"measure": pa.array(measure, pa.string())}
    return {**named, **means.columns(found), "n_questions": pa.array(n, pa.int32())}
