"""Tables about a model's answers: one row per language, one per ordered pair, and the expectations over both.

Turns the arrays of `answers` and `pairs` into columns, and their replicates under `resampling` into intervals and
columns of their own. Computes no metric of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from crosslens.metrics import answers, intervals, means, pairs, replicates, resampling, stacking
from crosslens.metrics.answers import Answers
from crosslens.metrics.compared import Compared, compare
from crosslens.metrics.pairs import MEASURES
from crosslens.metrics.stacking import nullable

# Columns of table "language_metrics" that are means over the other languages, by the measure of pairs.
OF_OTHERS = {
    "consistency": "consistency",
    "consistency_excess": "consistency_excess",
    "positive_transfer": "positive_transfer_to",
    "positive_transfer_excess": "positive_transfer_excess_to",
    "negative_transfer": "negative_transfer_to",
}
# Measures of pairs whose standard error over questions is stored per pair, and whose replicates are stored as sums.
WITH_ERROR = ("consistency", "consistency_excess", "positive_transfer", "positive_transfer_excess")


class OutputMetrics(NamedTuple):
    """The columns of five tables."""

    languages: dict  # table "language_metrics"
    pairs: dict  # table "pair_metrics"
    expectations: dict  # table "expectations"
    replicates: dict  # table "replicates"
    pair_replicates: dict  # table "pair_replicates"


class Kept(NamedTuple):
    """What a bootstrap of the questions keeps of the measures of all pairs."""

    families: Mapping[str, Float[np.ndarray, "replicate family family"]]  # sums, by measure
    others: Mapping[str, Float[np.ndarray, "replicate language"]]  # means over the other languages, by measure
    error: Mapping[str, Float[np.ndarray, "source target"]]  # standard deviation, by measure


def output_metrics(
    tables: Mapping[str, pa.Table],
    clusters: Sequence[Mapping[str, str]],
    families: Mapping[str, str],
    bootstrap: int,
    level: float,
    seed: int,
    pair_metrics: Collection[str] = tuple(answers.PAIR_METRICS),
) -> OutputMetrics:
    """Return the metrics of the answers in tables "answers", given by language.

    clusters: of all questions, as `gather.clusters` returns them. families: of languages. Intervals come from
    ``bootstrap`` resamples of the clusters and, for means over languages, from the families too. pair_metrics: those of
    `answers.PAIR_METRICS` that are defined; the others are null, and with them all that compares choices. If there are
    none, each language has questions of its own, whatever their ids. Raises CrosslensError as `stacking.align` does.
    """
    aligned, names = stacking.align(tables if pair_metrics else stacking.apart(tables)), list(tables)
    answered = answers.from_logprobs(aligned.logprob, aligned.key)
    weight = resampling.draws(clusters, bootstrap, seed).of(aligned.question_ids)
    measures = [name for name in MEASURES if _defined(name, pair_metrics)]
    compared = compare(aligned.logprob, answered) if measures else None
    by_pair = _of_pairs(answered, compared, measures, pair_metrics)
    of_language = [families[name] for name in names]
    found = {name: by_pair[name] for name in measures}
    kept = _replicates(compared.single(), weight, found, of_language) if measures else Kept({}, {}, {})
    accuracies = resampling.means(np.where(answered.present, answered.right, np.nan), weight)
    n_clusters = _clusters(answered.present, weight)
    language = language_columns(names, answered, answers.argmax_ties(aligned.logprob), by_pair, level)
    language |= _accuracy_interval(answered, accuracies, n_clusters, level) | _intervals_of_others(names, kept, level)
    errors = {f"{name}_se": kept.error.get(name, np.full((len(names),) * 2, np.nan)) for name in WITH_ERROR}
    return OutputMetrics(
        language,
        stacking.pair_columns(names, answers.common_questions(answered, answered), by_pair | errors),
        expectation_columns(answered, accuracies, by_pair, kept, of_language, level),
        replicate_columns(names, answered, accuracies),
        pair_replicate_columns(by_pair, kept, of_language),
    )


def language_columns(
    names: Sequence[str], answered: Answers, ties: np.ndarray, by_pair: Mapping[str, np.ndarray], level: float
) -> dict:
    """Return the columns of table "language_metrics" without intervals.

    A language's transfer is the transfer that it receives, averaged over the source languages.
    """
    return {
        "language": names,
        "n": answered.present.sum(axis=1),
        "accuracy": answers.accuracy(answered),
        "argmax_ties": ties,
        # (source, target) -> (target)
        **{
            column: nullable(answers.mean(answers.over_others(by_pair[name]), axis=0))
            for name, column in OF_OTHERS.items()
        },
    }


def expectation_columns(
    answered: Answers,
    accuracies: Float[np.ndarray, "replicate language"],
    by_pair: Mapping[str, np.ndarray],
    kept: Kept,
    families: Sequence[str],
    level: float,
) -> dict:
    """Return the columns of table "expectations": means over languages for accuracy, else over ordered pairs.

    The paper's are Eqs. 4-6. Undefined measures are rows too, without values.
    """
    n_languages, n_questions = answered.choice.shape
    accuracy = answers.accuracy(answered)
    values = {"accuracy": accuracy} | {name: answers.over_others(by_pair[name]) for name in MEASURES}
    found = [means.over_languages(accuracy, accuracies, families, level)]
    undefined = means.over_languages(np.full(n_languages, np.nan), accuracies, families, level)
    for name in MEASURES:
        of_families = kept.families.get(name)
        found.append(undefined if of_families is None else means.over_pairs(values[name], of_families, families, level))
    return {
        "metric": list(values),
        "std": nullable([_std(of_metric) for of_metric in values.values()]),
        **means.columns(found),
        "n_questions": pa.array([n_questions] * len(values), pa.int32()),
    }


def replicate_columns(
    names: Sequence[str], answered: Answers, accuracies: Float[np.ndarray, "replicate language"]
) -> dict:
    """Return the columns of table "replicates": the accuracy of every language."""
    n, accuracy = answered.present.sum(axis=1), answers.accuracy(answered)
    return replicates.columns({("accuracy",): replicates.Drawn(tuple(names), n, accuracy, accuracies)})


def pair_replicate_columns(by_pair: Mapping[str, np.ndarray], kept: Kept, families: Sequence[str]) -> dict:
    """Return the columns of table "pair_replicates": sums of the measures `WITH_ERROR`, so far as they are defined."""
    return replicates.pair_columns(
        {
            name: replicates.of_pairs(answers.over_others(by_pair[name]), kept.families[name], families)
            for name in WITH_ERROR
            if name in kept.families
        }
    )


def _defined(measure: str, pair_metrics: Collection[str]) -> bool:
    """Return whether a measure is defined: all are if consistency is, since both compare choices."""
    return measure in pair_metrics or "consistency" in pair_metrics


def _of_pairs(
    answered: Answers, compared: Compared | None, measures: Sequence[str], pair_metrics: Collection[str]
) -> dict[str, Float[np.ndarray, "source target"]]:
    """Return the measures of all pairs; those that are not among ``measures`` are undefined."""
    undefined = np.full((len(answered.choice),) * 2, np.nan)
    found = dict.fromkeys(MEASURES, undefined)
    if compared is None:
        return found
    known = pairs.measures(compared) | pairs.given_difficulty(compared)
    exact = answers.of_pairs(answered, answered, pair_metrics)
    return found | {name: known[name] for name in measures} | exact


def _replicates(
    compared: Compared,
    weight: Float[np.ndarray, "replicate question"],
    observed: Mapping[str, Float[np.ndarray, "source target"]],
    families: Sequence[str],
) -> Kept:
    """Return what is kept of the measures in every replicate; where one is undefined, the observed value stands."""
    measures = list(observed)
    n_languages, n_families = len(compared.present), len(set(families))
    sums = {name: np.empty((len(weight), n_families, n_families)) for name in measures}
    others = {name: np.empty((len(weight), n_languages)) for name in measures if name in OF_OTHERS}
    total, square = ({name: np.zeros((n_languages,) * 2) for name in WITH_ERROR if name in measures} for _ in range(2))
    for i, of_replicate in enumerate(weight):
        values = pairs.measures(compared, of_replicate)
        for name in measures:
            value = np.where(np.isnan(values[name]), observed[name], values[name])
            # What is undefined in the data counts nowhere, even if a replicate has a value.
            value = answers.over_others(np.where(np.isnan(observed[name]), np.nan, value))
            sums[name][i] = means.family_sums(value, families)
            if name in others:
                others[name][i] = answers.mean(value, axis=0)  # (source, target) -> (target)
            if name in total:
                total[name] += value
                square[name] += value**2
    n = len(weight)
    error = {name: np.sqrt(np.maximum(square[name] - total[name] ** 2 / n, 0) / (n - 1)) for name in total}
    return Kept(sums, others, error)


def _accuracy_interval(
    answered: Answers,
    accuracies: Float[np.ndarray, "replicate language"],
    n_clusters: Int[np.ndarray, " language"],
    level: float,
) -> dict:
    """Return Wilson intervals of accuracy with the number of questions that clusters leave (Dean & Pagano 2015).

    It is a (1 - a) / var(a), with the variance of the bootstrap of clusters, and at most the number of questions. If
    the replicates do not vary, it is the number of clusters.
    """
    n, accuracy = answered.present.sum(axis=1), answers.accuracy(answered)
    variance = means.deviations(accuracies).var(axis=0, ddof=1)
    binomial = accuracy * (1 - accuracy)
    varies = variance > 1e-12
    effective = np.where(varies, np.minimum(n, binomial / np.where(varies, variance, 1)), np.minimum(n, n_clusters))
    low, high = intervals.wilson(accuracy * effective, effective, level)
    return {"accuracy_low": low, "accuracy_high": high}


def _clusters(
    present: Bool[np.ndarray, "language question"], weight: Float[np.ndarray, "replicate question"]
) -> Int[np.ndarray, " language"]:
    """Return the number of clusters of each language's questions: those that are always drawn together are one."""
    together = np.unique(weight, axis=1, return_inverse=True)[1].reshape(-1)
    return np.array([len(np.unique(together[own])) for own in present])


def _intervals_of_others(names: Sequence[str], kept: Kept, level: float) -> dict:
    columns = {}
    for name, column in OF_OTHERS.items():
        of_language = kept.others.get(name, np.full((2, len(names)), np.nan))
        low, high = intervals.percentiles(of_language, level)
        columns |= {f"{column}_low": nullable(low), f"{column}_high": nullable(high)}
    return columns


def _std(values: np.ndarray) -> float:
    """Return the sample standard deviation of the defined values; NaN for fewer than two."""
    defined = values[~np.isnan(values)]
    return defined.std(ddof=1) if len(defined) > 1 else np.nan
