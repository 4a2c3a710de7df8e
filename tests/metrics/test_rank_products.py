"""Sums of products of ranks: against NumPy's correlation on resampled questions, and a loop over permutations."""

from itertools import permutations

import numpy as np
import pytest
from crosslens.metrics import answers, rank_products
from made_answers import random_answers


def both(seed=0, tied=False, missing=0.2, languages=20):
    """Two sets of answers to the same questions, of more languages than a block holds."""
    logprob, key = random_answers(seed, languages=languages, tied=tied, missing=missing)
    again = np.where(np.isnan(logprob), np.nan, random_answers(seed + 1, languages=languages, missing=0, tied=tied)[0])
    return tuple(answers.from_logprobs(each, key) for each in (logprob, (logprob + again).astype(np.float32)))


def weights(n, replicates=7, seed=0):
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=replicates).astype(np.float32)


def test_a_replicate_is_pearsons_r_of_the_questions_drawn():
    source, target = both()
    weight = weights(40)
    found = rank_products.pearson(source, target, weight)
    assert found.shape == (7, 20, 20)
    for b, s, t in [(0, 0, 0), (1, 3, 17), (6, 19, 2), (3, 16, 16)]:
        drawn = [q for q in np.repeat(np.arange(40), weight[b].astype(int))]
        common = [q for q in drawn if source.present[s, q] and target.present[t, q]]
        expected = np.corrcoef(source.ranks[s, common].ravel(), target.ranks[t, common].ravel())[0, 1]
        assert found[b, s, t] == pytest.approx(expected, abs=1e-5)


def test_without_ties_it_is_the_consistency_of_the_paper():
    source, target = both()
    found = rank_products.pearson(source, target, np.ones((1, 40), np.float32))[0]
    np.testing.assert_allclose(found, answers.consistency(source, target), atol=1e-5)


def test_with_ties_it_is_close_and_deviations_are_those_of_the_exact_value():
    """The exact rho of every resample less that of the sample, against the deviations used for it."""
    source, target = both(tied=True, languages=3)
    np.testing.assert_allclose(
        rank_products.pearson(source, target, np.ones((1, 40), np.float32))[0],
        answers.consistency(source, target),
        atol=0.02,
    )
    weight, exact = weights(40, 200), []
    for each in weight:
        drawn = np.repeat(np.arange(40), each.astype(int))
        exact.append(answers.consistency(source.on(drawn), target.on(drawn)))
    exact = np.array(exact) - answers.consistency(source, target)
    found = rank_products.deviations(source, target, weight)
    np.testing.assert_allclose(found, exact, atol=0.1)  # two thirds of all ranks are tied here
    np.testing.assert_allclose(found.std(axis=0), exact.std(axis=0), rtol=0.05)


def test_a_replicate_without_a_common_question_tells_nothing():
    source, target = both(missing=0, languages=2)
    absent = answers.Answers(np.full_like(source.ranks, np.nan), np.full_like(source.choice, -1), source.choice * 0 - 1)
    weight = weights(40)
    weight[0] = 0
    assert np.isnan(rank_products.pearson(source, target, weight)[0]).all()
    assert (rank_products.deviations(source, target, weight)[0] == 0).all()
    assert (rank_products.deviations(source, absent, weight) == 0).all()


def test_the_null_is_the_mean_over_all_permutations_of_the_questions():
    logprob, key = random_answers(0, languages=1, questions=6, missing=0, tied=False)
    again, _ = random_answers(1, languages=1, questions=6, missing=0, tied=False)
    source, target = (answers.from_logprobs(each, key) for each in (logprob, again))
    moved = [
        np.corrcoef(source.ranks[0].ravel(), target.ranks[0, list(order)].ravel())[0, 1]
        for order in permutations(range(6))
    ]
    assert rank_products.null(source, target)[0] == pytest.approx(np.mean(moved))


def test_the_null_matches_only_questions_with_as_many_choices():
    logprob, key = random_answers(0, languages=1, questions=6, missing=0, tied=False)
    again, _ = random_answers(1, languages=1, questions=6, missing=0, tied=False)
    for each in (logprob, again):
        each[:, 3:, 3] = np.nan
    source, target = (answers.from_logprobs(each, key * 0) for each in (logprob, again))
    ranks = [np.nan_to_num(side.ranks[0]) for side in (source, target)]
    moved = [
        np.corrcoef(
            np.concatenate([ranks[0][:3].ravel(), ranks[0][3:, :3].ravel()]),
            np.concatenate([ranks[1][list(first)].ravel(), ranks[1][list(second), :3].ravel()]),
        )[0, 1]
        for first in permutations(range(3))
        for second in permutations(range(3, 6))
    ]
    assert rank_products.null(source, target)[0] == pytest.approx(np.mean(moved))
