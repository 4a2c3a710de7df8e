"""Paired differences: identities, by hand, and coverage where the truth is known."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import differences, means, output, resampling
from crosslens.metrics.means import Mean
from crosslens.metrics.replicates import Drawn, DrawnPairs
from made_answers import answers_table, question_ids, random_answers
from scipy import stats

NAMES = ("a", "b", "c", "d", "e", "f")
FAMILIES = dict(zip(NAMES, ["x", "x", "y", "z", "z", "z"], strict=True))


def drawn(seed=0, names=NAMES, n=50):
    random = np.random.default_rng(seed)
    value = random.uniform(0.3, 0.7, len(names))
    return Drawn(tuple(names), np.full(len(names), n), value, value + random.uniform(-0.2, 0.2, (40, len(names))))


def equal(found, expected):
    assert found == pytest.approx(expected, nan_ok=True)


def negative(mean):
    return mean._replace(mean=-mean.mean, low=-mean.high, high=-mean.low)


DIFFERENCES = {
    "languages": differences.of_languages,
    "contrast": lambda *given: differences.of_languages(*given, {"a": 1.0, "c": 1.0, "b": -1.0, "d": -2.0}),
    "deviations": differences.of_deviations,
}


@pytest.mark.parametrize("difference", DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_difference_from_itself_is_nothing_and_the_reverse_is_negative(difference):
    first, second = drawn(0), drawn(1)
    itself = difference(first, first, FAMILIES, 0.9)
    assert (itself.mean, itself.low, itself.high, itself.se, itself.se_questions) == (0, 0, 0, 0, 0)
    forward, back = difference(first, second, FAMILIES, 0.9), difference(second, first, FAMILIES, 0.9)
    assert forward.se > 0 and forward.mean != 0
    equal(forward, negative(back))


def test_a_mean_difference_is_the_mean_of_differences_in_the_languages_that_both_have():
    first, second = drawn(0, NAMES[:5]), drawn(1, NAMES[:0:-1])
    common = NAMES[1:5]
    place = [second.languages.index(name) for name in common]
    values, samples = second.value[place] - first.value[1:], second.replicates[:, place] - first.replicates[:, 1:]
    expected = means.over_languages(values, samples, [FAMILIES[name] for name in common], 0.9)
    equal(differences.of_languages(first, second, FAMILIES, 0.9), expected)
    some = differences.of_languages(first, second, FAMILIES, 0.9, {"b": 1.0, "d": 1.0, "a": 5.0})
    assert some.mean == pytest.approx(values[[0, 2]].mean()) and some.n_languages == 2


def test_replicates_of_different_numbers_are_an_error():
    first = drawn()
    fewer = first._replace(replicates=first.replicates[:30])
    for difference in DIFFERENCES.values():
        with pytest.raises(CrosslensError, match="there are 40 and 30"):
            difference(first, fewer, FAMILIES, 0.9)


# ---- pairs ----

LANGUAGES = ["en", "de", "es", "hi", "sw"]
OF_PAIRS = {"en": "x", "de": "x", "es": "y", "hi": "z", "sw": "w"}


def answered(seed, languages=LANGUAGES, knows=0.0):
    """Return the metrics of made answers and their tables of pairs and replicates of pairs."""
    logprob, key = random_answers(seed, len(languages), missing=0, tied=False)
    logprob, key = logprob + knows * np.eye(4)[key], random_answers(0, len(languages), missing=0)[1]
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(languages)}
    found = output.output_metrics(tables, [{q: q for q in question_ids(40)}], OF_PAIRS, 30, 0.9, 0)
    return pa.table(found.pairs), pa.table(found.pair_replicates)


def test_differences_of_pairs_are_those_of_every_pair_and_replicate():
    first, second = (differences.pairs(*answered(seed), "consistency_excess") for seed in (1, 2))
    found = differences.of_pairs(first, second, OF_PAIRS, 0.9)
    families = [OF_PAIRS[name] for name in LANGUAGES]
    sums = second.drawn.replicates - first.drawn.replicates
    equal(found, means.over_pairs(second.value - first.value, sums, families, 0.9))
    equal(negative(found), differences.of_pairs(second, first, OF_PAIRS, 0.9))
    itself = differences.of_pairs(first, first, OF_PAIRS, 0.9)
    assert (itself.mean, itself.se, itself.se_questions) == (0, 0, 0)


def test_pairs_that_one_side_lacks_count_in_neither():
    whole, other = (differences.pairs(*answered(seed), "consistency") for seed in (1, 2))
    few = LANGUAGES[:3]
    some = [differences.pairs(*answered(seed, few), "consistency") for seed in (1, 2)]
    found = differences.of_pairs(whole, some[1], OF_PAIRS, 0.9)
    inner = whole.value[:3, :3]
    assert found.mean == pytest.approx(np.nanmean(some[1].value - inner)) and found.n_languages == 3
    # A pair that is undefined: one of the two of family x
    gap = other.value.copy()
    gap[0, 1] = np.nan
    count = other.drawn.count.copy()
    sums = other.drawn.replicates.copy()
    x = other.drawn.families.index("x")
    count[x, x], sums[:, x, x] = 1, sums[:, x, x] / 2
    lacking = other._replace(value=gap, drawn=other.drawn._replace(count=count, replicates=sums))
    found = differences.of_pairs(whole, lacking, OF_PAIRS, 0.9)
    assert found.mean == pytest.approx(np.nanmean(gap - whole.value))
    halved = whole.drawn.replicates.copy()
    halved[:, x, x] /= 2
    expected = means.over_pairs(gap - whole.value, sums - halved, [OF_PAIRS[n] for n in LANGUAGES], 0.9)
    equal(found, expected)


def test_each_side_has_its_mean_over_what_both_have():
    first, second = drawn(0, NAMES[:5]), drawn(1, NAMES[:0:-1])
    second.value[0] = np.nan  # of language f, which the first lacks
    second.value[2] = np.nan  # of language d
    sides = differences.each_of_languages(first, second, FAMILIES, 0.9)
    difference = differences.of_languages(first, second, FAMILIES, 0.9)
    assert sides[1].mean - sides[0].mean == pytest.approx(difference.mean)
    assert [side.n_languages for side in sides] == [difference.n_languages] * 2 == [3, 3]
    of_pairs = [differences.pairs(*answered(seed), "consistency") for seed in (1, 2)]
    of_pairs[1].value[0, 1] = np.nan
    sides, difference = (f(*of_pairs, OF_PAIRS, 0.9) for f in (differences.each_of_pairs, differences.of_pairs))
    assert sides[1].mean - sides[0].mean == pytest.approx(difference.mean)
    few = answered(3, LANGUAGES[:3])[0]
    alone = differences.pairs(*answered(3, LANGUAGES[:3]), "consistency")
    own = differences.each_of_pairs(alone, of_pairs[0], OF_PAIRS, 0.9)[0]
    assert own.mean == pytest.approx(np.mean(few["consistency"].to_pylist()))


# ---- standard deviations, levels, unpaired ----


def test_deviations_by_hand():
    first, second = drawn(0), drawn(1)
    found = differences.of_deviations(first, second, FAMILIES, 0.9)

    def logits(accuracy, kept):
        right = np.array(accuracy)[..., kept] * 50
        return np.log((right + 0.5) / (50 - right + 0.5))

    def spread(side, i, kept):
        replicates = logits(side.replicates, kept)
        noise = np.mean([(row - replicates.mean(axis=0)).var(ddof=1) for row in replicates])
        values = logits(side.value if i is None else side.replicates[i], kept)
        return max(values.var(ddof=1) - (1 if i is None else 2) * noise, 0) ** 0.5

    def both(i, kept):
        return spread(second, i, kept) - spread(first, i, kept)

    family = np.array(list(FAMILIES.values()))
    everything = np.full(6, True)
    of_replicates = np.array([both(i, everything) for i in range(40)])
    jackknife = np.array([both(None, family != name) for name in "xyz"])
    again = np.array([[both(i, family != name) for name in "xyz"] for i in range(40)])
    again = again - again.mean(axis=0)
    var_families = 2 / 3 * ((jackknife - jackknife.mean()) ** 2).sum()
    var_both = 2 / 3 * ((again - again.mean(axis=1, keepdims=True)) ** 2).sum(axis=1).mean()
    variance = of_replicates.var(ddof=1) + var_families - var_both
    variance = max(variance, of_replicates.var(ddof=1), var_families)
    assert found.mean == pytest.approx(both(None, everything))
    assert (found.se, found.se_questions) == pytest.approx((np.sqrt(variance), of_replicates.std(ddof=1)))


def test_few_questions_do_not_make_the_more_accurate_model_vary_more():
    """Languages are all equally accurate, .3 and .9, and differ by the sampling of 50 questions alone."""
    random, found = np.random.default_rng(8), []
    for seed in range(60):
        right = random.random((2, 30, 50)) < np.array([0.3, 0.9])[:, None, None]
        weight = resampling.draws([{f"{q:02}": str(q) for q in range(50)}], 60, seed).weight
        names = tuple(f"l{i:02}" for i in range(30))
        sides = [
            Drawn(names, np.full(30, 50), side.mean(axis=1), resampling.means(side.astype(float), weight))
            for side in right
        ]
        found.append(differences.of_deviations(*sides, {name: name for name in names}, 0.95))
    assert abs(np.mean([each.mean for each in found])) < 0.05  # the noise alone would make it .2
    assert np.mean([each.low > 0 for each in found]) <= 0.05


def test_too_few_languages_have_no_interval_of_deviations():
    two = differences.of_deviations(drawn(0, "ac"), drawn(1, "ac"), FAMILIES, 0.9)
    assert not np.isnan(two.mean) and np.isnan([two.se, two.low, two.p]).all() and two.se_questions > 0
    one = differences.of_deviations(drawn(0, "a"), drawn(1, "a"), FAMILIES, 0.9)
    assert np.isnan(one.mean) and one.n_languages == 1


def test_another_level_is_what_it_would_have_been():
    first, second = drawn(0), drawn(1)
    narrow = differences.of_languages(first, second, FAMILIES, 0.5)
    equal(differences.at_level(differences.of_languages(first, second, FAMILIES, 0.95), 0.5), narrow)
    alone = differences.of_languages(first, second, dict.fromkeys(NAMES, "x"), 0.95)
    assert np.isnan(differences.at_level(alone, 0.5).low)


def test_unpaired_errors_add_up():
    first = Mean(0.5, 0.4, 0.6, 0.01, 0.3, 0.1, 20, 12)
    second = Mean(0.7, 0.4, 0.6, 0.01, 0.4, 0.2, 18, 10)
    found = differences.unpaired(first, second, 0.9)
    assert (found.mean, found.se, found.se_questions) == pytest.approx((0.2, 0.5, np.sqrt(0.05)))
    assert found.high == pytest.approx(0.2 + stats.t.ppf(0.95, 9) * 0.5)
    assert found.p == pytest.approx(2 * stats.t.sf(0.4, 9)) and (found.n_languages, found.n_families) == (18, 10)
    without = differences.unpaired(first, second._replace(se=np.nan), 0.9)
    assert without.mean == pytest.approx(0.2) and np.isnan([without.low, without.se, without.p]).all()


# ---- coverage ----

QUESTIONS, CLUSTERS = 60, {f"{q:03}": str(q // 2) for q in range(60)}


def scores(random, family, deviations):
    """Return two conditions' scores [condition, language, question] with a mean difference of 0, and much in common."""
    of_family, of_language, of_question = deviations
    common = random.normal(size=(len(family), 1)) + random.normal(size=QUESTIONS // 2).repeat(2)
    effect = of_family * random.normal(size=family.max() + 1)[family] + of_language * random.normal(size=len(family))
    change = effect[:, None] + of_question * random.normal(size=QUESTIONS // 2).repeat(2)
    noise = random.normal(size=(2, len(family), QUESTIONS))
    return common + noise + np.stack([-change / 2, change / 2])


def of_scores(values, seed):
    weight = resampling.draws([CLUSTERS], 60, seed).weight
    names = tuple(f"l{i:02}" for i in range(values.shape[1]))
    n = np.full(len(names), QUESTIONS)
    return [Drawn(names, n, side.mean(axis=1), resampling.means(side, weight)) for side in values]


def as_pairs(side, names):
    """Return the values of pairs that are the sum of both languages' values."""
    value, samples = (x[..., :, None] + x[..., None, :] for x in (side.value, side.replicates))
    diagonal = np.arange(len(names))
    value[diagonal, diagonal] = samples[:, diagonal, diagonal] = np.nan
    families = tuple(sorted(set(names)))
    count = means.family_sums(np.where(np.isnan(value), np.nan, 1), names).round().astype(int)
    sums = DrawnPairs(families, count, means.family_sums(value, names), means.family_sums(samples, names))
    return differences.Pairs(side.languages, value, sums)


def difference_of(kind, sides, families):
    names = [families[name] for name in sides[0].languages]
    if kind == "pairs":
        return differences.of_pairs(*(as_pairs(side, names) for side in sides), families, 0.95)
    split = {name: 1.0 if int(family) % 2 else -1.0 for name, family in families.items()}
    return differences.of_languages(*sides, families, 0.95, split if kind == "contrast" else None)


@pytest.mark.parametrize("kind", ["languages", "contrast", "pairs"])
@pytest.mark.parametrize("world", [(0.2, 0.1, 0.4), (0.0, 0.0, 0.0), (0.1, 0.3, 1.0)])
def test_intervals_of_differences_cover_the_truth_and_tests_reject_it_rarely(kind, world):
    """250 data sets with a true difference of 0; the bounds are 92 to 97 % and 7 % with 2 standard errors more."""
    random, covered, rejected = np.random.default_rng(5), [], []
    n_families, n_languages = (20, 40) if kind == "contrast" else (10, 30)
    for seed in range(250):
        family = np.concatenate([np.arange(n_families), random.integers(n_families, size=n_languages - n_families)])
        sides = of_scores(scores(random, family, world), seed)
        families = {name: str(f) for name, f in zip(sides[0].languages, family, strict=True)}
        found = difference_of(kind, sides, families)
        covered.append(found.low <= 0 <= found.high)
        rejected.append(found.p < 0.05)
    assert 0.905 < np.mean(covered) < (0.995 if kind == "contrast" else 0.985)  # families are those of the smaller side
    assert np.mean(rejected) <= 0.095


@pytest.mark.parametrize("spreads", [(0.5, 0.5), (0.4, 0.8), (0.9, 0.9)])
def test_intervals_of_deviations_cover_the_truth(spreads):
    """250 data sets of 12 families, which explain half of what two conditions have in common and half of the rest."""
    random, covered, rejected, n_families, n_languages = np.random.default_rng(6), [], [], 12, 40
    questions = 300
    for seed in range(250):
        family = np.concatenate([np.arange(n_families), random.integers(n_families, size=n_languages - n_families)])
        common = (random.normal(size=n_families)[family] + random.normal(size=n_languages)) / np.sqrt(2)
        own = (random.normal(size=(2, n_families))[:, family] + random.normal(size=(2, n_languages))) / np.sqrt(2)
        chance = 1 / (1 + np.exp(-np.array(spreads)[:, None] * (common + own) / np.sqrt(2)))
        # Questions are as hard in all languages, and those of a cluster in the same way.
        noise = random.normal(size=questions // 2).repeat(2) + random.normal(size=(2, n_languages, questions))
        right = (noise / np.sqrt(2) < stats.norm.ppf(chance)[..., None]).astype(float)
        clusters = {f"{q:03}": str(q // 2) for q in range(questions)}
        weight = resampling.draws([clusters], 60, seed).weight
        names = tuple(f"l{i:02}" for i in range(n_languages))
        n = np.full(n_languages, questions)
        sides = [Drawn(names, n, side.mean(axis=1), resampling.means(side, weight)) for side in right]
        families = {name: str(f) for name, f in zip(names, family, strict=True)}
        found = differences.of_deviations(*sides, families, 0.95)
        covered.append(found.low <= spreads[1] - spreads[0] <= found.high)
        rejected.append(found.p < 0.05)
    assert 0.905 < np.mean(covered) < 0.99
    assert spreads[0] != spreads[1] or np.mean(rejected) <= 0.095
