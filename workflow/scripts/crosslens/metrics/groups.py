"""Accuracy by group: of languages (script, family, resource level) and of questions (subject, category, ...).

Means over the languages of a group, or over all languages on the questions of a group.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens.metrics import answers, means, pair_groups, resampling, stacking
from crosslens.metrics.compared import compare
from crosslens.metrics.means import Mean
from crosslens.metrics.n_way import n_way


class GroupMetrics(NamedTuple):
    """The columns of three tables."""

    n_way: dict
    groups: dict  # table "accuracy_by_group"
    pairs: dict  # table "pairs_by_group"


def group_metrics(
    tables: Mapping[str, pa.Table],
    clusters: Sequence[Mapping[str, str]],
    groups: Mapping[str, Sequence[str]],
    described: Mapping[str, Mapping[str, str]],
    pivot: str,
    bootstrap: int,
    level: float,
    seed: int,
    families: Mapping[str, str],
    shared: bool = True,
    pair_metrics: Collection[str] = tuple(answers.PAIR_METRICS),
) -> GroupMetrics:
    """Return the columns of tables "n_way", "accuracy_by_group" and "pairs_by_group" of tables "answers" by language.

    groups: of every question, as name=value. described: script, family and resource level, each by language. shared:
    whether languages have the same questions; if not, "n_way" and "pairs_by_group" have no rows, and only languages are
    grouped. pair_metrics: those of `answers.PAIR_METRICS` that are defined.
    """
    names = list(tables)
    aligned = stacking.align(tables if shared else stacking.apart(tables))
    answered = answers.from_logprobs(aligned.logprob, aligned.key)
    weight = resampling.draws(clusters, bootstrap, seed).of(aligned.question_ids)
    right = np.where(answered.present, answered.right, np.nan)
    of_language, n_questions = [families[name] for name in names], len(aligned.question_ids)
    rows = []
    for grouping, of_tag in described.items():
        values = [of_tag[name] for name in names]
        found = of_languages(right, weight, values, of_language, level)
        rows += [(grouping, value, mean, n_questions) for value, mean in found.items()]
    members = _members(aligned.question_ids.to_pylist(), groups) if shared else {}
    for group, (mean, n) in of_questions(right, weight, members, of_language, level).items():
        rows.append((*group.split("=", 1), mean, n))
    everywhere = answered.present.all(axis=0) & shared
    shares = n_way(answered.right[:, everywhere], names, pivot, weight[:, everywhere], level)
    if not shared:
        shares = {name: column[:0] for name, column in shares.items()}
        return GroupMetrics(shares, _columns(rows), pair_groups.by_group(None, weight, {}, {}, [], level, ()))
    # A measure is defined if it is one of the paper's that are, or if consistency is, since both compare choices.
    defined = [name for name in pair_groups.GROUPED if {name, "consistency"} & set(pair_metrics)]
    by_tag = {grouping: [of_tag[name] for name in names] for grouping, of_tag in described.items()}
    compared = compare(aligned.logprob, answered)
    in_pairs = pair_groups.by_group(compared, weight, by_tag, members, of_language, level, defined)
    return GroupMetrics(shares, _columns(rows), in_pairs)


def _members(question_ids: Sequence[str], groups: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for i, question in enumerate(question_ids):
        for group in groups.get(question, ()):
            members.setdefault(group, []).append(i)
    return members


def _columns(rows: Sequence[tuple[str, str, Mean, int]]) -> dict:
    grouping, group, found, n = zip(*rows, strict=True)
    return {"grouping": grouping, "group": group, **means.columns(found), "n_questions": pa.array(n, pa.int32())}


def of_languages(
    right: Float[np.ndarray, "language question"],
    weight: Float[np.ndarray, "replicate question"],
    groups: Sequence[str],
    families: Sequence[str],
    level: float,
) -> dict[str, Mean]:
    """Return the mean accuracy of each group of languages. ``right`` is NaN where a language lacks the question."""
    accuracy, drawn = _accuracies(right, weight)
    found = {}
    for group in sorted(set(groups)):
        members = [i for i, name in enumerate(groups) if name == group]
        found[group] = means.over_languages(accuracy[members], drawn[:, members], [families[i] for i in members], level)
    return found


def of_questions(
    right: Float[np.ndarray, "language question"],
    weight: Float[np.ndarray, "replicate question"],
    members: Mapping[str, Sequence[int]],
    families: Sequence[str],
    level: float,
) -> dict[str, tuple[Mean, int]]:
    """Return the mean accuracy on each group's questions over the languages that have some, and their number.

    members: the questions of each group. No interval for a group whose questions are one cluster.
    """
    found = {}
    for group, questions in sorted(members.items()):
        accuracy, drawn = _accuracies(right[:, questions], weight[:, questions])
        mean = means.over_languages(accuracy, drawn, families, level)
        if len(np.unique(weight[:, questions], axis=1).T) < 2:  # one cluster: nothing tells how clusters vary
            mean = mean.without_interval()
        found[group] = mean, len(questions)
    return found


def _accuracies(
    right: Float[np.ndarray, "language question"], weight: Float[np.ndarray, "replicate question"]
) -> tuple[Float[np.ndarray, " language"], Float[np.ndarray, "replicate language"]]:
    observed = resampling.means(right, np.ones((1, right.shape[1]), np.float32))[0]
    return observed, resampling.means(right, weight)
