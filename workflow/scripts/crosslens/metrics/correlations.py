"""Correlations over languages: do those whose hidden states lean towards themselves rather than the pivot do worse?"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from scipy.special import stdtr

from crosslens.errors import CrosslensError
from crosslens.metrics import answers, intervals
from crosslens.metrics.stacking import nullable

# Columns of table "latent_metrics" that are averaged over the layers and correlated ...
RATIOS = ("log_ratio", "log_ratio_corrected")
# ... with these outcomes, each with its column of table "language_metrics"
OUTCOMES = {"accuracy": "accuracy", "consistency": "consistency", "positive_transfer": "positive_transfer_to"}


class Correlation(NamedTuple):
    """Pearson's r over n languages, its two-sided p-value and its interval; NaN where undefined."""

    r: float
    p: float
    low: float
    high: float
    n: int


def correlations(
    languages: Mapping[tuple[str, str], pa.Table],
    latent: Mapping[tuple[str, str], Sequence[pa.Table]],
    pivot: str,
    level: float,
) -> dict:
    """Return the columns of table "correlations" (the paper's Table 2): a row per evaluation, log ratio and outcome.

    languages: tables "language_metrics" by evaluation (model, data set); latent: tables "latent_metrics" of the layers
    to average over. The pivot is left out, since its log ratio is 0 by definition. Raises CrosslensError if there is no
    evaluation.
    """
    if not languages:
        raise CrosslensError("no data set of the run has a log ratio. Leave Table 2 out of the targets.")
    rows = []
    for evaluation, table in languages.items():
        names = [name for name in table["language"].to_pylist() if name != pivot]
        for ratio in RATIOS:
            # layer x (language) -> (layer, language) -> (language)
            x = answers.mean(np.array([by_language(layer, ratio, names) for layer in latent[evaluation]]), axis=0)
            for outcome, column in OUTCOMES.items():
                rows.append((*evaluation, ratio, outcome, pearson(x, by_language(table, column, names), level)))
    model, dataset, ratio, outcome, correlation = zip(*rows, strict=True)
    r, p, low, high, n = zip(*correlation, strict=True)
    return {
        "model": model,
        "dataset": dataset,
        "ratio": ratio,
        "outcome": outcome,
        "n_languages": n,
        "pearson_r": nullable(r),
        "p_value": nullable(p),
        "low": nullable(low),
        "high": nullable(high),
    }


def by_language(table: pa.Table, column: str, names: Sequence[str]) -> Float[np.ndarray, " language"]:
    """Return a metric of the languages ``names``; NaN where it is null."""
    values = dict(zip(table["language"].to_pylist(), table[column].to_numpy(), strict=True))
    return np.array([values[name] for name in names], np.float64)


def pearson(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], level: float) -> Correlation:
    """Return Pearson's correlation over the languages for which both values are defined.

    r = cov(x, y) / (std x std y) in [-1, 1]; two-sided p from t = r sqrt((n - 2) / (1 - r^2)) with n - 2 degrees of
    freedom; the interval from Fisher's z. Undefined for fewer than 3 languages and for constant values.
    """
    defined = ~(np.isnan(x) | np.isnan(y))
    x, y, n = x[defined], y[defined], int(defined.sum())
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlation(np.nan, np.nan, np.nan, np.nan, n)
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
    t = abs(r) * np.sqrt((n - 2) / (1 - r**2)) if abs(r) < 1 else np.inf
    return Correlation(r, 2 * stdtr(n - 2, -t).item(), *intervals.fisher(r, n, level), n)
