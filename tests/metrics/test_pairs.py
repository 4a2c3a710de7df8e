"""Measures of pairs beyond chance: all permutations, formulas typed again, and worlds whose truth is planted."""

from itertools import permutations, product

import numpy as np
import pytest
from crosslens.metrics import answers, pairs
from crosslens.metrics.compared import compare, concatenated_ranks, tertiles
from made_answers import random_answers
from scipy import stats


def found(logprob, key, weight=None):
    compared = compare(logprob, answers.from_logprobs(logprob, key))
    return compared, pairs.measures(compared, weight)


def small(seed=0, questions=5, choices=3):
    """Return the answers of two languages to a few questions, without ties."""
    random = np.random.default_rng(seed)
    logprob = random.normal(size=(2, questions, choices)).astype(np.float32)
    return logprob, np.broadcast_to(random.integers(choices, size=questions), (2, questions))


def rho(first, second):
    return stats.spearmanr(
        stats.rankdata(-first, axis=1).reshape(-1), stats.rankdata(-second, axis=1).reshape(-1)
    ).statistic


def within(key):
    """Yield all permutations of the questions that keep every question among those with its key."""
    groups = [np.flatnonzero(key == k) for k in np.unique(key)]
    for orders in product(*(permutations(group) for group in groups)):
        order = np.arange(len(key))
        for group, moved in zip(groups, orders, strict=True):
            order[group] = moved
        yield order


def test_null_of_consistency_is_the_mean_over_all_permutations():
    logprob, key = small()
    _, values = found(logprob, key)
    null = np.mean([rho(logprob[0], logprob[1][list(order)]) for order in permutations(range(5))])
    observed = rho(*logprob)
    assert values["consistency"][0, 1] == pytest.approx(observed)
    assert values["consistency_null"][0, 1] == pytest.approx(null)
    assert values["consistency_excess"][0, 1] == pytest.approx((observed - null) / (1 - null))
    of_key = np.mean([rho(logprob[0], logprob[1][order]) for order in within(key[0])])
    assert values["consistency_excess_within_key"][0, 1] == pytest.approx((observed - of_key) / (1 - of_key))


def test_nulls_of_transfer_are_the_means_over_permutations_within_keys():
    logprob, key = small(3, questions=7)
    _, values = found(logprob, key)
    choice = logprob.argmax(axis=-1)
    right, wrong = choice == key, choice != key
    orders = list(within(key[0]))
    positive = np.mean([(right[0] & right[1][order]).sum() / right[0].sum() for order in orders])
    negative = np.mean([(wrong[0] & (choice[0] == choice[1][order])).sum() / wrong[0].sum() for order in orders])
    assert values["positive_transfer_null"][0, 1] == pytest.approx(positive)
    assert values["negative_transfer_null"][0, 1] == pytest.approx(negative)
    observed = (right[0] & right[1]).sum() / right[0].sum()
    assert values["positive_transfer_excess"][0, 1] == pytest.approx((observed - positive) / (1 - positive))


def test_agreement_kappa_and_rankc_against_their_published_formulas():
    logprob, key = small(1, questions=30, choices=4)
    _, values = found(logprob, key)
    first, second = logprob.argmax(axis=-1)
    same = (first == second).mean()
    chance = sum((first == c).mean() * (second == c).mean() for c in range(4))
    assert values["agreement"][0, 1] == pytest.approx(same)
    assert values["kappa"][0, 1] == pytest.approx((same - chance) / (1 - chance))
    # RankC (Qi et al. 2023): mean over questions of sum_j w_j P@j, w = softmax(J - j)
    weights = np.exp([3, 2, 1, 0]) / np.exp([3, 2, 1, 0]).sum()
    order = np.argsort(-logprob, axis=-1)
    ranked = [
        sum(w * len(set(a[:j]) & set(b[:j])) / j for j, w in enumerate(weights, start=1))
        for a, b in zip(*order, strict=True)
    ]
    assert values["rankc"][0, 1] == pytest.approx(np.mean(ranked))
    assert sum(w * j / 4 for j, w in enumerate(weights, start=1)) == pytest.approx(0.377, abs=5e-4)  # its floor


def test_capa_against_its_published_formula():
    logprob, key = small(2, questions=20, choices=4)
    _, values = found(logprob, key)
    p = np.exp(logprob.astype(float)) / np.exp(logprob.astype(float)).sum(axis=-1, keepdims=True)
    observed = (p[0] * p[1]).sum(axis=-1).mean()
    correct = [np.take_along_axis(each, key[0][:, None], axis=1).mean() for each in p]
    expected = correct[0] * correct[1] + (1 - correct[0]) * (1 - correct[1]) / 3
    assert values["kappa_p"][0, 1] == pytest.approx((observed - expected) / (1 - expected))


@pytest.mark.parametrize("tied", [False, True])
def test_measures_that_the_paper_has_are_those_of_answers(tied):
    logprob, key = random_answers(4, missing=0 if tied else 0.2, tied=tied)
    answered = answers.from_logprobs(logprob, key)
    _, values = found(logprob, key)
    for name, exact in answers.of_pairs(answered, answered).items():
        np.testing.assert_allclose(values[name], exact, atol=1e-12)


def test_a_weight_is_a_repeated_question():
    logprob, key = random_answers(5, questions=30, tied=False)
    weight = np.random.default_rng(0).integers(0, 3, size=30).astype(np.float32)
    compared, values = found(logprob, key, weight)
    repeated = pairs.measures(compared.on(np.repeat(np.arange(30), weight.astype(int))))
    for name in pairs.MEASURES:
        np.testing.assert_allclose(values[name], repeated[name], atol=1e-12)
        single = pairs.measures(compared.single(), weight)[name]
        np.testing.assert_allclose(single, repeated[name], atol=1e-5)


def test_a_language_with_itself_has_the_greatest_excess():
    _, values = found(*random_answers(6, missing=0, tied=False))
    names = [name for name in pairs.MEASURES if name.endswith("excess") or name in ("kappa", "rankc", "agreement")]
    for name in names:
        np.testing.assert_allclose(np.diagonal(values[name]), 1, atol=1e-9)


def test_excess_is_undefined_where_there_is_no_room_above_the_null():
    letter = np.tile(np.array([3.0, 2, 1, 0], np.float32), (2, 20, 1))  # always the same ranking
    _, values = found(letter, np.tile(np.arange(20) % 4, (2, 1)))
    assert values["consistency"][0, 1] == pytest.approx(1)
    assert values["consistency_null"][0, 1] == pytest.approx(1)
    assert np.isnan(values["consistency_excess"]).all()


def test_difficulty_leaves_the_pair_out():
    logprob, key = random_answers(7, languages=5, questions=60, missing=0, tied=False)
    compared, _ = found(logprob, key)
    right = logprob.argmax(axis=-1) == key
    values = pairs.given_difficulty(compared)["positive_transfer_excess_given_difficulty"]
    others = right[2:].mean(axis=0)
    tertile = tertiles(others)
    expected = sum(
        right[0][of].sum() * right[1][of].sum() / of.sum()
        for of in ((key[0] == k) & (tertile == t) for k in range(4) for t in range(3))
        if of.any()
    )
    both, source = (right[0] & right[1]).sum(), right[0].sum()
    assert values[0, 1] == pytest.approx((both / source - expected / source) / (1 - expected / source))
    fewer = compare(logprob[:4], answers.from_logprobs(logprob[:4], key[:4]))
    assert all(np.isnan(v).all() for v in pairs.given_difficulty(fewer).values())


def test_tertiles_are_thirds_and_keep_equal_values_together():
    assert np.bincount(tertiles(np.random.default_rng(0).random(300))).tolist() == [100, 100, 100]
    assert len(set(tertiles(np.full(10, 0.5)))) == 1


def test_questions_are_permuted_among_those_with_as_many_choices():
    logprob, key = small(8, questions=6, choices=3)
    logprob, key = logprob.copy(), key % 2
    logprob[:, :3, 2] = np.nan
    _, values = found(logprob, key)
    scores = concatenated_ranks(answers.from_logprobs(logprob, key).ranks)
    same = [[*a, *(3 + np.array(b))] for a in permutations(range(3)) for b in permutations(range(3))]

    def correlation(order):
        a, b = np.nan_to_num(scores[0]).reshape(-1), np.nan_to_num(scores[1][order]).reshape(-1)
        return (a @ b) / np.sqrt((a @ a) * (b @ b))

    assert values["consistency_null"][0, 1] == pytest.approx(np.mean([correlation(order) for order in same]))


# ---- planted worlds: 6 languages, 1,500 questions ----

KEYS = np.random.default_rng(1).integers(4, size=1500)


def noise(seed):
    return np.random.default_rng(seed).gumbel(size=(6, 1500, 4))


def world(name):
    letters = np.array([2.0, 0.5, 0, -1])
    difficulty = np.random.default_rng(2).normal(size=(1500, 1)) * 3
    at_key = np.eye(4)[KEYS]
    return {
        "nothing": noise(0),
        "a preference for letters": noise(0) + letters,
        "the same difficulty": noise(0) + at_key * difficulty,
        "the same wrong belief": noise(0) + 2.5 * np.eye(4)[np.random.default_rng(3).integers(4, size=1500)],
        "knowledge of some questions": noise(0) + 6 * at_key * (np.random.default_rng(4).random((1500, 1)) < 0.4),
    }[name].astype(np.float32)


MEASURES_BEYOND_CHANCE = (
    "consistency_excess",
    "positive_transfer_excess",
    "negative_transfer_excess",
    "kappa",
    "rankc_excess",
)
POSITIVE = {
    # world -> measures that exceed chance; all others are within .04 of 0
    "nothing": set(),
    "a preference for letters": set(),
    # Wrong answers go together too.
    "the same difficulty": {*MEASURES_BEYOND_CHANCE},
    "the same wrong belief": {"consistency_excess", "negative_transfer_excess", "kappa", "rankc_excess"},
    "knowledge of some questions": {*MEASURES_BEYOND_CHANCE},
}


@pytest.mark.parametrize("name", POSITIVE)
def test_planted_effects_are_found_and_planted_nulls_are_not(name):
    _, values = found(world(name), np.tile(KEYS, (6, 1)))
    for measure in MEASURES_BEYOND_CHANCE:
        mean = answers.mean(answers.over_others(values[measure]))
        if measure in POSITIVE[name]:
            assert mean > 0.05, measure
        elif not (name == "the same wrong belief" and measure == "positive_transfer_excess"):
            assert abs(mean) < 0.04, measure


def test_a_preference_for_letters_alone_has_the_papers_consistency():
    _, values = found(world("a preference for letters"), np.tile(KEYS, (6, 1)))
    assert answers.mean(answers.over_others(values["consistency"])) > 0.3


def test_given_difficulty_removes_most_of_what_difficulty_alone_gives():
    compared, values = found(world("the same difficulty"), np.tile(KEYS, (6, 1)))
    plain = answers.mean(answers.over_others(values["positive_transfer_excess"]))
    given = answers.mean(pairs.given_difficulty(compared)["positive_transfer_excess_given_difficulty"])
    assert given < plain / 2
