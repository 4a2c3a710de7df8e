"""Debiased CKA and cosine against their definitions in loops, and their invariances."""

from itertools import permutations

import numpy as np
import pytest
from crosslens.metrics import similarity
from crosslens.tables.files import read_table, write_table
from crosslens.tables.metrics import SIMILARITY
from made_answers import question_ids, states_table
from scipy.spatial.distance import cosine
from scipy.stats import ortho_group

NAMES = ["en", "de", "sw"]


def random_states(seed, languages=3, questions=8, width=6):
    random = np.random.default_rng(seed)
    shared = random.normal(size=(questions, width))
    return (shared + random.normal(size=(languages, questions, width))).astype(np.float32)


def cka(states):
    """Return all pairs' CKA of languages that have every question."""
    row = np.tile(np.arange(states.shape[1]), (len(states), 1))
    return similarity.debiased_cka(similarity.grams(list(states), row))


def hsic(first, second):
    """Return the unbiased estimator as a U-statistic: mean over quadruples of distinct questions (Song et al. 2012)."""
    k, l = first @ first.T, second @ second.T  # noqa: E741
    quadruples = list(permutations(range(len(k)), 4))
    return np.mean([k[i, j] * (l[i, j] + l[q, r] - 2 * l[i, q]) for i, j, q, r in quadruples])


def expected_cka(first, second):
    first, second = first.astype(np.float64), second.astype(np.float64)
    return hsic(first, second) / np.sqrt(hsic(first, first) * hsic(second, second))


def test_cka_is_its_definition():
    states = random_states(0)
    values = cka(states)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert values[i, j] == values[j, i] == pytest.approx(expected_cka(states[i], states[j]), abs=1e-12)


def test_different_questions_are_compared_on_the_common_ones(tmp_path):
    states, ids = random_states(1, questions=10), question_ids(10)
    random = np.random.default_rng(0)
    has = [random.permutation(10)[:8] for _ in NAMES]  # in any order
    tables = {name: states_table(states[i, has[i]], np.array(ids)[has[i]]) for i, name in enumerate(NAMES)}
    write_table(tmp_path / "similarity", SIMILARITY, similarity.similarity(tables, 3), {})
    rows = read_table(tmp_path / "similarity", SIMILARITY).to_pylist()
    assert [(row["source"], row["target"]) for row in rows] == [(a, b) for a in NAMES for b in NAMES if a != b]
    for row in rows:
        i, j = NAMES.index(row["source"]), NAMES.index(row["target"])
        common = sorted(set(has[i]) & set(has[j]))
        assert (row["layer"], row["n"]) == (3, len(common)) and len(common) < 8
        assert row["cka"] == pytest.approx(expected_cka(states[i, common], states[j, common]), abs=1e-12)
        mean = np.mean([1 - cosine(states[i, q], states[j, q]) for q in common])
        assert row["cosine"] == pytest.approx(mean, abs=1e-6)


def test_pairs_that_lack_questions_are_what_they_are_alone():
    """Among many languages that lack questions, each pair gives what the two give alone on their common questions."""
    states, random = random_states(8, languages=6, questions=30, width=12), np.random.default_rng(1)
    states[:, :, 0] = 4096
    row = np.where(random.random((6, 30)) < 0.3, -1, np.arange(30))
    values = similarity.debiased_cka(similarity.grams(list(states), row))
    for i in range(6):
        for j in range(i):
            common = np.flatnonzero((row[i] >= 0) & (row[j] >= 0))
            alone = cka(states[[i, j]][:, common])[0, 1]
            assert values[i, j] == values[j, i] == pytest.approx(alone, abs=1e-12)


def test_states_that_vary_only_on_questions_that_the_other_lacks_have_no_cka():
    for seed in range(20):
        states, row = random_states(seed, languages=2, questions=12), np.tile(np.arange(12), (2, 1))
        states[0, :8], row[1, 8:] = states[0, 0], -1
        assert np.isnan(similarity.debiased_cka(similarity.grams(list(states), row))[[0, 1], [1, 0]]).all()


def test_cka_does_not_depend_on_rotation_scale_or_shift():
    states = random_states(2).astype(np.float64)
    rotated = 3 * states[1] @ ortho_group.rvs(6, random_state=0) + 100
    np.testing.assert_allclose(cka(np.stack([states[0], rotated, states[2]])), cka(states), atol=1e-10)


def test_states_that_differ_by_rotation_have_cka_one():
    states = random_states(3, languages=1)[0].astype(np.float64)
    pair = np.stack([states, states @ ortho_group.rvs(6, random_state=1)])
    assert cka(pair)[0, 1] == pytest.approx(1)


def test_cka_of_independent_states_is_about_zero_where_the_biased_one_is_not():
    random = np.random.default_rng(4)
    states = random.normal(size=(2, 60, 300))
    grams = [side @ side.T for side in states - states.mean(axis=1, keepdims=True)]
    biased = (grams[0] * grams[1]).sum() / np.sqrt((grams[0] ** 2).sum() * (grams[1] ** 2).sum())
    assert biased > 0.7
    assert abs(cka(states)[0, 1]) < 0.05


def test_large_constant_features_cost_no_precision():
    states = random_states(5)
    shifted = states.copy()
    shifted[:, :, 0] = 4096  # like the massive activations of real models
    flat = states.copy()
    flat[:, :, 0] = 0
    np.testing.assert_allclose(cka(shifted), cka(flat), atol=1e-12)


def test_undefined_cka_is_nan():
    states = random_states(6)
    states[1] = states[1, 0]
    assert np.isnan(cka(states)[[0, 1], [1, 2]]).all() and not np.isnan(cka(states)[0, 2])
    assert np.isnan(cka(random_states(6, questions=3))).all()
    equidistant = np.stack([np.eye(9), random_states(6, 1, 9, 9)[0]]) / 3  # its centred Gram matrix is rounding only
    assert np.isnan(cka(equidistant)[0, 1])


def test_cosine_of_a_zero_state_counts_as_zero_and_of_no_common_question_is_nan():
    states = np.ones((2, 2, 3), np.float32)
    states[1, 0] = 0
    assert similarity.mean_cosine(list(states), np.array([[0, 1], [0, 1]]))[0, 1] == pytest.approx(0.5)
    assert np.isnan(similarity.mean_cosine(list(states), np.array([[0, 1, -1], [-1, -1, 0]]))[0, 1])


def test_grams_are_of_the_states_that_a_language_has():
    states = [np.array([[1, 0], [3, 1]], np.float32)]
    gram = similarity.grams(states, np.array([[1, -1, 0]]))[0]  # relative to the first row, (1, 0)
    np.testing.assert_array_equal(gram, [[5, np.nan, 0], [np.nan] * 3, [0, np.nan, 0]])
