"""Metrics of answers against SciPy, loops over pairs and sets, and identities."""

import numpy as np
import pytest
from crosslens.metrics import answers
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_answers import random_answers
from scipy import stats

CHOICES = (3, 4, 5)


def expected_consistency(first, second):
    """Return Spearman's rho by SciPy, of ranks by SciPy, over the questions that both have."""
    common = ~np.isnan(first).any(axis=1) & ~np.isnan(second).any(axis=1)
    vectors = [np.concatenate([stats.rankdata(-row) for row in side[common]]) for side in (first, second)]
    return stats.spearmanr(*vectors).statistic


def expected_transfer(logprob, key, first, second):
    """Return (positive, negative) transfer from sets of questions."""
    common = {i for i in range(key.shape[1]) if key[first, i] >= 0 and key[second, i] >= 0}
    said = [{i: int(np.argmax(logprob[side, i])) for i in common} for side in (first, second)]
    right = [{i for i in common if said[n][i] == key[side, i]} for n, side in enumerate((first, second))]
    wrong = common - right[0]
    same = {i for i in wrong - right[1] if said[0][i] == said[1][i]}
    return len(right[0] & right[1]) / len(right[0]), len(same) / len(wrong)


@pytest.mark.parametrize("choices", CHOICES)
@pytest.mark.parametrize("tied", [True, False])
def test_consistency_is_spearmans_rho_of_concatenated_ranks(choices, tied):
    logprob, key = random_answers(choices, choices=choices, tied=tied)
    answered = answers.from_logprobs(logprob, key)
    rho = answers.consistency(answered, answered)
    for first, second in np.ndindex(rho.shape):
        assert rho[first, second] == pytest.approx(expected_consistency(logprob[first], logprob[second]), abs=1e-13)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5).flatmap(lambda j: arrays(np.float32, (2, 6, j), elements=st.integers(-2, 0).map(float))))
def test_consistency_with_any_ties(logprob):
    answered = answers.from_logprobs(logprob, np.zeros(logprob.shape[:2], int))
    rho = answers.consistency(answered, answered)[0, 1]
    constant = any((side == side[:, :1]).all() for side in logprob)
    if constant:
        assert np.isnan(rho)
    else:
        assert rho == pytest.approx(expected_consistency(*logprob), abs=1e-13)


@pytest.mark.parametrize("choices", CHOICES)
def test_ranks_are_those_of_scipy(choices):
    logprob, _ = random_answers(1, choices=choices)
    np.testing.assert_array_equal(answers.ranks(logprob), stats.rankdata(-logprob, axis=-1, nan_policy="propagate"))


@pytest.mark.parametrize("choices", CHOICES)
def test_transfer_counts_sets_of_questions(choices):
    logprob, key = random_answers(10 + choices, choices=choices)
    answered = answers.from_logprobs(logprob, key)
    positive, negative = answers.positive_transfer(answered, answered), answers.negative_transfer(answered, answered)
    for pair in np.ndindex(positive.shape):
        assert (positive[pair], negative[pair]) == expected_transfer(logprob, key, *pair)


def test_transfer_is_directed():
    key = np.zeros((2, 4), int)
    # the first language has 3 right answers, the second 1; one wrong answer is the same in both
    choice = np.array([[0, 0, 0, 1], [0, 2, 2, 1]])
    answered = answers.from_logprobs(np.eye(3, dtype=np.float32)[choice], key)
    np.testing.assert_allclose(answers.positive_transfer(answered, answered), [[1, 1 / 3], [1, 1]])
    np.testing.assert_allclose(answers.negative_transfer(answered, answered), [[1, 1], [1 / 3, 1]])


def test_each_language_is_judged_by_its_own_key():
    logprob = np.eye(3, dtype=np.float32)[[[0, 1], [0, 1]]]
    answered = answers.from_logprobs(logprob, np.array([[0, 0], [1, 1]]))
    np.testing.assert_array_equal(answers.accuracy(answered), [0.5, 0.5])
    assert answers.positive_transfer(answered, answered)[0, 1] == 0
    assert answers.negative_transfer(answered, answered)[0, 1] == 0  # the source's wrong answer is right in the target


def test_identical_languages_agree_exactly():
    logprob, key = random_answers(2, languages=1, questions=15_000, missing=0)
    answered = answers.from_logprobs(np.repeat(logprob, 2, axis=0), np.repeat(key, 2, axis=0))
    for values in answers.of_pairs(answered, answered).values():
        np.testing.assert_array_equal(values, 1)


def test_counts_of_many_questions_are_exact():
    logprob, key = random_answers(9, languages=2, questions=15_000)
    answered = answers.from_logprobs(logprob, key)
    assert answers.consistency(answered, answered)[0, 1] == pytest.approx(expected_consistency(*logprob), abs=1e-13)
    assert answers.positive_transfer(answered, answered)[0, 1] == expected_transfer(logprob, key, 0, 1)[0]


def test_opposite_rankings_have_consistency_minus_one():
    logprob, key = random_answers(3, languages=1, missing=0, tied=False)
    answered = answers.from_logprobs(np.concatenate([logprob, -logprob]), np.repeat(key, 2, axis=0))
    assert answers.consistency(answered, answered)[0, 1] == -1


def test_order_of_questions_choices_and_languages_does_not_matter():
    logprob, key = random_answers(4, tied=False)
    random = np.random.default_rng(0)
    questions, choices, languages = (random.permutation(n) for n in (40, 4, 5))
    moved_key = np.where(key >= 0, np.argsort(choices)[key], -1)
    original = answers.from_logprobs(logprob, key)
    before = answers.of_pairs(original, original)
    moved = answers.from_logprobs(logprob[languages][:, questions][..., choices], moved_key[languages][:, questions])
    for name, values in answers.of_pairs(moved, moved).items():
        np.testing.assert_allclose(values, before[name][np.ix_(languages, languages)], atol=1e-14)


def test_different_sources_and_targets_are_a_block_of_all_pairs():
    answered = answers.from_logprobs(*random_answers(5))
    source, target = (answers.Answers(*(values[part] for values in answered)) for part in (slice(1), slice(1, None)))
    for metric in answers.PAIR_METRICS.values():
        np.testing.assert_allclose(metric(source, target), metric(answered, answered)[:1, 1:], atol=1e-14)


def test_a_pair_is_compared_on_common_questions():
    logprob, key = random_answers(6)
    answered = answers.from_logprobs(logprob, key)
    present = key >= 0
    np.testing.assert_array_equal(answers.common_questions(answered, answered), (present[:, None] & present).sum(-1))


def test_ties_of_the_best_choice_are_counted_and_go_to_the_lowest_index():
    logprob = np.array([[[0, 0, -1], [-1, 0, 0], [-2, 0, -2], [np.nan] * 3]], np.float32)
    answered = answers.from_logprobs(logprob, np.array([[0, 1, 1, -1]]))
    np.testing.assert_array_equal(answered.choice, [[0, 1, 1, -1]])
    np.testing.assert_array_equal(answers.argmax_ties(logprob), [2])
    np.testing.assert_array_equal(answers.accuracy(answered), [1])


def test_undefined_values_are_nan():
    logprob = np.stack([np.zeros((3, 4)), np.tile([0, -1, -2, -3], (3, 1)), np.full((3, 4), np.nan)]).astype(np.float32)
    answered = answers.from_logprobs(logprob, np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]))
    consistency = answers.consistency(answered, answered)
    assert consistency[1, 1] == 1
    assert np.isnan(consistency[[0, 0, 1, 2], [0, 1, 2, 2]]).all()  # constant ranks, no common question
    assert np.isnan(answers.positive_transfer(answered, answered)[0]).all()  # no right answer in the source
    assert np.isnan(answers.negative_transfer(answered, answered)[1]).all()  # no wrong answer in the source
    np.testing.assert_array_equal(answers.accuracy(answered), [0, 1, np.nan])


def test_mean_leaves_out_the_undefined():
    values = np.array([[np.nan, 1.0], [3.0, np.nan]])
    assert answers.mean(values) == 2
    np.testing.assert_array_equal(answers.mean(values, axis=0), [3, 1])
    assert np.isnan(answers.mean(answers.over_others(np.ones((1, 1)))))
