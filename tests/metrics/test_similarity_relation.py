"""Correlations of similarity with consistency: against SciPy and a regression, a planted effect, and a true null."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.metrics import similarity_relation as relation
from crosslens.metrics import stacking
from crosslens.tables.files import read_table, write_table
from crosslens.tables.state_metrics import SIMILARITY_RELATION
from scipy.stats import rankdata, spearmanr


def symmetric(random, n):
    values = random.normal(size=(n, n))
    return values + values.T


def pair(values):
    return values[np.triu_indices(len(values), 1)]


def partial(x, y, accuracy):
    """Return the correlation of residuals of ranks, from least squares with an intercept."""
    first, second = np.triu_indices(len(accuracy), 1)
    low, high = np.minimum(accuracy[first], accuracy[second]), np.maximum(accuracy[first], accuracy[second])
    given = np.stack([np.ones(len(first)), rankdata(low), rankdata(high)], axis=1)
    left = [rankdata(v) - given @ np.linalg.lstsq(given, rankdata(v), rcond=None)[0] for v in (pair(x), pair(y))]
    return np.corrcoef(*left)[0, 1]


def test_correlations_are_those_of_scipy_and_of_residuals():
    random = np.random.default_rng(0)
    x, accuracy = symmetric(random, 9), random.random(9)
    y = x + symmetric(random, 9) + 3 * (accuracy[:, None] + accuracy)
    found = relation.over_pairs(x, y, accuracy, 0)
    assert found.n_pairs == 36
    assert found.spearman == pytest.approx(spearmanr(pair(x), pair(y)).statistic)
    assert found.partial_spearman == pytest.approx(partial(x, y, accuracy))


def test_the_p_value_counts_permutations_of_labels_that_are_as_far_from_zero():
    random = np.random.default_rng(1)
    x, y, accuracy = symmetric(random, 7), symmetric(random, 7), random.random(7)
    found = relation.over_pairs(x, y, accuracy, 3)
    drawn = [pair(x[np.ix_(order, order)]) for order in relation.permutations(7, 3)]
    as_far = sum(abs(spearmanr(each, pair(y)).statistic) >= abs(found.spearman) - 1e-9 for each in drawn)
    assert found.p_value == pytest.approx((1 + as_far) / 1000) and 0.01 < found.p_value < 1


def test_similarity_that_matters_is_found_and_so_is_similarity_that_follows_accuracy_alone():
    random = np.random.default_rng(2)
    accuracy = random.random(20)
    by_accuracy = 4 * (accuracy[:, None] + accuracy)
    x = symmetric(random, 20)
    matters = relation.over_pairs(x + by_accuracy, x + by_accuracy + symmetric(random, 20), accuracy, 0)
    assert matters.partial_spearman > 0.5 and matters.partial_p_value == 0.001
    follows = [
        relation.over_pairs(symmetric(random, 20) + by_accuracy, symmetric(random, 20) + by_accuracy, accuracy, 0)
        for _ in range(20)
    ]
    assert min(each.spearman for each in follows) > 0.1 > np.mean([abs(each.partial_spearman) for each in follows])


def test_languages_that_are_alike_in_both_for_reasons_of_their_own_are_not_related():
    """Effects of languages make pairs dependent: a test over pairs as if independent would reject often."""
    random, rejected, naive = np.random.default_rng(3), [], []
    for _ in range(200):
        effects = random.normal(size=(2, 12))
        x, y = (2 * (e[:, None] + e) + symmetric(random, 12) for e in effects)
        found = relation.over_pairs(x, y, random.random(12), 0)
        rejected.append([found.p_value < 0.05, found.partial_p_value < 0.05])
        naive.append(spearmanr(pair(x), pair(y)).pvalue < 0.05)
    assert (np.mean(rejected, axis=0) < 0.09).all() and np.mean(naive) > 0.3


def test_undefined_pairs_leave_languages_out():
    random = np.random.default_rng(4)
    x, y, accuracy = symmetric(random, 9), symmetric(random, 9), random.random(9)
    x[2, 5] = x[5, 2] = x[2, 7] = x[7, 2] = np.nan
    kept = np.delete(np.arange(9), 2)
    assert relation.over_pairs(x, y, accuracy, 0) == relation.over_pairs(
        x[np.ix_(kept, kept)], y[np.ix_(kept, kept)], accuracy[kept], 0
    )
    few = relation.over_pairs(x[:4, :4], y[:4, :4], accuracy[:4], 0)
    assert few.n_pairs == 6 and np.isnan(few[1:]).all()
    flat = relation.over_pairs(np.ones((9, 9)), y, accuracy, 0)
    assert flat.n_pairs == 36 and np.isnan(flat[1:]).all()


def test_rows_are_layers_measures_and_outcomes(tmp_path):
    random, names = np.random.default_rng(5), ["de", "en", *"abcde"]
    n = np.full((7, 7), 50)
    values = {name: symmetric(random, 7) for name in relation.MEASURES}
    accuracy = random.random(7)
    for lacking in (False, True):
        layers = {k: pa.table(stacking.pair_columns(names, n, {m: k * v for m, v in values.items()})) for k in (1, 2)}
        consistency = np.full((7, 7), np.nan) if lacking else symmetric(random, 7)
        pairs = pa.table(stacking.pair_columns(names, n, {"consistency": consistency}))
        languages = pa.table({"language": names, "accuracy": accuracy})
        columns = relation.similarity_relation(layers, pairs, languages, "en", 0)
        write_table(tmp_path / "table", SIMILARITY_RELATION, columns, {})
        rows = read_table(tmp_path / "table", SIMILARITY_RELATION).to_pylist()
        keys = [(row["layer"], row["measure"], row["pairs"], row["outcome"]) for row in rows]
        ends = [("all", "consistency"), ("pivot", "accuracy")]
        assert keys == [(k, measure, *end) for k in (1, 2) for measure in relation.MEASURES for end in ends]
        others = [0, *range(2, 7)]
        for row in rows:
            similar = values[row["measure"]]
            if row["pairs"] == "pivot":
                expected = spearmanr(similar[1, others], accuracy[others]).statistic
                assert row["spearman"] == pytest.approx(expected)
                assert row["n_pairs"] == 6 and row["partial_spearman"] is None and row["p_value"] is not None
            else:
                assert row["n_pairs"] == (0 if lacking else 21) and (row["partial_p_value"] is None) == lacking
        found = [row for row in rows if row["partial_p_value"] is not None]
        smallest = min(found, key=lambda row: row["partial_p_value"], default=None)
        if smallest:
            assert smallest["partial_p_holm"] == min(1, len(found) * smallest["partial_p_value"])
