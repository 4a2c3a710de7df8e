"""Means over languages and pairs: against the variance components by hand, and coverage where the truth is known."""

import numpy as np
import pytest
from crosslens.metrics import means, resampling
from scipy import stats

FAMILIES = ["x", "x", "y", "z", "z", "z"]


def made(seed=0, replicates=50):
    random = np.random.default_rng(seed)
    observed = random.normal(size=6)
    return observed, observed + random.normal(size=(replicates, 6)) * 0.1


def test_variance_of_a_mean_over_languages_by_hand():
    observed, drawn = made()
    found = means.over_languages(observed, drawn, FAMILIES, 0.9)
    families = np.array(FAMILIES)

    def without(values):
        return 2 / 3 * np.square([values[families != name].mean() - deleted(values) for name in "xyz"]).sum()

    def deleted(values):
        return np.mean([values[families != name].mean() for name in "xyz"])

    both = np.mean([without(one) for one in drawn - drawn.mean(axis=0)])
    questions = np.var(drawn.mean(axis=1), ddof=1)
    variance = questions + without(observed) - both
    assert found.mean == pytest.approx(observed.mean())
    assert found.se == pytest.approx(np.sqrt(variance))
    assert found.se_questions == pytest.approx(np.sqrt(questions))
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.95, 2) * np.sqrt(variance))
    assert (found.n_languages, found.n_families) == (6, 3)
    assert np.isnan(found.p)  # fewer than 8 families


def test_undefined_languages_are_left_out():
    observed, drawn = made()
    observed[1] = drawn[:, 1] = np.nan
    kept = [0, 2, 3, 4, 5]
    families = [FAMILIES[i] for i in kept]
    assert means.over_languages(observed, drawn, FAMILIES, 0.9) == means.over_languages(
        observed[kept], drawn[:, kept], families, 0.9
    )
    assert means.over_languages(np.full(6, np.nan), drawn, FAMILIES, 0.9).n_languages == 0


def test_an_effect_of_one_large_family_alone_is_not_significant():
    families = ["large"] * 22 + list("abcdefgh")
    observed = np.array([1.0] * 22 + [0.0] * 8)
    found = means.over_languages(observed, np.stack([observed, observed]), families, 0.95)
    without = np.array([0.0] + [22 / 29] * 8)  # the mean without the large family, and without each other one
    expected = np.sqrt(8 / 9 * ((without - without.mean()) ** 2).sum())
    assert found.se == pytest.approx(expected) and found.p > 0.2


def test_one_family_gives_no_interval_but_the_error_over_questions():
    observed, drawn = made()
    found = means.over_languages(observed, drawn, ["x"] * 6, 0.9)
    assert np.isnan([found.low, found.high, found.p, found.se]).all()
    assert found.se_questions > 0 and found.n_families == 1


def pair_values(languages: np.ndarray) -> np.ndarray:
    """Return the sum of both languages' values for all pairs, undefined on the diagonal, [*batch, source, target]."""
    both = languages[..., :, None] + languages[..., None, :]
    diagonal = np.arange(languages.shape[-1])
    both[..., diagonal, diagonal] = np.nan
    return both


def test_variance_of_a_mean_over_pairs_deletes_a_family_at_a_time():
    observed, drawn = made()
    pairs, families = pair_values(observed), np.array(FAMILIES)
    found = means.over_pairs(pairs, means.family_sums(pair_values(drawn), FAMILIES), FAMILIES, 0.9)

    def without(values):
        kept = [values[np.ix_(families != name, families != name)] for name in "xyz"]
        deleted = np.array([np.nanmean(part) for part in kept])
        return 2 / 3 * ((deleted - deleted.mean()) ** 2).sum()

    centred = pair_values(drawn - drawn.mean(axis=0))
    questions = np.var([np.nanmean(values) for values in pair_values(drawn)], ddof=1)
    both = np.mean([without(values) for values in centred])
    assert found.mean == pytest.approx(np.nanmean(pairs))
    assert found.se == pytest.approx(np.sqrt(questions + without(pairs) - both))


def test_a_replicate_without_a_value_of_one_language_counts_for_the_others():
    observed, drawn = made(replicates=4000)
    gaps = np.where(np.random.default_rng(1).random(drawn.shape) < 0.3, np.nan, drawn)
    whole, with_gaps = (means.over_languages(observed, values, FAMILIES, 0.9) for values in (drawn, gaps))
    assert with_gaps.se_questions == pytest.approx(whole.se_questions, rel=0.05)


def test_pairs_of_which_none_is_left_without_a_family_have_no_interval():
    observed = np.array([[np.nan, 0.2], [0.8, np.nan]])
    sums = means.family_sums(np.stack([observed, observed + 0.01]), ["x", "y"])
    found = means.over_pairs(observed, sums, ["x", "y"], 0.95)
    assert found.mean == pytest.approx(0.5) and found.se_questions > 0
    assert np.isnan([found.low, found.high, found.se]).all()


def test_weights_count_languages_more_or_not_at_all():
    observed, drawn = made()
    equal = means.over_languages(observed, drawn, FAMILIES, 0.9)
    assert means.over_languages(observed, drawn, FAMILIES, 0.9, np.full(6, 3.0)) == pytest.approx(equal, nan_ok=True)
    kept = np.array([0, 2, 3])
    some = means.over_languages(observed[kept], drawn[:, kept], [FAMILIES[i] for i in kept], 0.9)
    weight = np.isin(np.arange(6), kept).astype(float)
    assert means.over_languages(observed, drawn, FAMILIES, 0.9, weight) == pytest.approx(some, nan_ok=True)
    # A language of weight 2 is as good as two equal ones of the same family.
    twice = [0, 1, 2, 2, 3, 4, 5]
    repeated = means.over_languages(observed[twice], drawn[:, twice], [FAMILIES[i] for i in twice], 0.9)
    doubled = means.over_languages(observed, drawn, FAMILIES, 0.9, np.array([1.0, 1, 2, 1, 1, 1]))
    assert doubled[:-2] == pytest.approx(repeated[:-2], nan_ok=True)


def test_a_contrast_is_the_difference_of_two_means():
    observed, drawn = made()
    families = ["a", "b", "c", "d", "e", "f"]
    sides = np.array([1.0, 1, 1, -1, -1, -1])
    found = means.over_languages(observed, drawn, families, 0.9, sides)
    of_side = [means.over_languages(observed[s], drawn[:, s], ["x", "y", "z"], 0.9) for s in (sides > 0, sides < 0)]
    assert found.mean == pytest.approx(of_side[0].mean - of_side[1].mean)
    differences = drawn[:, :3].mean(axis=1) - drawn[:, 3:].mean(axis=1)
    assert found.se_questions == pytest.approx(differences.std(ddof=1))

    def without(values):
        others = [np.delete(values, i) for i in range(6)]
        signs = [np.delete(sides, i) for i in range(6)]
        each = [one[sign > 0].mean() - one[sign < 0].mean() for one, sign in zip(others, signs, strict=True)]
        return 5 / 6 * np.square(np.array(each) - np.mean(each)).sum()

    both = np.mean([without(one) for one in drawn - drawn.mean(axis=0)])
    variance = differences.var(ddof=1) + without(observed) - both
    largest = max(variance, differences.var(ddof=1), without(observed))
    assert found.se == pytest.approx(np.sqrt(largest)) and found.n_families == 3
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.95, 2) * np.sqrt(largest))
    observed[:3] = np.nan
    assert means.over_languages(observed, drawn, families, 0.9, sides).n_languages == 0


def test_sums_of_families_are_all_that_a_mean_over_pairs_needs():
    observed, drawn = (pair_values(values) for values in made())
    observed[0, 3] = np.nan
    sums, replicates = (means.family_sums(values, FAMILIES) for values in (observed, drawn))
    count = means.family_sums(np.where(np.isnan(observed), np.nan, 1), FAMILIES)
    found = means.over_family_sums(sums, count, replicates, 6, 0.9)
    assert found == pytest.approx(means.over_pairs(observed, replicates, FAMILIES, 0.9), nan_ok=True)


def test_columns_are_null_where_undefined():
    columns = means.columns([means.over_languages(np.full(2, np.nan), np.ones((2, 2)), ["x", "y"], 0.9)])
    assert columns["mean"].null_count == columns["low"].null_count == 1
    assert means.columns([])["mean"].to_pylist() == []


# families, languages, standard deviations of: families, languages, questions, families x questions
WORLDS = {
    "families differ": (8, 30, 0.2, 0.1, 0.5, 0.2),
    "questions are shared": (12, 40, 0.1, 0.2, 1.0, 0.1),
    "nothing but noise": (10, 30, 0.0, 0.0, 0.0, 0.0),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("of_pairs", [False, True])
def test_intervals_cover_the_truth_and_tests_reject_it_rarely(world, of_pairs):
    """300 data sets with a true mean of 0; coverage of .95 is within 2.8 standard errors (1.3 points) of 92 to 97 %."""
    n_families, n_languages, *deviations = WORLDS[world]
    random, covered, rejected, n_questions = np.random.default_rng(3), [], [], 60
    clusters = {f"{q:03}": str(q // 2) for q in range(n_questions)}
    for seed in range(300):
        family = np.concatenate([np.arange(n_families), random.integers(n_families, size=n_languages - n_families)])
        of_family, of_language, of_question, of_both = (
            random.normal(size=size) * deviation
            for size, deviation in zip(
                (n_families, n_languages, n_questions // 2, (n_families, n_questions)), deviations, strict=True
            )
        )
        values = of_family[family][:, None] + of_language[:, None] + of_question.repeat(2) + of_both[family]
        values = values + random.normal(size=values.shape)
        drawn = resampling.means(values, resampling.draws([clusters], 60, seed).weight)
        names = [str(i) for i in family]
        if of_pairs:
            sums = means.family_sums(pair_values(drawn), names)
            found = means.over_pairs(pair_values(values.mean(axis=1)), sums, names, 0.95)
        else:
            found = means.over_languages(values.mean(axis=1), drawn, names, 0.95)
        covered.append(found.low <= 0 <= found.high)
        rejected.append(found.p < 0.05)
    assert 0.905 < np.mean(covered) < 0.99
    assert np.mean(rejected) <= 0.095
