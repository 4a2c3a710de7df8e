"""Do languages whose states are alike answer alike? Correlations over pairs of languages, tested by permuting labels.

Pairs that share a language are not independent, so a p-value comes from permuting the languages' labels in one of the
two matrices (Mantel 1967). Each pair counts once: consistency and similarity are symmetric.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int
from scipy.stats import rankdata

from crosslens.metrics.stacking import nullable
from crosslens.metrics.testing import holm, permutation_p

MEASURES = ("cka", "cka_within_letters", "mexa", "margin")
OUTCOMES = ("consistency", "consistency_excess")
PERMUTATIONS = 999
ROUNDING = 1e-9
MIN_LANGUAGES = 5  # fewer have too few permutations, and fewer pairs than a partial correlation needs


class Relation(NamedTuple):
    """Spearman's rho of similarity and an outcome, and the same given accuracies, each with a p-value."""

    n_pairs: int
    spearman: float
    p_value: float
    partial_spearman: float
    partial_p_value: float


def similarity_relation(
    layers: Mapping[int, pa.Table], pairs: pa.Table, languages: pa.Table, pivot: str, seed: int
) -> dict:
    """Return the columns of table "similarity_relation": a row per layer, measure, pairs and outcome.

    layers: tables "similarity" by layer; pairs, languages: tables "pair_metrics" and "language_metrics". The partial
    correlations of all layers, measures and outcomes are one family of tests (Holm).
    """
    names = languages["language"].to_pylist()
    accuracy, at = languages["accuracy"].to_numpy(), names.index(pivot)
    outcomes = {name: square(pairs, name, names) for name in OUTCOMES if name in pairs.column_names}
    others = np.arange(len(names)) != at
    rows = []
    for layer, table in layers.items():
        for measure in MEASURES:
            similar = square(table, measure, names)
            for name, outcome in outcomes.items():
                rows.append((layer, measure, "all", name, over_pairs(similar, outcome, accuracy, seed)))
            with_pivot = over_languages(similar[at, others], accuracy[others], seed)
            rows.append((layer, measure, "pivot", "accuracy", with_pivot))
    layer, measure, which, outcome, relations = zip(*rows, strict=True)
    n_pairs, *values = zip(*relations, strict=True)
    floats = {name: nullable(column) for name, column in zip(Relation._fields[1:], values, strict=True)}
    floats["partial_p_holm"] = nullable(holm(np.array(values[-1], np.float64)))
    where = {"layer": layer, "measure": measure, "pairs": which, "outcome": outcome}
    return where | {"n_pairs": pa.array(n_pairs, pa.int32())} | floats


def square(table: pa.Table, column: str, names: list[str]) -> Float[np.ndarray, "source target"]:
    """Return a column of ordered pairs as a matrix of languages; NaN where there is no value."""
    number = {name: i for i, name in enumerate(names)}
    source, target = ([number[name] for name in table[side].to_pylist()] for side in ("source", "target"))
    result = np.full((len(names), len(names)), np.nan)
    result[source, target] = table[column].to_numpy()
    return result


def over_pairs(
    similar: Float[np.ndarray, "language language"],
    outcome: Float[np.ndarray, "language language"],
    accuracy: Float[np.ndarray, " language"],
    seed: int,
) -> Relation:
    """Return how similarity is related to an outcome over unordered pairs.

    spearman: of the two, over pairs. partial_spearman: Pearson's correlation of the residuals of their ranks after a
    regression on the ranks of the lower and of the higher accuracy of a pair. In [-1, 1]. Two-sided p-values: the share
    of permutations of the languages of one matrix, among 999 and the observed one, whose correlation is at least as far
    from 0. The partial correlation permutes the residuals of similarity (Legendre 2000), so similarity may itself
    depend on accuracy. Languages that lack a pair are left out; NaN for fewer than 5 languages, or if nothing varies.
    """
    kept = complete(similar + outcome)
    first, second = np.triu_indices(len(kept), 1)
    if len(kept) < MIN_LANGUAGES:
        return Relation(len(first), *[np.nan] * 4)
    x, y = (ranks(matrix[np.ix_(kept, kept)][first, second]) for matrix in (similar, outcome))
    both = np.sort(np.stack([accuracy[kept][first], accuracy[kept][second]]), axis=0)
    given = np.stack([np.ones(len(x)), *map(ranks, both)], axis=1)
    shuffled = shuffled_pairs(len(kept), seed)
    plain = permuted_correlation(x, y, given[:, :1], shuffled)
    partial = permuted_correlation(x, y, given, shuffled)
    return Relation(len(x), *plain, *partial)


def over_languages(x: Float[np.ndarray, " language"], y: Float[np.ndarray, " language"], seed: int) -> Relation:
    """Return how two values of languages are related, by the same test; nothing is given."""
    known = ~(np.isnan(x) | np.isnan(y))
    if (n := int(known.sum())) < MIN_LANGUAGES:
        return Relation(n, *[np.nan] * 4)
    plain = permuted_correlation(ranks(x[known]), ranks(y[known]), np.ones((n, 1)), permutations(n, seed))
    return Relation(n, *plain, np.nan, np.nan)


def permuted_correlation(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    given: Float[np.ndarray, "n covariate"],
    shuffled: Int[np.ndarray, "permutation n"],
) -> tuple[float, float]:
    """Return the correlation of x and y after a regression of both on ``given``, and its two-sided p-value.

    shuffled: as in `correlations_by_chance`.
    """
    observed, by_chance = correlations_by_chance(x, y, given, shuffled)
    return observed, float(permutation_p(observed, by_chance)) if not np.isnan(observed) else np.nan


def correlations_by_chance(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    given: Float[np.ndarray, "n covariate"],
    shuffled: Int[np.ndarray, "permutation n"],
) -> tuple[float, Float[np.ndarray, " permutation"]]:
    """Return the correlation of x and y after a regression of both on ``given``, and that after each permutation.

    shuffled: for each permutation, which entry of x's residuals stands where; they are regressed once more, and count 0
    if nothing is left of them. All NaN if nothing is left of x or y.
    """
    basis, scale = np.linalg.qr(given)
    basis = basis[:, np.abs(np.diagonal(scale)) > ROUNDING * np.abs(scale).max()]  # equal covariates count once
    x_left, y_left = (values - basis @ (basis.T @ values) for values in (x, y))
    x_norm, y_norm = np.linalg.norm(x_left), np.linalg.norm(y_left)
    if min(x_norm, y_norm) <= ROUNDING * len(x) ** 1.5:
        return np.nan, np.full(len(shuffled), np.nan)
    drawn = x_left[shuffled]  # (permutation, n)
    lengths = np.sqrt(np.maximum(x_norm**2 - ((drawn @ basis) ** 2).sum(axis=1), 0))
    by_chance = np.divide(drawn @ y_left, lengths * y_norm, out=np.zeros(len(drawn)), where=lengths > 0)
    return float(x_left @ y_left / (x_norm * y_norm)), by_chance


def complete(pairs: Float[np.ndarray, "language language"]) -> Int[np.ndarray, " kept"]:
    """Return languages of which all pairs are defined: the one that lacks most is left out, until none lacks any."""
    kept = np.arange(len(pairs))
    while len(kept):
        lacks = (np.isnan(pairs[np.ix_(kept, kept)]) & ~np.eye(len(kept), dtype=bool)).sum(axis=1)
        if not lacks.any():
            break
        kept = np.delete(kept, lacks.argmax())
    return kept


def ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return average ranks. Values that differ by rounding alone are not told apart."""
    return rankdata(np.round(values, 12))


@cache
def permutations(n: int, seed: int) -> Int[np.ndarray, "permutation n"]:
    """Return 999 permutations of n labels; the same for all measures, outcomes and layers."""
    random = np.random.default_rng(seed)
    return np.stack([random.permutation(n) for _ in range(PERMUTATIONS)])


@cache
def shuffled_pairs(n: int, seed: int) -> Int[np.ndarray, "permutation pair"]:
    """Return for each permutation of n labels which unordered pair stands where."""
    first, second = np.triu_indices(n, 1)
    number = np.zeros((n, n), np.int32)
    number[first, second] = number[second, first] = np.arange(len(first))
    drawn = permutations(n, seed)
    return number[drawn[:, first], drawn[:, second]]
