"""Accuracy by group and in how many languages questions are right: against counting by hand and SciPy."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.metrics import groups, means, n_way
from crosslens.tables.files import check
from crosslens.tables.metrics import TABLES
from made_answers import answers_table, question_ids, random_answers
from scipy import stats

NAMES = ["en", "de", "es", "hi", "sw"]
DESCRIBED = {
    "en": {"script": "Latn", "family": "x", "resource": "5"},
    "de": {"script": "Latn", "family": "x", "resource": "5"},
    "es": {"script": "Latn", "family": "y", "resource": "5"},
    "hi": {"script": "Deva", "family": "z", "resource": "3"},
    "sw": {"script": "Latn", "family": "w", "resource": "2"},
}


def measured(logprob, key, shared=True):
    ids = question_ids(len(key[0]))
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES)}
    clusters = [dict(zip(ids, ids, strict=True))]
    if not shared:
        clusters = [{f"{name} {q}": q for q in ids} for name in NAMES]
    of_questions = {q: [f"subject={'law' if i % 3 else 'art'}", "kind=all"] for i, q in enumerate(ids)}
    families = {tag: row["family"] for tag, row in DESCRIBED.items()}
    described = {fact: {tag: row[fact] for tag, row in DESCRIBED.items()} for fact in ("script", "family", "resource")}
    return groups.group_metrics(tables, clusters, of_questions, described, "en", 50, 0.9, 0, families, shared)


def rows(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_accuracy_by_group_is_counted_by_hand():
    logprob, key = random_answers(0)
    present, right = key >= 0, (logprob.argmax(axis=-1) == key) & (key >= 0)
    found = {(row["grouping"], row["group"]): row for row in rows(measured(logprob, key).groups)}
    latin = [0, 1, 2, 4]
    accuracy = right.sum(axis=1) / present.sum(axis=1)
    assert found["script", "Latn"]["mean"].as_py() == pytest.approx(accuracy[latin].mean())
    assert found["script", "Latn"]["n_families"].as_py() == 3
    assert found["resource", "3"]["low"].as_py() is None  # one family
    art = np.arange(40) % 3 == 0
    expected = (right[:, art].sum(axis=1) / present[:, art].sum(axis=1)).mean()
    assert found["subject", "art"]["mean"].as_py() == pytest.approx(expected)
    assert found["subject", "art"]["n_questions"].as_py() == art.sum()
    assert found["kind", "all"]["mean"].as_py() == pytest.approx(accuracy.mean())
    assert found["kind", "all"]["low"].as_py() < accuracy.mean() < found["kind", "all"]["high"].as_py()


def test_the_whole_is_the_mean_over_all_languages():
    logprob, key = random_answers(1, missing=0)
    right = (logprob.argmax(axis=-1) == key).astype(float)
    weight, families = np.eye(40, dtype=np.float32)[:30] + 1, [DESCRIBED[name]["family"] for name in NAMES]
    found, n = groups.of_questions(right, weight, {"all": range(40)}, families, 0.9)["all"]
    replicates = (weight @ right.T) / weight.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, means.over_languages(right.mean(axis=1), replicates, families, 0.9), rtol=1e-4)
    assert n == 40


def test_questions_of_one_cluster_have_no_interval():
    logprob, key = random_answers(1, missing=0)
    right = (logprob.argmax(axis=-1) == key).astype(float)
    weight = np.repeat(np.random.default_rng(0).integers(0, 3, (20, 20)), 2, axis=1).astype(np.float32)
    found, _ = groups.of_questions(right, weight, {"pair": [0, 1]}, [DESCRIBED[n]["family"] for n in NAMES], 0.9)[
        "pair"
    ]
    assert (
        found.mean == pytest.approx(right[:, :2].mean()) and np.isnan([found.low, found.high, found.se_questions]).all()
    )


def test_shares_of_questions_by_number_of_languages():
    logprob, key = random_answers(2)
    everywhere = (key >= 0).all(axis=0)
    right = (logprob.argmax(axis=-1) == key)[:, everywhere]
    found = {row["measure"]: row for row in rows(measured(logprob, key).n_way)}
    for k in range(6):
        assert found[f"right_in_{k}"]["share"] == pytest.approx((right.sum(axis=0) == k).mean())
    only = right[0] & ~right[1:].any(axis=0)
    assert found["right_only_in_pivot"]["share"] == pytest.approx(only.mean())
    assert found["right_in_any"]["share"] == pytest.approx(right.any(axis=0).mean())
    accuracy = right.mean(axis=1)
    assert found["right_only_in_pivot"]["expected"] == pytest.approx(accuracy[0] * np.prod(1 - accuracy[1:]))
    assert found["right_in_any"]["expected"] == pytest.approx(1 - np.prod(1 - accuracy))
    assert found["right_in_0"]["n_questions"] == everywhere.sum()


def test_poisson_binomial_is_the_binomial_for_equal_probabilities():
    np.testing.assert_allclose(n_way.poisson_binomial(np.full(7, 0.3)), stats.binom.pmf(np.arange(8), 7, 0.3))


def test_independent_languages_have_the_expected_shares():
    random = np.random.default_rng(3)
    right = random.random((6, 20_000)) < np.array([0.9, 0.6, 0.5, 0.4, 0.3, 0.25])[:, None]
    names = ["en", "a", "b", "c", "d", "e"]
    found = n_way.n_way(right, names, "en", np.ones((2, 20_000), np.float32), 0.9)
    np.testing.assert_allclose(found["share"], found["expected"], atol=0.01)


def test_languages_with_questions_of_their_own_are_grouped_alone():
    found = measured(*random_answers(4), shared=False)
    assert len(found.n_way["measure"]) == 0
    assert {row["grouping"] for row in rows(found.groups)} == {"script", "family", "resource"}
    assert len(found.pairs["measure"]) == 0
    for name, columns in (("n_way", found.n_way), ("accuracy_by_group", found.groups), ("pairs_by_group", found.pairs)):
        table = pa.table({c.name: pa.array(columns[c.name], c.type) for c in TABLES[name].columns})
        check(table, TABLES[name], name)
