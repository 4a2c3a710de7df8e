"""The rule for verdicts: every branch against a table of cases written apart, and the bounds of effects."""

import numpy as np
import pytest
from crosslens.findings import verdicts
from crosslens.findings.verdicts import CANNOT, CONTRADICTED, INCONCLUSIVE, NO_EFFECT, SUPPORTED, Counts, Effect
from crosslens.metrics import differences, means
from crosslens.metrics.means import Mean
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

ENOUGH = Counts(30, 12, 100)
NUMBERS = st.floats(-5, 5)
EFFECTS = st.builds(
    lambda centre, half, p, counts: Effect(
        centre, centre - 2 * half, centre + 2 * half, centre - half, centre + half, p, counts
    ),
    NUMBERS,
    st.floats(0.001, 5),
    st.floats(0, 1),
    st.builds(Counts, st.integers(0, 12), st.integers(0, 12), st.integers(0, 9)),
)


@given(EFFECTS, st.floats(0, 1), st.floats(0.1, 3))
@example(Effect(1.0, 0.0, 2.0, 0.2, 1.8, 0.01, ENOUGH), 0.04, 1.0)
def test_the_verdict_is_the_first_that_applies(effect, p_holm, smallest):
    few = effect.counts.n_languages < 6 or effect.counts.n_families < 8
    small = max(abs(effect.low90), abs(effect.high90)) < smallest
    significant = p_holm < 0.05
    cases = [
        (few, CANNOT),
        (small, NO_EFFECT),
        (significant and effect.estimate >= smallest, SUPPORTED),
        (significant and effect.estimate <= -smallest, CONTRADICTED),
        (True, INCONCLUSIVE),
    ]
    found = verdicts.judge(effect, p_holm, smallest)
    assert found.verdict == next(verdict for applies, verdict in cases if applies)
    assert found.reason


@given(EFFECTS, st.floats(0, 1), st.floats(0.1, 3), st.booleans())
def test_that_an_effect_is_about_zero_is_supported_only_while_the_premise_holds(effect, p_holm, smallest, holds):
    few = effect.counts.n_languages < 6 or effect.counts.n_families < 8
    small = max(abs(effect.low90), abs(effect.high90)) < smallest
    cases = [
        (few, CANNOT),
        (small and holds, SUPPORTED),
        (small, NO_EFFECT),
        (p_holm < 0.05 and abs(effect.estimate) >= smallest, CONTRADICTED),
        (True, INCONCLUSIVE),
    ]
    found = verdicts.judge_equivalence(effect, p_holm, smallest, "C1", holds)
    assert found.verdict == next(verdict for applies, verdict in cases if applies)


@given(EFFECTS, st.floats(0, 1), st.floats(0.1, 3))
def test_the_opposite_effect_has_the_opposite_verdict(effect, p_holm, smallest):
    opposite = Effect(
        -effect.estimate, -effect.high, -effect.low, -effect.high90, -effect.low90, effect.p, effect.counts
    )
    swapped = {SUPPORTED: CONTRADICTED, CONTRADICTED: SUPPORTED}
    found = verdicts.judge(effect, p_holm, smallest).verdict
    assert verdicts.judge(opposite, p_holm, smallest).verdict == swapped.get(found, found)


@pytest.mark.parametrize(
    ("counts", "p", "bounds", "text"),
    [
        (Counts(5, 5, 9), 0.01, (1.0, 3.0), "only 5 languages have a value; at least 6"),
        (Counts(9, 7, 9), 0.01, (1.0, 3.0), "only 7 families of languages have a value; at least 8"),
        (ENOUGH, np.nan, (1.0, 3.0), "no p-value"),
        (ENOUGH, 0.01, (np.nan, np.nan), "undefined"),
    ],
)
def test_what_cannot_be_tested_says_what_was_found_and_what_is_needed(counts, p, bounds, text):
    found = verdicts.judge(Effect(2.0, *bounds, *bounds, p, counts), p, 1.0)
    assert found.verdict == CANNOT and text in found.reason


def test_an_effect_without_any_error_is_judged_by_its_interval():
    nothing = verdicts.effect(0.0, 0.0, ENOUGH, 0.95)
    assert np.isnan(nothing.p) and verdicts.judge(nothing, np.nan, 1.0).verdict == NO_EFFECT
    assert verdicts.judge(verdicts.effect(2.0, 0.0, ENOUGH, 0.95), np.nan, 1.0).verdict == INCONCLUSIVE


def test_an_effect_has_students_interval_and_p_value():
    found = verdicts.effect(2.0, 0.8, ENOUGH, 0.95)
    assert (found.low, found.high) == pytest.approx(stats.t(11, 2, 0.8).interval(0.95))
    assert (found.low90, found.high90) == pytest.approx(stats.t(11, 2, 0.8).interval(0.9))
    assert found.p == pytest.approx(2 * stats.t(11).sf(2 / 0.8))
    assert verdicts.effect(2.0, 0.8, ENOUGH, 0.95, p=0.3)[:5] == found[:5]
    assert np.isnan(verdicts.effect(2.0, 0.8, Counts(9, 1, 9), 0.95)[1:6]).all()


def test_the_effect_of_a_mean_has_its_bounds_and_p_value():
    random = np.random.default_rng(0)
    mean = means.over_languages(random.normal(size=12), random.normal(size=(50, 12)), [*"aabcdefghijj"], 0.95)
    found, narrow = verdicts.of_mean(mean, 77, 0.95, -100.0), differences.at_level(mean, 0.9)
    bounds = (mean.mean, mean.high, mean.low, narrow.high, narrow.low)
    assert found[:6] == pytest.approx((*(-100 * bound for bound in bounds), mean.p))
    assert found.counts == (12, 10, 77)
    assert np.isnan(verdicts.of_mean(Mean(*[np.nan] * 6, 0, 0), 0, 0.95)[:6]).all()


def test_the_weakest_part_is_the_worst_and_then_the_smallest():
    order = [SUPPORTED, INCONCLUSIVE, CANNOT, NO_EFFECT, CONTRADICTED]
    for worse in range(1, 5):
        assert verdicts.weakest([order[worse - 1], order[worse]], [0.0, 9.0]) == 1
    assert verdicts.weakest([SUPPORTED] * 3, [3.0, 1.0, 2.0]) == 1
    assert verdicts.weakest([CANNOT] * 3, [3.0, np.nan, 2.0]) == 1
    assert verdicts.weakest([CANNOT] * 2, [np.nan, np.nan]) == 0
