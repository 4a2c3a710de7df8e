"""The probe against a textbook discriminant and a known shrinkage, and on states with and without a language."""

import numpy as np
import pytest
from crosslens.metrics import jackknife, language_probe
from made_answers import question_ids
from made_states import as_states, planted
from scipy.stats import multivariate_normal


def accuracy(states, row=None):
    n = states.shape[1]
    folds = jackknife.groups(question_ids(n), {q: q for q in question_ids(n)}, 0, language_probe.FOLDS)
    return language_probe.accuracy(as_states(states, row), folds, 0)


def test_discriminant_is_the_most_likely_of_normal_distributions_with_one_covariance():
    random = np.random.default_rng(0)
    classes = [random.normal(size=(60, 3)) @ np.diag([1, 2, 3]) + i for i in range(4)]
    weight, bias = language_probe.discriminant(classes)
    pooled = language_probe.shrunk(np.concatenate([rows - rows.mean(axis=0) for rows in classes]))
    points = random.normal(size=(50, 3)) * 4
    likely = [multivariate_normal(rows.mean(axis=0), pooled).logpdf(points) for rows in classes]
    np.testing.assert_array_equal((points @ weight.T + bias).argmax(axis=1), np.argmax(likely, axis=0))


def test_shrinkage_is_that_of_ledoit_and_wolf_in_loops():
    x = np.random.default_rng(1).normal(size=(15, 6)) @ np.diag(range(1, 7))
    x -= x.mean(axis=0)
    sample = x.T @ x / 15
    mu = np.trace(sample) / 6
    distance = np.sum((sample - mu * np.eye(6)) ** 2)
    error = sum(np.sum((np.outer(row, row) - sample) ** 2) for row in x) / 15**2
    share = min(error, distance) / distance
    assert 0.05 < share < 0.95
    np.testing.assert_allclose(language_probe.shrunk(x), share * mu * np.eye(6) + (1 - share) * sample)


def test_states_that_do_not_say_their_language_are_told_by_chance():
    values = [accuracy(planted(seed, languages=4, content=1)[0]) for seed in range(8)]
    assert np.mean(values) == pytest.approx(0.25, abs=0.03)


def test_a_language_with_a_direction_of_its_own_is_told():
    states = planted(0, languages=4, content=1, width=80)[0]  # more dimensions than the probe keeps
    states[0] += 2
    states[:, :, 3] += 4096
    values = accuracy(states)
    assert values[0] > 0.95 and 0.2 < values[1:].mean() < 0.5


def test_a_question_is_never_told_by_a_probe_that_saw_its_cluster():
    """States that repeat within a cluster, with a random language: a probe that saw the other would tell it."""
    random = np.random.default_rng(2)
    passage = random.normal(size=(4, 40, 60)) * 3
    states = np.repeat(passage, 2, axis=1).astype(np.float32)
    ids = question_ids(80)
    whole, split = (
        language_probe.accuracy(as_states(states), jackknife.groups(ids, of, 0, language_probe.FOLDS), 0).mean()
        for of in ({q: f"c{i // 2}" for i, q in enumerate(ids)}, {q: q for q in ids})
    )
    assert whole < 0.35 < split


def test_languages_that_lack_questions_are_told_on_those_they_have():
    states = planted(1, languages=3, questions=30)[0] + np.arange(3, dtype=np.float32)[:, None, None] * 5
    row = np.tile(np.arange(30), (3, 1))
    row[1, ::2] = -1
    np.testing.assert_array_equal(accuracy(states, row), 1)
    row[1] = -1
    np.testing.assert_array_equal(accuracy(states, row), [1, np.nan, 1])
