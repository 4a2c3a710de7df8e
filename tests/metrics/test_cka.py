"""Debiased CKA against its definition in loops, its invariances, and the same within letters."""

from itertools import permutations, product

import numpy as np
import pytest
from crosslens.metrics import cka
from made_states import as_states, planted, random_states
from scipy.stats import ortho_group


def all_pairs(states, row=None):
    """Return all pairs' CKA."""
    return cka.debiased_cka(cka.grams(as_states(states, row)))[0]


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
    values = all_pairs(states)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert values[i, j] == values[j, i] == pytest.approx(expected_cka(states[i], states[j]), abs=1e-12)


def test_pairs_that_lack_questions_are_what_they_are_alone():
    """Among many languages that lack questions, each pair gives what the two give alone on their common questions."""
    states, random = random_states(8, languages=6, questions=30, width=12), np.random.default_rng(1)
    states[:, :, 0] = 4096
    row = np.where(random.random((6, 30)) < 0.3, -1, np.arange(30))
    values = all_pairs(states, row)
    for i in range(6):
        for j in range(i):
            common = np.flatnonzero((row[i] >= 0) & (row[j] >= 0))
            alone = all_pairs(states[[i, j]][:, common])[0, 1]
            assert values[i, j] == values[j, i] == pytest.approx(alone, abs=1e-12)


def test_states_that_vary_only_on_questions_that_the_other_lacks_have_no_cka():
    for seed in range(20):
        states, row = random_states(seed, languages=2, questions=12), np.tile(np.arange(12), (2, 1))
        states[0, :8], row[1, 8:] = states[0, 0], -1
        assert np.isnan(all_pairs(states, row)[[0, 1], [1, 0]]).all()


def test_cka_does_not_depend_on_rotation_scale_or_shift():
    states = random_states(2).astype(np.float64)
    rotated = 3 * states[1] @ ortho_group.rvs(6, random_state=0) + 100
    np.testing.assert_allclose(all_pairs(np.stack([states[0], rotated, states[2]])), all_pairs(states), atol=1e-10)


def test_states_that_differ_by_rotation_have_cka_one():
    states = random_states(3, languages=1)[0].astype(np.float64)
    pair = np.stack([states, states @ ortho_group.rvs(6, random_state=1)])
    assert all_pairs(pair)[0, 1] == pytest.approx(1)


def test_cka_of_independent_states_is_about_zero_where_the_biased_one_is_not():
    random = np.random.default_rng(4)
    states = random.normal(size=(2, 60, 300))
    grams = [side @ side.T for side in states - states.mean(axis=1, keepdims=True)]
    biased = (grams[0] * grams[1]).sum() / np.sqrt((grams[0] ** 2).sum() * (grams[1] ** 2).sum())
    assert biased > 0.7
    assert abs(all_pairs(states)[0, 1]) < 0.05


def test_large_constant_features_cost_no_precision():
    states = random_states(5)
    shifted = states.copy()
    shifted[:, :, 0] = 4096  # like the massive activations of real models
    flat = states.copy()
    flat[:, :, 0] = 0
    np.testing.assert_allclose(all_pairs(shifted), all_pairs(flat), atol=1e-12)


def test_undefined_cka_is_nan():
    states = random_states(6)
    states[1] = states[1, 0]
    assert np.isnan(all_pairs(states)[[0, 1], [1, 2]]).all() and not np.isnan(all_pairs(states)[0, 2])
    assert np.isnan(all_pairs(random_states(6, questions=3))).all()
    equidistant = np.stack([np.eye(9), random_states(6, 1, 9, 9)[0]]) / 3  # its centred Gram matrix is rounding only
    assert np.isnan(all_pairs(equidistant)[0, 1])


def test_grams_are_of_the_states_that_a_language_has():
    states = np.array([[[1, 0], [3, 1]]], np.float32)
    gram = cka.grams(as_states(states, np.array([[1, -1, 0]])))[0]  # relative to the first row, (1, 0)
    np.testing.assert_array_equal(gram, [[5, np.nan, 0], [np.nan] * 3, [0, np.nan, 0]])


def parts_of(n, groups):
    return [np.arange(n)[i::groups] for i in range(groups)]


@pytest.mark.parametrize("missing", [0, 0.2], ids=["all questions", "some lack"])
def test_with_a_part_left_out_it_is_that_of_the_other_questions(missing):
    """Leaving questions out of sums is the same as computing anew, whichever questions languages lack."""
    states, random, parts = (
        random_states(9, languages=5, questions=24, width=10),
        np.random.default_rng(2),
        parts_of(24, 4),
    )
    row = np.where(random.random((5, 24)) < missing, -1, np.arange(24))
    values = cka.debiased_cka(cka.grams(as_states(states, row)), parts)
    assert len(values) == 5
    for value, part in zip(values, [np.array([], int), *parts], strict=True):
        kept = row.copy()
        kept[:, part] = -1
        np.testing.assert_allclose(value, all_pairs(states, kept), atol=1e-12)


LETTERS = np.array([[0, 0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 1, 0]])


def less_letter_means(states, letters):
    result = states.astype(np.float64)
    for letter in set(letters):
        result[letters == letter] -= result[letters == letter].mean(axis=0)
    return result


def within(letters):
    """All orders of the questions that keep their letters."""
    blocks = [np.flatnonzero(letters == letter) for letter in sorted(set(letters))]
    for orders in product(*(permutations(block) for block in blocks)):
        order = np.arange(len(letters))
        for block, new in zip(blocks, orders, strict=True):
            order[block] = new
        yield order


def test_within_letters_is_the_cka_of_residuals_less_its_mean_over_all_permutations_within_letters():
    states = random_states(10, languages=2, questions=7)
    values = cka.within_letters(cka.grams(as_states(states)), LETTERS)[0]
    first, second = (less_letter_means(side, letters) for side, letters in zip(states, LETTERS, strict=True))
    orders = [list(within(letters)) for letters in LETTERS]
    centred = [cka.u_centred(side @ side.T) for side in (first, second)]  # hsic() by quadruples would take hours
    norm = np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    assert (centred[0] * centred[1]).sum() / norm == pytest.approx(expected_cka(first, second), abs=1e-12)
    means = [
        np.mean([kernel[np.ix_(o, o)] for o in each], axis=0) for kernel, each in zip(centred, orders, strict=True)
    ]
    by_chance = (means[0] * means[1]).sum() / norm
    assert abs(by_chance) > 0.01
    assert values[0, 1] == values[1, 0] == pytest.approx(expected_cka(first, second) - by_chance, abs=1e-12)


def test_permutations_drawn_at_random_have_the_closed_forms_mean():
    states, letters = planted(0, languages=2, questions=40, content=1, letter=2)
    first, second = (less_letter_means(*each) for each in zip(states, letters, strict=True))
    random, drawn = np.random.default_rng(1), []
    kernels = [cka.u_centred(side @ side.T) for side in (first, second)]
    norm = np.sqrt((kernels[0] ** 2).sum() * (kernels[1] ** 2).sum())
    for _ in range(4000):
        orders = np.tile(np.arange(40), (2, 1))
        for order, own in zip(orders, letters, strict=True):
            for letter in range(4):
                order[own == letter] = random.permutation(np.flatnonzero(own == letter))
        permuted = [kernel[np.ix_(order, order)] for kernel, order in zip(kernels, orders, strict=True)]
        drawn.append((permuted[0] * permuted[1]).sum() / norm)
    value = cka.within_letters(cka.grams(as_states(states)), letters)[0, 0, 1]
    expected = (kernels[0] * kernels[1]).sum() / norm - np.mean(drawn)
    assert value == pytest.approx(expected, abs=4 * np.std(drawn) / np.sqrt(4000))


def test_states_that_share_only_the_letter_are_alike_but_not_within_letters():
    usual, inside = [], []
    for seed in range(10):
        states, letters = planted(seed, letter=2)
        grams = cka.grams(as_states(states))
        usual.append(np.nanmean(cka.debiased_cka(grams)))
        inside.append(np.nanmean(cka.within_letters(grams, letters)))
    assert min(usual) > 0.2
    assert abs(np.mean(inside)) < 0.005 and max(map(abs, inside)) < 0.03


def test_without_the_mean_by_chance_independent_states_of_few_questions_would_look_alike():
    """Residuals of a letter are negatively correlated; languages with the same letters share this."""
    inside, residuals = [], []
    for seed in range(30):
        states, letters = planted(seed, questions=24, shared=1)
        inside.append(np.nanmean(cka.within_letters(cka.grams(as_states(states)), letters)))
        left = np.stack([less_letter_means(*each) for each in zip(states, letters, strict=True)])
        residuals.append(np.nanmean(all_pairs(left)))
    assert abs(np.mean(inside)) < 0.01 < 0.05 < np.mean(residuals)


def test_shared_content_is_alike_with_and_within_letters():
    states, letters = planted(0, letter=2, content=1)
    grams = cka.grams(as_states(states))
    assert np.nanmin(cka.debiased_cka(grams)) > 0.2 and np.nanmin(cka.within_letters(grams, letters)) > 0.2
    assert np.nanmax(cka.within_letters(cka.grams(as_states(planted(1)[0])), letters)) < 0.05


@pytest.mark.parametrize("missing", [0, 0.2], ids=["all questions", "some lack"])
def test_within_letters_leaves_parts_out_of_kernels_with_the_letter_means_of_all(missing):
    states, letters = planted(3, languages=3, questions=30, content=1)
    letters = np.where(np.random.default_rng(0).random(letters.shape) < missing, -1, letters)
    letters, parts = cka.frequent(letters), parts_of(30, 5)
    grams = cka.grams(as_states(states))
    values = cka.within_letters(grams, letters, parts)
    for value, part in zip(values[1:], parts, strict=True):
        for i, j in ((0, 1), (0, 2), (1, 2)):
            kernels, means = [], []
            for side in (i, j):
                own = np.flatnonzero(letters[side] >= 0)
                left = less_letter_means(states[side, own], letters[side, own])
                kernel = cka.u_centred(left @ left.T)
                one_hot = (letters[side, own][:, None] == np.unique(letters[side, own])).astype(float)
                whole = np.zeros((2, 30, 30))
                whole[0][np.ix_(own, own)], whole[1][np.ix_(own, own)] = kernel, cka.block_means(kernel, one_hot)
                kernels.append(whole[0])
                means.append(whole[1])
            kept = np.setdiff1d(np.flatnonzero((letters[[i, j]] >= 0).all(axis=0)), part)
            first, second, first_mean, second_mean = (cka.u_centred(m[np.ix_(kept, kept)]) for m in (*kernels, *means))
            norm = np.sqrt((first**2).sum() * (second**2).sum())
            expected = ((first * second).sum() - (first_mean * second_mean).sum()) / norm
            assert value[i, j] == value[j, i] == pytest.approx(expected, abs=1e-12)


def test_rare_letters_are_left_out():
    letters = np.array([[0, 0, 0, 1, 1, 2, 2, 2, 3, -1]])
    np.testing.assert_array_equal(cka.frequent(letters), [[0, 0, 0, -1, -1, 2, 2, 2, -1, -1]])


def test_states_that_are_a_function_of_the_letter_have_nothing_within_letters():
    letters = np.random.default_rng(0).integers(3, size=(2, 150))  # means of them round
    states = np.take_along_axis(np.random.default_rng(0).normal(size=(2, 4, 9)) * 1e3, letters[..., None], axis=1)
    grams = cka.grams(as_states(states.astype(np.float32)))
    assert np.isnan(cka.within_letters(grams, letters)).all()
    np.testing.assert_allclose(cka.letter_variance(grams, letters), 1)


def test_letter_variance_is_that_of_an_analysis_of_variance():
    states, letters = planted(4, languages=2, questions=50, letter=1)
    letters[0, :9] = -1
    parts = parts_of(50, 2)
    values = cka.letter_variance(cka.grams(as_states(states)), letters, parts)
    for i in range(2):
        own = letters[i] >= 0
        left, all_ = less_letter_means(states[i, own], letters[i, own]), states[i, own] - states[i, own].mean(axis=0)
        n = own.sum()
        assert values[0, i] == pytest.approx(1 - ((left**2).sum() / (n - 4)) / ((all_**2).sum() / (n - 1)), abs=1e-6)
        kept = np.setdiff1d(np.arange(50), parts[1])[own[np.setdiff1d(np.arange(50), parts[1])]]
        rows = np.searchsorted(np.flatnonzero(own), kept)
        expected = 1 - ((left[rows] ** 2).sum() / (len(kept) - 4)) / ((all_[rows] ** 2).sum() / (len(kept) - 1))
        assert values[2, i] == pytest.approx(expected, abs=1e-6)


def test_letters_that_say_nothing_explain_nothing():
    values = [
        cka.letter_variance(cka.grams(as_states(planted(s, questions=20)[0])), planted(s + 50, questions=20)[1])
        for s in range(40)
    ]
    assert abs(np.mean(values)) < 0.01


def test_letters_that_say_nothing_take_little_away():
    shares = []
    for seed in range(20):
        states, letters = planted(seed, languages=4, content=3, shared=0)
        grams = cka.grams(as_states(states))
        shares.append(np.nanmean(cka.within_letters(grams, letters)) / np.nanmean(cka.debiased_cka(grams)))
    assert 1 - np.mean(shares) == pytest.approx(2 * 3 / 200, abs=0.005)
