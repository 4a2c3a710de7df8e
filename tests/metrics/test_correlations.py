"""Correlations over languages against SciPy, and the values that they are computed from."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.metrics import correlations
from crosslens.tables.files import read_table, write_table
from crosslens.tables.metrics import CORRELATIONS
from scipy import stats

NAMES = ["en", *(f"l{i}" for i in range(7))]
EVALUATIONS = [("model-a", "set-1"), ("model-a", "set-2"), ("model-b", "set-1")]


@pytest.fixture(scope="module")
def made():
    """Return tables "language_metrics" and, of two layers, "latent_metrics", with the columns that are read."""
    random = np.random.default_rng(0)
    languages, latent = {}, {}
    for evaluation in EVALUATIONS:
        columns = {name: random.random(len(NAMES)) for name in correlations.OUTCOMES.values()}
        languages[evaluation] = pa.table({"language": NAMES, **columns})
        latent[evaluation] = [
            pa.table(
                {"language": NAMES[::-1], **{name: random.normal(size=len(NAMES)) for name in correlations.RATIOS}}
            )
            for _ in range(2)
        ]
    return languages, latent


def test_pearson_is_scipys():
    x, y = np.random.default_rng(1).normal(size=(2, 8))
    correlation, expected = correlations.pearson(x, y, 0.95), stats.pearsonr(x, y)
    assert (correlation.r, correlation.p, correlation.n) == pytest.approx((expected.statistic, expected.pvalue, 8))
    assert (correlation.low, correlation.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_pearson_leaves_out_undefined_values():
    x, y = np.random.default_rng(2).normal(size=(2, 8))
    y[3] = np.nan
    assert correlations.pearson(x, y, 0.95) == correlations.pearson(np.delete(x, 3), np.delete(y, 3), 0.95)


def test_perfect_and_undefined_correlations():
    x = np.arange(5.0)
    assert correlations.pearson(x, -2 * x, 0.95) == pytest.approx((-1, 0, -1, -1, 5), abs=1e-6)
    for y, n in ((np.ones(5), 5), (np.array([1, 2, np.nan, np.nan, np.nan]), 2)):
        correlation = correlations.pearson(x, y, 0.95)
        assert np.isnan(correlation[:4]).all() and correlation.n == n


def test_table_correlates_the_mean_over_layers_without_the_pivot(made, tmp_path):
    languages, latent = made
    write_table(tmp_path / "table", CORRELATIONS, correlations.correlations(languages, latent, "en", 0.95), {})
    rows = read_table(tmp_path / "table", CORRELATIONS).to_pylist()
    assert len(rows) == len(EVALUATIONS) * 2 * 3
    for row in rows:
        evaluation = row["model"], row["dataset"]
        x = np.mean([layer[row["ratio"]].to_numpy()[::-1] for layer in latent[evaluation]], axis=0)[1:]
        y = languages[evaluation][correlations.OUTCOMES[row["outcome"]]].to_numpy()[1:]
        assert row["n_languages"] == 7
        assert (row["pearson_r"], row["p_value"]) == pytest.approx(tuple(stats.pearsonr(x, y)))
        assert row["low"] < row["pearson_r"] < row["high"]


def test_too_few_languages_give_null(made, tmp_path):
    languages, latent = ({evaluation: made[i][evaluation] for evaluation in EVALUATIONS[:1]} for i in range(2))
    few = {evaluation: table.slice(0, 3) for evaluation, table in languages.items()}
    write_table(tmp_path / "table", CORRELATIONS, correlations.correlations(few, latent, "en", 0.95), {})
    for row in read_table(tmp_path / "table", CORRELATIONS).to_pylist():
        assert row["n_languages"] == 2
        assert row["pearson_r"] is row["p_value"] is row["low"] is row["high"] is None
