"""Tables of what models answer: one row per language, one per ordered pair, and the expectations over both.

Shapes arrays of `metrics` and `intervals` into columns. Computes no metric of its own.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

import crosslens.metric_schemas  # noqa: F401 - declares the tables that this module computes
from crosslens import alignment, intervals, metrics
from crosslens.alignment import nullable
from crosslens.metrics import Answers


class OutputMetrics(NamedTuple):
    """Columns of three tables."""

    languages: dict  # table "language_metrics"
    pairs: dict  # table "pair_metrics"
    expectations: dict  # table "expectations"


def output_metrics(tables: Mapping[str, pa.Table], bootstrap: int, level: float, seed: int) -> OutputMetrics:
    """All metrics of the answers in tables "answers", by language.

    Accuracy gets a Wilson interval per language; the expectations (Eqs. 4-6, and mean accuracy) get percentile
    intervals of ``bootstrap`` resamples of the questions, the same for all languages: parallel ones stay together.
    """
    aligned = alignment.align(tables)
    given, names = metrics.answers(aligned.logprob, aligned.key), list(tables)
    by_pair = metrics.of_pairs(given)
    return OutputMetrics(
        language_columns(names, given, metrics.argmax_ties(aligned.logprob), by_pair, level),
        alignment.pair_columns(names, metrics.common_questions(given, given), by_pair),
        expectation_columns(given, bootstrap, level, seed),
    )


def language_columns(
    names: Sequence[str], given: Answers, ties: np.ndarray, by_pair: Mapping[str, np.ndarray], level: float
) -> dict:
    """Columns of table "language_metrics"; a language's transfer is what it receives, averaged over the sources."""
    n, others = given.present.sum(axis=1), {name: metrics.over_others(values) for name, values in by_pair.items()}
    low, high = intervals.wilson(given.right.sum(axis=1), n, level)
    return {
        "language": names,
        "n": n,
        "accuracy": metrics.accuracy(given),
        "accuracy_low": low,
        "accuracy_high": high,
        "argmax_ties": ties,
        "consistency": nullable(metrics.mean(others["consistency"], axis=0)),
        "positive_transfer_to": nullable(metrics.mean(others["positive_transfer"], axis=0)),
        "negative_transfer_to": nullable(metrics.mean(others["negative_transfer"], axis=0)),
    }


def expectation_columns(given: Answers, bootstrap: int, level: float, seed: int) -> dict:
    """Columns of table "expectations": over languages for accuracy, over ordered pairs for the others (Eqs. 4-6)."""
    observed = _averaged(given)
    resampled = (_averaged(given.on(sample)) for sample in intervals.resamples(given.choice.shape[1], bootstrap, seed))
    means = np.array([[metrics.mean(values) for values in one.values()] for one in resampled])
    low, high = intervals.percentiles(means, level)
    return {
        "metric": list(observed),
        "mean": nullable([metrics.mean(values) for values in observed.values()]),
        "std": nullable([_std(values) for values in observed.values()]),
        "low": nullable(low),
        "high": nullable(high),
        "n_languages": [len(given.choice)] * len(observed),
        "n_questions": [given.choice.shape[1]] * len(observed),
    }


def _averaged(given: Answers) -> dict[str, np.ndarray]:
    """What each expectation averages."""
    by_pair = {name: metrics.over_others(values) for name, values in metrics.of_pairs(given).items()}
    return {"accuracy": metrics.accuracy(given), **by_pair}


def _std(values: np.ndarray) -> float:
    """Sample standard deviation of the defined values; NaN for fewer than two."""
    defined = values[~np.isnan(values)]
    return defined.std(ddof=1) if len(defined) > 1 else np.nan
