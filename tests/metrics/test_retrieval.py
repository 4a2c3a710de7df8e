"""MEXA, margin and cosine against their definitions in loops, and on independent and shared states."""

import numpy as np
import pytest
from crosslens.metrics import retrieval
from made_states import as_states, random_states
from scipy.spatial.distance import cosine

PARTS = [np.arange(12)[i::5] for i in range(5)]


def lacking(seed, share=0.2, languages=4, questions=12):
    random = np.random.default_rng(seed)
    return np.where(random.random((languages, questions)) < share, -1, np.arange(questions))


def centred(states, row):
    """Return each language's states less the mean of those that it has."""
    return [side - side[where >= 0].mean(axis=0) for side, where in zip(states.astype(np.float64), row, strict=True)]


def left_out(row):
    """Return which questions are kept: all, then all but each part's."""
    for part in [np.array([], int), *PARTS]:
        kept = row.copy()
        kept[:, part] = -1
        yield kept >= 0


@pytest.mark.parametrize("share", [0, 0.25], ids=["all questions", "some lack"])
def test_mexa_is_the_share_of_mutual_nearest_neighbours(share):
    states, row = random_states(0, languages=4, questions=12, width=3), lacking(1, share)
    aligned = as_states(states, row)
    values = retrieval.mexa(retrieval.units(aligned, centred=True), aligned.present, PARTS)
    sides = centred(states, row)
    for value, present in zip(values, left_out(row), strict=True):
        for i in range(4):
            assert np.isnan(value[i, i])
            for j in range(i):
                common = np.flatnonzero(present[i] & present[j])
                hits = 0
                for q in common:
                    own = 1 - cosine(sides[i][q], sides[j][q])
                    others = [1 - cosine(sides[i][q], sides[j][r]) for r in common if r != q]
                    others += [1 - cosine(sides[i][r], sides[j][q]) for r in common if r != q]
                    hits += own > max(others)
                assert value[i, j] == value[j, i] == pytest.approx(hits / len(common))
    assert 0.1 < np.nanmean(values) < 0.9


@pytest.mark.parametrize("share", [0, 0.25], ids=["all questions", "some lack"])
def test_margin_is_the_cosine_of_parallel_less_that_of_other_states(share):
    states, row = random_states(2, languages=4, questions=12, width=3), lacking(3, share)
    aligned = as_states(states, row)
    values = retrieval.margin(retrieval.units(aligned, centred=True), aligned.present, PARTS)
    sides = centred(states, row)
    for value, present in zip(values, left_out(row), strict=True):
        for i in range(4):
            for j in set(range(4)) - {i}:
                pairs = [(q, r) for q in np.flatnonzero(present[i]) for r in np.flatnonzero(present[j])]
                same = [1 - cosine(sides[i][q], sides[j][r]) for q, r in pairs if q == r]
                other = [1 - cosine(sides[i][q], sides[j][r]) for q, r in pairs if q != r]
                assert value[i, j] == pytest.approx(np.mean(same) - np.mean(other), abs=1e-5)


def test_cosine_is_not_centred():
    states, row = random_states(4, languages=4, questions=12) + 3, lacking(5)
    aligned = as_states(states, row)
    values = retrieval.mean_cosine(retrieval.units(aligned, centred=False), aligned.present, PARTS)
    for value, present in zip(values, left_out(row), strict=True):
        common = np.flatnonzero(present[0] & present[1])
        assert value[0, 1] == pytest.approx(np.mean([1 - cosine(states[0, q], states[1, q]) for q in common]), abs=1e-6)


def test_a_zero_state_has_cosine_zero_and_no_common_question_is_undefined():
    states = np.ones((2, 2, 3), np.float32)
    states[1, 0] = 0
    for row, expected in (([[0, 1], [0, 1]], 0.5), ([[0, 1, -1], [-1, -1, 0]], np.nan)):
        aligned = as_states(states, np.array(row))
        value = retrieval.mean_cosine(retrieval.units(aligned, centred=False), aligned.present)[0, 0, 1]
        assert value == pytest.approx(expected, nan_ok=True)
        assert np.isnan(retrieval.mexa(retrieval.units(aligned, centred=True), aligned.present)[0, 0, 0])


def test_only_pairs_with_the_pivot_if_it_is_given():
    aligned = as_states(random_states(6, languages=4, questions=12))
    units = retrieval.units(aligned, centred=True)
    every, some = (retrieval.mexa(units, aligned.present, PARTS, pivot) for pivot in (None, 2))
    np.testing.assert_array_equal(some[:, 2], every[:, 2])
    np.testing.assert_array_equal(some[:, :, 2], every[:, :, 2])
    assert np.isnan(np.delete(np.delete(some, 2, axis=1), 2, axis=2)).all()


def test_independent_states_are_far_and_shared_ones_near():
    random = np.random.default_rng(7)
    independent = as_states(random.normal(size=(2, 60, 40)).astype(np.float32) + 5)
    shared = as_states(random_states(8, languages=2, questions=60, width=40) + 5)
    for states, is_shared in ((independent, False), (shared, True)):
        units = retrieval.units(states, centred=True)
        mexa, margin = (measure(units, states.present)[0, 0, 1] for measure in (retrieval.mexa, retrieval.margin))
        assert (mexa > 0.7 and margin > 0.35) if is_shared else (mexa < 0.1 and abs(margin) < 0.05)
        # the offset of all states makes the uncentred cosine high whatever they share
        assert retrieval.mean_cosine(retrieval.units(states, centred=False), states.present)[0, 0, 1] > 0.9


def test_large_constant_features_cost_no_precision():
    states = random_states(9, questions=12)
    shifted = states.copy()
    shifted[:, :, 0] += 4096
    values = [
        retrieval.margin(retrieval.units(as_states(s), centred=True), as_states(s).present) for s in (states, shifted)
    ]
    np.testing.assert_allclose(*values, atol=1e-3)
