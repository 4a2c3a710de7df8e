"""Tables about a model's answers: one row per language, one per ordered pair, and the expectations over both.

Turns the arrays of `answers` and `intervals` into columns. Computes no metric of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from crosslens.metrics import answers, intervals, stacking
from crosslens.metrics.answers import Answers
from crosslens.metrics.stacking import nullable


class OutputMetrics(NamedTuple):
    """The columns of three tables."""

    languages: dict  # table "language_metrics"
    pairs: dict  # table "pair_metrics"
    expectations: dict  # table "expectations"


def output_metrics(
    tables: Mapping[str, pa.Table],
    bootstrap: int,
    level: float,
    seed: int,
    pair_metrics: Collection[str] = tuple(answers.PAIR_METRICS),
) -> OutputMetrics:
    """Return the metrics of the answers in tables "answers", given by language.

    Accuracy gets a Wilson interval per language; the expectations (Eqs. 4-6, and mean accuracy) get percentile
    intervals over ``bootstrap`` resamples of the questions. pair_metrics: those of `answers.PAIR_METRICS` that are
    defined; the others are null. If there are none, each language has questions of its own, whatever their ids. Raises
    CrosslensError as `stacking.align` does.
    """
    aligned, names = stacking.align(tables if pair_metrics else stacking.apart(tables)), list(tables)
    answered = answers.from_logprobs(aligned.logprob, aligned.key)
    by_pair = answers.of_pairs(answered, answered, pair_metrics)
    return OutputMetrics(
        language_columns(names, answered, answers.argmax_ties(aligned.logprob), by_pair, level),
        stacking.pair_columns(names, answers.common_questions(answered, answered), by_pair),
        expectation_columns(answered, bootstrap, level, seed, pair_metrics),
    )


def language_columns(
    names: Sequence[str], answered: Answers, ties: np.ndarray, by_pair: Mapping[str, np.ndarray], level: float
) -> dict:
    """Return the columns of table "language_metrics".

    A language's transfer is the transfer that it receives, averaged over the source languages.
    """
    n, others = answered.present.sum(axis=1), {name: answers.over_others(values) for name, values in by_pair.items()}
    low, high = intervals.wilson(answered.right.sum(axis=1), n, level)
    return {
        "language": names,
        "n": n,
        "accuracy": answers.accuracy(answered),
        "accuracy_low": low,
        "accuracy_high": high,
        "argmax_ties": ties,
        # (source, target) -> (target)
        "consistency": nullable(answers.mean(others["consistency"], axis=0)),
        "positive_transfer_to": nullable(answers.mean(others["positive_transfer"], axis=0)),
        "negative_transfer_to": nullable(answers.mean(others["negative_transfer"], axis=0)),
    }


def expectation_columns(
    answered: Answers,
    bootstrap: int,
    level: float,
    seed: int,
    pair_metrics: Collection[str] = tuple(answers.PAIR_METRICS),
) -> dict:
    """Return the columns of table "expectations": over languages for accuracy, else over ordered pairs (Eqs. 4-6).

    A resample of the bootstrap is the same for all languages, so that parallel questions stay together. Without
    ``pair_metrics``, languages are resampled independently.
    """
    n_languages, n_questions = answered.choice.shape
    strata = [np.arange(n_questions)] if pair_metrics else [np.flatnonzero(own) for own in answered.present]
    observed = _averaged(answered, pair_metrics)
    samples = intervals.resamples(strata, bootstrap, seed)
    resampled = (_averaged(answered.on(sample), pair_metrics) for sample in samples)
    means = np.array([[answers.mean(values) for values in replicate.values()] for replicate in resampled])
    low, high = intervals.percentiles(means, level)  # (replicate, metric) -> (metric)
    return {
        "metric": list(observed),
        "mean": nullable([answers.mean(values) for values in observed.values()]),
        "std": nullable([_std(values) for values in observed.values()]),
        "low": nullable(low),
        "high": nullable(high),
        "n_languages": [n_languages] * len(observed),
        "n_questions": [n_questions] * len(observed),
    }


def _averaged(answered: Answers, pair_metrics: Collection[str]) -> dict[str, np.ndarray]:
    """Return the values that each expectation averages."""
    by_pair = answers.of_pairs(answered, answered, pair_metrics)
    others = {name: answers.over_others(values) for name, values in by_pair.items()}
    return {"accuracy": answers.accuracy(answered), **others}


def _std(values: np.ndarray) -> float:
    """Return the sample standard deviation of the defined values; NaN for fewer than two."""
    defined = values[~np.isnan(values)]
    return defined.std(ddof=1) if len(defined) > 1 else np.nan
