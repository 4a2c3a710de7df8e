"""Claims about steering: gains beyond controls, the opposite vector, equal sizes, who gains, and what is missing."""

import numpy as np
import pytest
from crosslens.findings import steering, steering_depth
from crosslens.findings.results import Subject
from crosslens.findings.steering import Place
from crosslens.findings.verdicts import Counts, Untestable
from made_findings import (
    DATASET,
    LARGE,
    NAMES,
    OTHERS,
    QUESTIONS,
    SMALL,
    drawn,
    of,
    replicate_rows,
    results,
    smooth,
    typed,
)
from scipy import stats

BOTH, ALONE = Subject(DATASET, SMALL, LARGE, "Tiny"), Subject(DATASET, SMALL, series="Tiny")
ACCURACY = ("accuracy", 100.0)


def gains(rows):
    """Return table "steering_gains", on the test half, of (measure, vector, layer, gamma, versus, mean, error)."""
    names = ("measure", "vector", "layer", "gamma", "versus", "mean", "se")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    n = len(rows)
    columns |= {"half": ["test"] * n, "operation": ["add"] * n, "n_languages": [24] * n, "n_families": [12] * n}
    return {of("steering_gains"): typed("steering_gains", columns | {"n_questions_max": [QUESTIONS] * n})}


def selected(layer=3, gamma=2.0, model=SMALL):
    columns = {"measure": ["accuracy"], "layer": [layer], "gamma": [gamma]}
    return {of("steering_selected", model): typed("steering_selected", columns)}


def beyond(differences, measure="accuracy", gamma=2.0, errors=0.002):
    rows = [(measure, "own", 3, gamma, f"random_{i + 1}", value, errors) for i, value in enumerate(differences)]
    others = [("own", "unsteered", 0.9), ("random_1", "unsteered", 0.9), ("own", "language:de", 0.03)]
    rows += [(measure, vector, 3, gamma, versus, value, errors) for vector, versus, value in others]
    return rows + [(measure, "own", 4, gamma, "random_1", -0.9, errors)]


@pytest.mark.parametrize("sign", [1, -1])
def test_c14_is_the_smallest_gain_beyond_a_random_vector_with_the_largest_p_value(sign):
    run = results(selected() | gains(beyond([sign * 0.02, sign * 0.01])))
    found = steering.gain(run, ALONE, *ACCURACY, "random_")
    assert found.estimate == pytest.approx(min(2 * sign, sign)) and found.counts == (24, 12, QUESTIONS)
    assert found.p == pytest.approx(2 * stats.t(11).sf(5))
    assert (found.low, found.high) == pytest.approx(stats.t(11, found.estimate, 0.2).interval(0.95))
    assert steering.gain(run, ALONE, *ACCURACY, "language:").estimate == pytest.approx(3)


def test_c14_is_not_significant_if_one_random_vector_does_better():
    found = steering.gain(results(selected() | gains(beyond([0.05, -0.02]))), ALONE, *ACCURACY, "random_")
    assert (found.estimate, found.p) == (-2, 1)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("measure", ["consistency_excess_with_pivot", "positive_transfer_excess_from_pivot"])
def test_c15_is_the_same_for_consistency_and_transfer(sign, measure):
    run = results(selected() | gains(beyond([sign * 0.05], measure)))
    assert steering.gain(run, ALONE, measure, 1.0, "random_").estimate == pytest.approx(sign * 0.05)


@pytest.mark.parametrize("sign", [1, -1])
def test_c16_is_the_loss_by_the_opposite_vector_beyond_random_vectors_there(sign):
    run = results(selected() | gains(beyond([-sign * 0.03, -sign * 0.02], gamma=-2.0) + beyond([0.9])))
    found = steering.opposite(run, ALONE)
    assert found.estimate == pytest.approx(min(3 * sign, 2 * sign)) and found.p < 1e-4


def test_c16_takes_random_vectors_of_the_other_sign_with_both_errors():
    rows = [("accuracy", "own", 3, -2.0, "unsteered", -0.04, 0.01), ("accuracy", "own", 3, 2.0, "unsteered", 0.9, 0.01)]
    rows += [("accuracy", f"random_{i}", 3, 2.0, "unsteered", mean, 0.002) for i, mean in ((1, -0.01), (2, 0.005))]
    found = steering.opposite(results(selected() | gains(rows)), ALONE)
    assert found.estimate == pytest.approx(3)
    assert (found.low, found.high) == pytest.approx(stats.t(11, 3, 1.2).interval(0.95))


def test_what_was_not_run_is_named():
    own = ("accuracy", "own", 3, 2.0, "unsteered", 0.01, 0.01)
    run = results(selected() | gains([own]))
    with pytest.raises(Untestable, match="random vectors were not run at layer 3, gamma 2, .*steering.conditions"):
        steering.gain(run, ALONE, *ACCURACY, "random_")
    with pytest.raises(Untestable, match="another language's vector was not run at layer 3"):
        steering.gain(run, ALONE, *ACCURACY, "language:")
    with pytest.raises(Untestable, match="own vector was not run at layer 3, gamma -2"):
        steering.opposite(run, ALONE)
    run = results(selected() | gains([own, ("accuracy", "own", 3, -2.0, "unsteered", 0.0, 0.01)]))
    with pytest.raises(Untestable, match="neither at layer 3, gamma -2 nor at layer 3, gamma 2"):
        steering.opposite(run, ALONE)
    with pytest.raises(Untestable, match="tiny-1b is not steered towards en on set"):
        steering.gain(results({of("steering_selected"): selected()[of("steering_selected")][:0]}), ALONE, *ACCURACY, "")


def test_measures_that_need_equal_choices_say_so():
    facts = {"languages": NAMES, "shares": ["questions"], "because": "the order differs"}
    run = results(selected() | gains(beyond([0.1])), datasets={DATASET: facts})
    assert steering.gain(run, ALONE, *ACCURACY, "random_").estimate == pytest.approx(10)
    with pytest.raises(Untestable, match="do not share their choices: the order differs"):
        steering.gain(run, ALONE, "consistency_excess_with_pivot", 1.0, "random_")
    unrelated = results({}, datasets={DATASET: facts | {"shares": []}})
    with pytest.raises(Untestable, match="do not share their questions"):
        steering.gain(unrelated, ALONE, *ACCURACY, "random_")


def steered(values, model=SMALL):
    """Return table "steering_replicates" of gains by (layer, gamma)."""
    rows = {(layer, gamma, "accuracy"): drawn(value) for (layer, gamma), value in values.items()}
    return {of("steering_replicates", model): replicate_rows(rows, ("layer", "gamma", "measure"))}


@pytest.mark.parametrize("sign", [1, -1])
def test_c18_pairs_the_gains_of_models_at_their_own_conditions(sign):
    large, advantage = smooth(0.1), sign * 0.04 + smooth(0.02, 1)
    tables = selected() | steered({(3, 2.0): large + advantage, (3, 4.0): 9.0})
    tables |= selected(5, 1.0, LARGE) | steered({(5, 1.0): large, (3, 2.0): 9.0}, LARGE)
    found = steering.who_gains(results(tables), BOTH, "models")
    assert found.estimate == pytest.approx(100 * advantage.mean()) and found.p < 0.01
    with pytest.raises(Untestable, match="1 size of Tiny"):
        steering.who_gains(results(tables), ALONE, "models")


def halves(development):
    columns = {"half": ["development"] * 24 + ["test"] * 24, "language": OTHERS * 2}
    # the test half would name other languages
    columns["unsteered_accuracy"] = [*development, *(1 - development)]
    return {of("steering_by_half"): typed("steering_by_half", columns | {"layer": [3] * 48, "gamma": [2.0] * 48})}


@pytest.mark.parametrize("sign", [1, -1])
def test_c18_compares_latin_languages_that_are_low_on_the_development_half_with_all_others(sign):
    development = np.linspace(0.2, 0.8, 24)
    low = np.array([i < 12 and i % 2 == 0 for i in range(24)])
    # every family has a Latin language, but only six have one of low accuracy
    tables = selected() | halves(development) | steered({(3, 2.0): np.where(low, sign * 0.05, 0.0) + smooth(0.005)})
    found = steering.who_gains(results(tables), ALONE, "languages")
    noise = smooth(0.005)
    assert found.estimate == pytest.approx(100 * (sign * 0.05 + noise[low].mean() - noise[~low].mean()))
    assert found.counts == Counts(24, 6, QUESTIONS)
    assert found.low > 0 if sign > 0 else found.high < 0


def test_c18_leaves_out_latin_languages_of_unknown_accuracy():
    development = np.linspace(0.2, 0.8, 24)
    development[0] = np.nan
    gains = smooth(0.005)
    gains[0] = 9.0
    table = halves(development)[of("steering_by_half")].to_pydict()
    table["unsteered_accuracy"] = [None if np.isnan(one) else one for one in table["unsteered_accuracy"]]
    tables = selected() | {of("steering_by_half"): typed("steering_by_half", table)} | steered({(3, 2.0): gains})
    found = steering.who_gains(results(tables), ALONE, "languages")
    # the median of the 23 others is that of l12
    low = np.array([0 < i < 12 and i % 2 == 0 for i in range(24)])
    others = ~low & (np.arange(24) > 0)
    assert found.estimate == pytest.approx(100 * (gains[low].mean() - gains[others].mean()))
    assert found.counts.n_languages == 23


def test_c18_needs_languages_on_both_sides():
    tables = selected() | halves(np.linspace(0.2, 0.8, 24)) | steered({(3, 2.0): 0.1})
    with pytest.raises(Untestable, match="0 of 24 languages are in Latin script and of low accuracy"):
        steering.who_gains(results(tables, scripts=dict.fromkeys(NAMES, "Cyrl")), ALONE, "languages")


def sizes(ratio):
    rows = [(name, layer, value) for layer, value in ratio.items() for name in OTHERS]
    language, layer, values = zip(*rows, strict=True)
    return {of("steering_sizes"): typed("steering_sizes", {"language": language, "layer": layer, "ratio": values})}


def swept(early, late):
    """Gains of the middle layer 3 at gamma 1, 2, 4; of layers 1 and 6 at gamma 2."""
    middle = {(3, 1.0): 0.02, (3, 2.0): 0.06, (3, 4.0): 0.08, (3, -2.0): 9.0, (3, -4.0): 9.0}
    return steered(middle | {(1, 2.0): early, (6, 2.0): late, (6, -2.0): 9.0})


@pytest.mark.parametrize(("early", "late"), [(0.01, 0.01), (0.09, 0.2)])
def test_c17_compares_gains_at_equal_sizes(early, late):
    # at sizes .2 (early), and .6 (late), which the middle has at gamma 1, and 3: gains .02 and .07
    run = results(selected() | swept(early, late) | sizes({1: 0.1, 3: 0.2, 6: 0.3}))
    for third, expected in (("early", 0.02 - early), ("late", 0.07 - late)):
        found = steering_depth.middle(run, ALONE, third)
        assert found.estimate == pytest.approx(100 * expected) and found.counts == (24, 12, QUESTIONS)
        assert found.p < 1e-3


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(0.0, [0, 0, 0]), (0.1, [0.5, 0, 0]), (0.2, [1, 0, 0]), (0.5, [0, 0.75, 0.25]), (0.8, [0, 0, 1])],
)
def test_gains_between_sizes_are_on_straight_lines_from_zero(wanted, expected):
    assert steering_depth.weights([0.2, 0.4, 0.8], wanted) == pytest.approx(expected)


def test_c17_extrapolates_nothing():
    assert np.isnan(steering_depth.weights([0.2, 0.4], 0.41)).all()
    run = results(selected() | swept(0.0, 0.0) | sizes({1: 0.1, 3: 0.2, 6: 0.5}))
    with pytest.raises(Untestable, match=r"late third is larger .* any gamma up to 4: sweep gamma further"):
        steering_depth.middle(run, ALONE, "late")
    assert steering_depth.middle(run, ALONE, "early").counts.n_languages == 24


def test_c17_leaves_out_languages_that_were_not_swept_as_far():
    tables = sizes({1: 0.1, 3: 0.2, 6: 0.3})
    table = tables[of("steering_sizes")].to_pydict()
    late = [i for i, layer in enumerate(table["layer"]) if layer == 6]
    for i in late[:3]:
        table["ratio"][i] = 0.5
    run = results(selected() | swept(0.0, 0.01) | {of("steering_sizes"): typed("steering_sizes", table)})
    found = steering_depth.middle(run, ALONE, "late")
    assert found.counts.n_languages == 21 and found.estimate == pytest.approx(6)


def test_c17_averages_over_pairs_of_layers():
    tables = steered({(3, 2.0): 0.04, (4, 2.0): 0.08, (1, 2.0): 0.01, (2, 2.0): 0.03})
    run = results(selected() | tables | sizes({1: 0.1, 2: 0.2, 3: 0.2, 4: 0.4}))
    # at the size of layer 1, layers 3 and 4 have half and a quarter of their gains, at that of layer 2 all and a half
    expected = np.mean([0.02 - 0.01, 0.02 - 0.01, 0.04 - 0.03, 0.04 - 0.03])
    assert steering_depth.middle(run, ALONE, "early").estimate == pytest.approx(100 * expected)


@pytest.mark.parametrize(
    ("places", "third", "text"),
    [
        ({(1, 2.0): 0.0}, "early", "no layer of the middle third is steered"),
        ({(3, 2.0): 0.0, (6, 1.0): 0.0}, "late", "no layer of the late third is steered with gamma 2"),
    ],
)
def test_c17_needs_layers_in_both_thirds(places, third, text):
    run = results(selected() | steered(places) | sizes({1: 0.1, 3: 0.1, 6: 0.1}))
    with pytest.raises(Untestable, match=text):
        steering_depth.middle(run, ALONE, third)


def test_places_are_written_without_exponent():
    assert str(Place(3, 0.001)) == "layer 3, gamma 0.001" and str(Place(12, -2.0)) == "layer 12, gamma -2"
