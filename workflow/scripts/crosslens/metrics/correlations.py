"""Correlations over languages: do those whose hidden states lean towards themselves rather than the pivot do worse?"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float
from scipy.special import stdtr

from crosslens.errors import CrosslensError
from crosslens.metrics import answers, intervals
from crosslens.metrics.partial import Partial, partial
from crosslens.metrics.stacking import nullable
from crosslens.metrics.testing import holm

# The prompts and normalisations of the log ratio that are correlated, so far as they were asked ...
PROMPTS = ("native", "without_choices", "symmetric")
NORMALISATIONS = ("per_token", "first_token")
# ... with these outcomes, each with its column of table "language_metrics"
OUTCOMES = {"accuracy": "accuracy", "consistency": "consistency", "positive_transfer": "positive_transfer_to"}


class Correlation(NamedTuple):
    """Pearson's r over n languages, its two-sided p-value and its interval; NaN where undefined."""

    r: float
    p: float
    low: float
    high: float
    n: int


UNDEFINED = Partial(np.nan, np.nan, np.nan, np.nan, 0, 0)


class Row(NamedTuple):
    """A row of table "correlations"; the partial correlation is undefined for the corrected ratio."""

    model: str
    dataset: str
    prompt: str
    normalisation: str
    ratio: str
    outcome: str
    correlation: Correlation
    partial: Partial


def correlations(
    languages: Mapping[tuple[str, str], pa.Table],
    log_ratios: Mapping[tuple[str, str], Sequence[pa.Table]],
    pivot: str,
    level: float,
    resource: Mapping[str, int],
    families: Mapping[str, str],
) -> dict:
    """Return the columns of table "correlations" (the paper's Table 2): a row per evaluation, log ratio and outcome.

    languages: tables "language_metrics" by evaluation (model, data set); log_ratios: tables of that name, of the layers
    to average over. resource: the level of languages of which it is known; families: that of every language. The pivot
    is left out, since its log ratio is 0 by definition. p-values of partial correlations are corrected for all of an
    evaluation (Holm). Raises CrosslensError if there is no evaluation.
    """
    if not languages:
        raise CrosslensError("no data set of the run has a log ratio. Leave Table 2 out of the targets.")
    rows, adjusted = [], []
    for evaluation, table in languages.items():
        of_one = [
            Row(*evaluation, *each)
            for each in _of_evaluation(table, log_ratios[evaluation], pivot, level, resource, families)
        ]
        rows += of_one
        adjusted.append(holm(np.array([row.partial.p for row in of_one])))
    named = {name: [getattr(row, name) for row in rows] for name in Row._fields}
    plain, given = named.pop("correlation"), named.pop("partial")
    return {
        **named,
        "n_languages": [one.n for one in plain],
        "pearson_r": nullable([one.r for one in plain]),
        "p_value": nullable([one.p for one in plain]),
        "low": nullable([one.low for one in plain]),
        "high": nullable([one.high for one in plain]),
        "n_partial": [one.n for one in given],
        "n_families": [one.n_families for one in given],
        "partial_r": nullable([one.r for one in given]),
        "partial_low": nullable([one.low for one in given]),
        "partial_high": nullable([one.high for one in given]),
        "partial_p": nullable([one.p for one in given]),
        "partial_p_holm": nullable(np.concatenate(adjusted)),
    }


def _of_evaluation(
    table: pa.Table,
    layers: Sequence[pa.Table],
    pivot: str,
    level: float,
    resource: Mapping[str, int],
    families: Mapping[str, str],
) -> list[tuple]:
    """Return (prompt, normalisation, ratio, outcome, correlation, partial correlation) of all rows of an evaluation."""
    names = [name for name in table["language"].to_pylist() if name != pivot]
    of_families, levels = [families[name] for name in names], [resource.get(name, np.nan) for name in names]
    asked = set(layers[0]["prompt"].to_pylist())
    rows = []
    for prompt in (name for name in PROMPTS if name in asked):
        for norm in NORMALISATIONS:
            here = (pc.field("prompt") == prompt) & (pc.field("normalisation") == norm)
            parts = [layer.filter(here) for layer in layers]
            x, corrected, native, in_pivot = (
                # layer x (language) -> (layer, language) -> (language)
                answers.mean(np.array([by_language(part, column, names) for part in parts]), axis=0)
                for column in ("log_ratio", "log_ratio_corrected", "tokens_native", "tokens_pivot")
            )
            given = np.column_stack([levels, answers.ratio(native, in_pivot)])
            for outcome, column in OUTCOMES.items():
                y = by_language(table, column, names)
                conditional = partial(x, y, given, of_families, level)
                rows.append((prompt, norm, "log_ratio", outcome, pearson(x, y, level), conditional))
                if prompt == "native":
                    correlation = pearson(corrected, y, level)
                    rows.append((prompt, norm, "log_ratio_corrected", outcome, correlation, UNDEFINED))
    return rows


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
