"""The delete-a-group jackknife: its groups, its variance against the formula, and the coverage of its intervals."""

import numpy as np
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import cka, jackknife, means
from made_answers import question_ids
from made_states import as_states


def clusters(n, size):
    return {name: f"c{i // size}" for i, name in enumerate(question_ids(n))}


def test_groups_hold_whole_clusters_and_equally_many():
    of_question = clusters(300, 3)
    parts = jackknife.groups(question_ids(300), of_question, 0)
    assert len(parts) == jackknife.GROUPS and sorted(np.concatenate(parts)) == list(range(300))
    held = [{of_question[question_ids(300)[i]] for i in part} for part in parts]
    assert sum(map(len, held)) == 100 and {len(names) for names in held} == {3, 4}


def test_few_clusters_are_left_out_one_at_a_time():
    parts = jackknife.groups(question_ids(12), clusters(12, 4), 0)
    assert sorted(map(tuple, parts)) == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11)]


def test_groups_depend_on_ids_and_seed_only():
    ids, of_question = question_ids(60), clusters(60, 1)
    named = [{ids[i] for i in part} for part in jackknife.groups(ids, of_question, 0)]
    backward = [{ids[::-1][i] for i in part} for part in jackknife.groups(ids[::-1], of_question, 0)]
    other = [{ids[i] for i in part} for part in jackknife.groups(ids, of_question, 1)]
    assert named == backward != other


def test_a_question_without_a_cluster_is_an_error():
    with pytest.raises(CrosslensError, match="unknown question 'q004'"):
        jackknife.groups(question_ids(5), clusters(4, 1), 0)


def test_replicates_have_the_jackknifes_variance_which_for_a_mean_is_the_usual_one():
    x = np.random.default_rng(0).normal(size=(30, 2))
    without = np.stack([np.delete(x, i, axis=0).mean(axis=0) for i in range(30)])
    replicates = jackknife.as_replicates(without)
    formula = 29 / 30 * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(replicates.var(axis=0, ddof=1), formula)
    np.testing.assert_allclose(formula, x.var(axis=0, ddof=1) / 30)
    np.testing.assert_allclose(replicates.mean(axis=0), without.mean(axis=0))


def test_a_value_that_is_undefined_without_a_group_adds_no_variance():
    values = np.array([[1.0, np.nan], [2, np.nan], [np.nan, np.nan]])
    replicates = jackknife.as_replicates(values)
    assert replicates[2, 0] == 1.5 and np.isnan(replicates[:, 1]).all()


@pytest.mark.parametrize("content", [0.0, 1.0], ids=["independent", "shared"])
def test_intervals_of_mean_cka_cover_the_value_of_infinitely_many_questions(content):
    """Clusters of two questions that share half of their content; ten languages in ten families, 150 data sets.

    Without letters, CKA within letters has the same value: 0, or (c^2 / (c^2 + 1))^2 for states that are alike in all
    languages. A bootstrap of CKA would find independent states alike.
    """
    random, hits, n, width = np.random.default_rng(1), np.zeros(2), 60, 8
    truth = (content**2 / (content**2 + 1)) ** 2 if content else 0
    families, others = [f"f{i}" for i in range(9)], np.arange(1, 10)
    for _ in range(150):
        passage = np.repeat(random.normal(size=(n // 2, width)), 2, axis=0)
        shared = (passage + random.normal(size=(n, width))) / np.sqrt(2)
        states = as_states((content * shared + random.normal(size=(10, n, width))).astype(np.float32))
        parts = jackknife.groups(question_ids(n), clusters(n, 2), 0)
        grams, letter = cka.grams(states), random.integers(4, size=(10, n))
        for i, values in enumerate((cka.debiased_cka(grams, parts), cka.within_letters(grams, letter, parts))):
            replicates = jackknife.as_replicates(values[1:, 0, others])
            mean = means.over_languages(values[0, 0, others], replicates, families, 0.95)
            hits[i] += mean.low <= truth <= mean.high
    assert (hits >= 0.92 * 150).all()
