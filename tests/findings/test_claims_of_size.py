"""Claims about size and about the lens, on tables with a known effect, the opposite one, and without what they need."""

import numpy as np
import pytest
from crosslens.findings import latent, size
from crosslens.findings.results import Subject
from crosslens.findings.verdicts import Untestable
from crosslens.metrics import differences, means
from made_findings import (
    DATASET,
    FAMILIES,
    LARGE,
    MODELS,
    NAMES,
    OTHERS,
    QUESTIONS,
    SMALL,
    drawn,
    of,
    pair_replicates,
    pair_tables,
    replicate_rows,
    results,
    smooth,
    without_diagonal,
)

BOTH, ALONE = Subject(DATASET, SMALL, LARGE, "Tiny"), Subject(DATASET, SMALL, series="Tiny")


def accuracies(small, large, noise=0.01):
    return {
        of("replicates", model): replicate_rows({("accuracy",): drawn(values, NAMES, noise, seed)})
        for seed, (model, values) in enumerate(((SMALL, small), (LARGE, large)))
    }


def depth(measures, third, model=SMALL, seed=0):
    rows = {(third, name): drawn(value, seed=seed) for name, value in measures.items()}
    return {of("depth_replicates", model): replicate_rows(rows, ("third", "measure"))}


@pytest.mark.parametrize("sign", [1, -1])
def test_c1_is_the_mean_difference_in_points_over_all_languages(sign):
    base = 0.5 + smooth(0.05, names=NAMES)
    changes = sign * (0.1 + smooth(0.02, 1, NAMES))
    found = size.accuracy(results(accuracies(base, base + changes)), BOTH)
    assert found.estimate == pytest.approx(100 * changes.mean()) and found.counts == (25, 12, QUESTIONS)
    assert found.p < 1e-3 and (found.low > 0 if sign > 0 else found.high < 0)
    expected = differences.of_languages(drawn(base, NAMES), drawn(base + changes, NAMES, seed=1), FAMILIES, 0.95)
    assert (found.low, found.high, found.p) == pytest.approx((100 * expected.low, 100 * expected.high, expected.p))


@pytest.mark.parametrize("sign", [1, -1])
def test_c2_is_the_difference_of_spreads_on_the_scale_of_logits(sign):
    base = smooth(1, names=NAMES)
    # the smaller model spreads by .3 logits, or by .9
    small, large = (1 / (1 + np.exp(-spread * base)) for spread in (0.6 - 0.3 * sign, 0.6 + 0.3 * sign))
    found = size.spread(results(accuracies(small, large)), BOTH)
    expected = 0.6 * sign * base.std(ddof=1)
    assert found.estimate == pytest.approx(expected, abs=0.03) and found.p < 0.05


@pytest.mark.parametrize("sign", [1, -1])
def test_c3_and_c4_are_mean_differences_over_pairs(sign):
    random = np.random.default_rng(0)
    values = random.uniform(0.2, 0.4, (25, 25))
    for measure, direction in (("consistency_excess", -1.0), ("positive_transfer_excess", 1.0)):
        tables = pair_tables(SMALL, measure, values) | pair_tables(LARGE, measure, values + sign * 0.1)
        found = size.over_pairs(results(tables), BOTH, measure, direction)
        assert found.estimate == pytest.approx(direction * sign * 0.1) and found.counts == (25, 12, QUESTIONS)
        assert found.p < 1e-3 and found.low < found.estimate < found.high


@pytest.mark.parametrize("sign", [1, -1])
def test_c6_is_minus_the_log_ratio_of_the_middle_third(sign):
    values = sign * (-0.8 + smooth(0.1))
    tables = depth({"log_ratio symmetric first_token": values, "log_ratio native per_token": 9.0}, "middle")
    found = latent.ratio(results(tables), ALONE, "symmetric", "first_token")
    assert found.estimate == pytest.approx(-values.mean()) and np.sign(found.estimate) == sign
    assert found.p < 1e-6 and found.counts == (24, 12, QUESTIONS)


@pytest.mark.parametrize("sign", [1, -1])
def test_c7_is_the_change_of_the_log_ratio_with_size(sign):
    name, base = "log_ratio without_choices per_token", smooth(0.5)
    tables = depth({name: base}, "middle") | depth({name: base + sign * 0.3}, "middle", LARGE, 1)
    found = latent.ratio_by_size(results(tables), BOTH, "without_choices", "per_token")
    assert found.estimate == pytest.approx(sign * 0.3) and found.p < 1e-6


@pytest.mark.parametrize("sign", [1, -1])
def test_c8_is_the_excess_of_latent_accuracy_in_points(sign):
    tables = depth({"accuracy_native_excess": sign * 0.05, "accuracy_pivot_excess": 0.0}, "upper")
    found = latent.decodable(results(tables), ALONE, "native")
    assert found.estimate == pytest.approx(5 * sign) and found.p < 1e-6
    assert latent.decodable(results(tables), ALONE, "pivot").estimate == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_c9_compares_the_pivots_choices_with_native_ones(sign):
    tables = depth({"accuracy_difference": sign * 0.04 + smooth(0.01), "accuracy_native": 0.5}, "upper")
    values = sign * 0.1 + np.random.default_rng(0).normal(0, 0.01, (24, 24))
    pairs = pair_replicates("latent_consistency_difference", values, names=OTHERS)
    run = results(tables | {of("depth_pair_replicates"): pairs})
    found = latent.pivot_less_native(run, ALONE, "accuracy")
    assert found.estimate == pytest.approx(4 * sign) and found.p < 1e-4
    found = latent.pivot_less_native(run, ALONE, "consistency")
    families, observed = [FAMILIES[name] for name in OTHERS], without_diagonal(values)
    assert found.estimate == pytest.approx(np.nanmean(observed)) and found.p < 1e-4
    order, sums = sorted(set(families)), np.zeros((40, 12, 12))
    for row in pairs.to_pylist():
        sums[:, order.index(row["source_family"]), order.index(row["target_family"])] = row["replicates"]
    mean = means.over_pairs(observed, sums, families, 0.95)
    assert (found.low, found.high) == pytest.approx((mean.low, mean.high)) and found.counts == (24, 12, QUESTIONS)


SERIES_CLAIMS = {
    "C1": (size.accuracy, ()),
    "C2": (size.spread, ()),
    "C3": (size.over_pairs, ("consistency_excess", -1.0)),
    "C7": (latent.ratio_by_size, ("native", "per_token")),
}


@pytest.mark.parametrize("claim", SERIES_CLAIMS)
def test_one_size_of_a_series_cannot_be_tested(claim):
    function, arguments = SERIES_CLAIMS[claim]
    tables = accuracies(0.5, 0.6) | pair_tables(SMALL, "consistency_excess", np.zeros((25, 25)))
    tables |= depth({"log_ratio native per_token": 0.1}, "middle")
    with pytest.raises(Untestable, match="1 size of Tiny; at least 2 are needed"):
        function(results(tables), ALONE, *arguments)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (size.over_pairs, ("consistency_excess", -1.0)),
        (latent.ratio, ("native", "per_token")),
        (latent.decodable, ("native",)),
        (latent.pivot_less_native, ("accuracy",)),
        (latent.pivot_less_native, ("consistency",)),
    ],
)
def test_languages_that_do_not_share_their_choices_cannot_be_compared(function, arguments):
    facts = {"languages": NAMES, "shares": ["questions"], "because": "the order of its choices differs"}
    with pytest.raises(Untestable, match="do not share their choices: the order of its choices differs"):
        function(results({}, datasets={DATASET: facts}), BOTH, *arguments)


def test_without_any_question_in_common_accuracy_alone_is_compared():
    facts = {"languages": OTHERS, "shares": [], "because": "each of its languages has questions of its own"}
    run = results(accuracies(0.5, 0.6), datasets={DATASET: facts})
    assert size.accuracy(run, BOTH).estimate == pytest.approx(10)
    with pytest.raises(Untestable, match="do not share their choices: each of its languages"):
        size.over_pairs(run, BOTH, "positive_transfer_excess", 1.0)


@pytest.mark.parametrize(("prompt", "needed"), [("without_choices", "without_choices"), ("symmetric", "pivot")])
def test_a_prompt_that_was_not_asked_names_the_key_that_asks_it(prompt, needed):
    tables = depth({"log_ratio native per_token": 0.1}, "middle")
    with pytest.raises(Untestable, match=f"`lens.prompts` needs {needed}"):
        latent.ratio(results(tables), ALONE, prompt, "per_token")


def test_without_controls_of_the_lens_the_key_is_named():
    with pytest.raises(Untestable, match="lens.control_questions"):
        latent.decodable(results(depth({"accuracy_native": 0.5}, "upper")), ALONE, "native")


def test_no_lens_in_the_middle_and_no_table_at_all_are_reasons():
    name = "log_ratio native per_token"
    with pytest.raises(Untestable, match=f"has no value of '{name}', third middle"):
        latent.ratio(results(depth({name: 0.1}, "upper")), ALONE, "native", "per_token")
    with pytest.raises(Untestable, match="the run has no table replicates of tiny-1b on set"):
        size.accuracy(results({}), BOTH)


def test_languages_of_one_family_have_an_effect_without_an_interval():
    run = results(accuracies(0.5, 0.6), families=dict.fromkeys(NAMES, "one"), models=MODELS)
    found = size.accuracy(run, BOTH)
    assert found.estimate == pytest.approx(10) and np.isnan([found.low, found.p]).all()
