"""Correlations over languages against SciPy, partial ones against a regression, and what they are computed from."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.metrics import correlations
from crosslens.tables.files import read_table, write_table
from crosslens.tables.report import CORRELATIONS
from scipy import stats

NAMES = ["en", *(f"l{i}" for i in range(12))]
FAMILIES = dict(zip(NAMES, ["none", *"aabbccdefghi"], strict=True))
RESOURCE = {name: i % 4 for i, name in enumerate(NAMES) if name != "l3"}
PROMPTS = ("native", "without_choices")
RATIOS, NORMALISATIONS = ("log_ratio", "log_ratio_corrected"), ("per_token", "first_token", "sum")
EVALUATIONS = [("model-a", "set-1"), ("model-a", "set-2"), ("model-b", "set-1")]


@pytest.fixture(scope="module")
def made():
    """Return tables "language_metrics" and, of two layers, "log_ratios", with the columns that are read."""
    random = np.random.default_rng(0)
    languages, log_ratios = {}, {}
    for evaluation in EVALUATIONS:
        columns = {name: random.random(len(NAMES)) for name in correlations.OUTCOMES.values()}
        languages[evaluation] = pa.table({"language": NAMES, **columns})
        log_ratios[evaluation] = [layer_of(random) for _ in range(2)]
    return languages, log_ratios


def layer_of(random):
    places = [(prompt, norm, name) for prompt in PROMPTS for norm in NORMALISATIONS for name in NAMES[::-1]]
    columns = dict(zip(("prompt", "normalisation", "language"), map(list, zip(*places, strict=True)), strict=True))
    measured = {name: random.normal(size=len(places)) for name in RATIOS}
    tokens = {name: random.uniform(1, 9, len(places)) for name in ("tokens_native", "tokens_pivot")}
    return pa.table(columns | measured | tokens)


def table_of(made, tmp_path, evaluations=EVALUATIONS, resource=RESOURCE, names=NAMES):
    languages, log_ratios = ({evaluation: part[evaluation] for evaluation in evaluations} for part in made)
    languages = {key: table.slice(0, len(names)) for key, table in languages.items()}
    columns = correlations.correlations(languages, log_ratios, "en", 0.95, resource, FAMILIES)
    write_table(tmp_path / "table", CORRELATIONS, columns, {})
    return read_table(tmp_path / "table", CORRELATIONS).to_pylist()


def column_of(made, row, name):
    """Return the mean over layers of a column, of the languages in their order."""
    layers = made[1][row["model"], row["dataset"]]
    by_layer = [
        {
            one["language"]: one[name]
            for one in layer.to_pylist()
            if (one["prompt"], one["normalisation"]) == (row["prompt"], row["normalisation"])
        }
        for layer in layers
    ]
    return np.array([np.mean([values[language] for values in by_layer]) for language in NAMES[1:]])


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
    rows = table_of(made, tmp_path)
    # the paper's prompt: both ratios; the other: the raw one. Two normalisations, three outcomes
    assert len(rows) == len(EVALUATIONS) * (2 + 1) * 2 * 3
    for row in rows:
        x = column_of(made, row, row["ratio"])
        outcome = correlations.OUTCOMES[row["outcome"]]
        y = made[0][row["model"], row["dataset"]][outcome].to_numpy()[1:]
        assert row["n_languages"] == 12
        assert (row["pearson_r"], row["p_value"]) == pytest.approx(tuple(stats.pearsonr(x, y)))
        assert row["low"] < row["pearson_r"] < row["high"]


def test_partial_correlations_are_given_resource_and_fertility_where_both_are_known(made, tmp_path):
    for row in table_of(made, tmp_path):
        if row["ratio"] == "log_ratio_corrected":
            assert (row["partial_r"], row["partial_p"], row["n_partial"]) == (None, None, 0)
            continue
        known = [i for i, name in enumerate(NAMES[1:]) if name in RESOURCE]
        fertility = column_of(made, row, "tokens_native") / column_of(made, row, "tokens_pivot")
        y = made[0][row["model"], row["dataset"]][correlations.OUTCOMES[row["outcome"]]].to_numpy()[1:]
        columns = [column_of(made, row, "log_ratio"), y, [RESOURCE.get(name, np.nan) for name in NAMES[1:]], fertility]
        assert row["partial_r"] == pytest.approx(from_inverse(np.array(columns)[:, known]))
        assert (row["n_partial"], row["n_families"]) == (11, 9)
        assert row["partial_low"] <= row["partial_r"] <= row["partial_high"]


def from_inverse(columns):
    """Return the partial correlation of the first two rows given the others, from the inverse of the correlations."""
    inverse = np.linalg.inv(np.corrcoef(columns))
    return -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])


def test_p_values_of_an_evaluation_are_corrected_together(made, tmp_path):
    rows = table_of(made, tmp_path)
    for evaluation in EVALUATIONS:
        own = [row for row in rows if (row["model"], row["dataset"]) == evaluation and row["partial_p"] is not None]
        assert len(own) == 12
        for row in own:
            p = sorted(one["partial_p"] for one in own)
            steps = [(len(p) - i) * value for i, value in enumerate(p) if value <= row["partial_p"]]
            assert row["partial_p_holm"] == pytest.approx(min(1, max(steps)))


def test_too_few_languages_give_null(made, tmp_path):
    for row in table_of(made, tmp_path, EVALUATIONS[:1], names=NAMES[:3]):
        assert row["n_languages"] == 2
        assert row["pearson_r"] is row["p_value"] is row["low"] is row["high"] is row["partial_r"] is None


def test_without_resource_levels_no_partial_correlation_is_defined(made, tmp_path):
    rows = table_of(made, tmp_path, EVALUATIONS[:1], resource={})
    assert {(row["partial_r"], row["partial_p_holm"], row["n_partial"]) for row in rows} == {(None, None, 0)}
