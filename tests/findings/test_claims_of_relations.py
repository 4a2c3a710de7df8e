"""Claims about pairs, correlations and states: planted effects, their opposites, brute force, and what is missing."""

import numpy as np
import pytest
from crosslens.findings import log_ratio, relatedness, similarity, size
from crosslens.findings.results import Subject
from crosslens.findings.verdicts import Untestable
from crosslens.metrics import correlations, dyads
from crosslens.metrics import similarity_relation as relation
from crosslens.metrics.partial import partial
from made_findings import (
    DATASET,
    FAMILIES,
    LARGE,
    NAMES,
    OTHERS,
    PIVOT,
    QUESTIONS,
    RESOURCE,
    SCRIPTS,
    SMALL,
    of,
    results,
    smooth,
    square,
    typed,
)
from scipy import stats

BOTH, ALONE = Subject(DATASET, SMALL, LARGE, "Tiny"), Subject(DATASET, SMALL, series="Tiny")
TESTED = [FAMILIES[name] for name in OTHERS]


def same(of_language):
    values = np.array([of_language[name] for name in NAMES])
    return np.equal.outer(values, values).astype(float)


def transfer(script=0.0, family=0.0, seed=0):
    random = np.random.default_rng(seed)
    sources, targets = random.normal(0, 0.2, (2, 25))
    values = sources[:, None] + targets + script * same(SCRIPTS) + family * same(FAMILIES)
    return {of("pairs"): square("pairs", "positive_transfer_excess", values + random.normal(0, 0.02, (25, 25)))}


@pytest.mark.parametrize("effect", [0.05, -0.05])
def test_c5_finds_what_script_and_family_add_whatever_sources_and_targets_do(effect):
    run = results(transfer(script=effect, family=-2 * effect))
    for regressor, planted in (("script", effect), ("family", -2 * effect)):
        found = relatedness.relatedness(run, ALONE, regressor)
        assert found.estimate == pytest.approx(planted, abs=0.01) and found.p <= 0.02
        assert found.low90 < found.estimate < found.high90 and found.counts == (25, 12, QUESTIONS)
    found = relatedness.relatedness(results(transfer(script=effect)), ALONE, "family")
    assert abs(found.estimate) < 0.01 and found.p > 0.05


def test_c5_permutes_languages_999_times():
    run = results(transfer(0.005))
    y = relation.square(run.table("pairs", SMALL, DATASET), "positive_transfer_excess", sorted(NAMES))
    scripts, families = ([of_tag[name] for name in sorted(NAMES)] for of_tag in (SCRIPTS, FAMILIES))
    x = np.stack([np.equal.outer(np.array(group), np.array(group)).astype(float) for group in (scripts, families)])
    observed = dyads.coefficients(y, x)
    drawn = [dyads.coefficients(y[np.ix_(order, order)], x) for order in relation.permutations(25, 0)]
    assert len(drawn) == 999
    for k, regressor in enumerate(relatedness.REGRESSORS):
        expected = (1 + sum(abs(one[k]) >= abs(observed[k]) for one in drawn)) / 1000
        assert relatedness.relatedness(run, ALONE, regressor).p == pytest.approx(expected)


def test_c5_leaves_out_a_language_that_lacks_a_pair():
    tables = transfer(0.05)
    table = tables[of("pairs")].to_pydict()
    for i, (source, target) in enumerate(zip(table["source"], table["target"], strict=True)):
        if source == "l07" and target in ("l01", "l12"):
            table["positive_transfer_excess"][i] = None
    lacking = relatedness.relatedness(results({of("pairs"): typed("pairs", table)}), ALONE, "script")
    assert lacking.counts.n_languages == 24 and lacking.estimate == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"scripts": dict.fromkeys(NAMES, "Latn")}, "all languages have the same script; at least 2"),
        ({"families": {name: name for name in NAMES}}, "no two languages are of the same family"),
        ({"families": {name: ("a" if i < 2 else name) for i, name in enumerate(NAMES)}}, "without one of the families"),
    ],
)
def test_c5_needs_scripts_and_relations(changed, text):
    with pytest.raises(Untestable, match=text):
        relatedness.relatedness(results(transfer(), **changed), ALONE, "script")


def test_excess_transfer_needs_the_same_choices_in_all_languages():
    facts = {"languages": NAMES, "shares": ["questions"], "because": "the order differs"}
    undefined = {of("pairs"): square("pairs", "positive_transfer_excess", np.full((25, 25), np.nan))}
    run = results(undefined, datasets={DATASET: facts})
    with pytest.raises(Untestable, match="do not share their choices: the order differs"):
        relatedness.relatedness(run, ALONE, "script")
    with pytest.raises(Untestable, match="do not share their choices: the order differs"):
        size.over_pairs(run, BOTH, "positive_transfer_excess", 1.0)


def ratios(model, values, prompts=("native", "without_choices", "symmetric")):
    """Return tables "log_ratios" of two layers whose mean is ``values``, and fertility as a covariate."""
    fertility = 1 + np.abs(smooth(1, 8))
    tables = {}
    for layer, shift in ((3, 0.5), (4, -0.5)):
        places = [(prompt, norm, i) for prompt in prompts for norm in ("per_token", "first_token") for i in range(24)]
        prompt, norm, number = zip(*places, strict=True)
        columns = {"language": [OTHERS[i] for i in number], "prompt": prompt, "normalisation": norm}
        columns |= {"log_ratio": [values[i] + shift for i in number], "log_ratio_corrected": [None] * len(places)}
        columns |= {"tokens_native": [3 * fertility[i] for i in number], "tokens_pivot": [3.0] * len(places)}
        tables[of("log_ratios", model, layer)] = typed("log_ratios", columns)
    return tables


def languages(model, outcome):
    known = [None if np.isnan(one) else one for one in outcome]
    values = {column: [0.9, *known] for column in correlations.OUTCOMES.values()}
    return {of("languages", model): typed("languages", {"language": NAMES, "n": [QUESTIONS] * 25, **values})}


@pytest.mark.parametrize("sign", [1, -1])
def test_c10_is_minus_the_partial_correlation_of_table_correlations(sign):
    ratio = smooth(1, 1)
    outcome = 0.5 - sign * 0.05 * ratio + smooth(0.01, 2)
    tables = ratios(SMALL, ratio) | languages(SMALL, outcome)
    found = log_ratio.predicts(results(tables), ALONE, "symmetric", "first_token", "consistency")
    assert found.estimate * sign > 0.9 and found.p < 0.01
    given = [tables[of("log_ratios", SMALL, layer)] for layer in (3, 4)]
    columns = correlations.correlations(
        {("m", "d"): tables[of("languages")]}, {("m", "d"): given}, PIVOT, 0.95, RESOURCE, FAMILIES
    )
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    wanted = {"prompt": "symmetric", "normalisation": "first_token", "outcome": "consistency"}
    (row,) = [row for row in rows if {name: row[name] for name in wanted} == wanted]
    numbers = [-row[name].as_py() for name in ("partial_r", "partial_high", "partial_low")]
    assert found[:3] == pytest.approx(numbers) and found.p == pytest.approx(row["partial_p"].as_py())
    assert found.low < found.low90 < found.estimate < found.high90 < found.high
    assert found.counts == (24, 12, QUESTIONS)


@pytest.mark.parametrize("sign", [1, -1])
def test_c11_is_the_change_of_the_correlation_by_leaving_out_families(sign):
    ratio, noise = smooth(1, 1), smooth(0.02, 2)
    strong, weak = 0.5 - 0.05 * ratio + noise, 0.5 + 3 * noise
    tables = ratios(SMALL, ratio) | ratios(LARGE, ratio)
    tables |= languages(SMALL, strong if sign > 0 else weak) | languages(LARGE, weak if sign > 0 else strong)
    run = results(tables)
    found = log_ratio.predicts_by_size(run, BOTH, "native", "per_token", "accuracy")
    data = [log_ratio.values(run, model, DATASET, "native", "per_token", "accuracy") for model in (LARGE, SMALL)]

    def difference(kept):
        large, small = (
            partial(d.ratio[kept], d.outcome[kept], d.given[kept], TESTED[:1] * kept.sum(), 0.9).r for d in data
        )
        return large - small

    every = np.full(24, True)
    without = np.array([difference(np.array(TESTED) != family) for family in sorted(set(TESTED))])
    se = np.sqrt(11 / 12 * ((without - without.mean()) ** 2).sum())
    assert np.sign(found.estimate) == sign and found.estimate == pytest.approx(difference(every))
    assert (found.low, found.high) == pytest.approx(stats.t(11, found.estimate, se).interval(0.95))
    same_models = results(
        ratios(SMALL, ratio) | ratios(LARGE, ratio) | languages(SMALL, strong) | languages(LARGE, strong)
    )
    assert log_ratio.predicts_by_size(same_models, BOTH, "native", "per_token", "accuracy").estimate == 0


def test_c11_is_over_the_languages_that_have_all_values_in_both_models():
    ratio = smooth(1, 1)
    outcome = 0.5 - 0.05 * ratio + smooth(0.02, 2)
    lacking = outcome.copy()
    lacking[[3, 8]] = np.nan
    tables = ratios(SMALL, ratio) | ratios(LARGE, ratio)
    for small, large in ((outcome, lacking), (lacking, outcome)):
        run = results(tables | languages(SMALL, small) | languages(LARGE, large))
        found = log_ratio.predicts_by_size(run, BOTH, "native", "per_token", "accuracy")
        assert found.counts == (22, 12, QUESTIONS) and found.estimate == pytest.approx(0, abs=1e-12)


def test_c10_says_how_many_languages_have_a_resource_level_and_which_prompts_are_missing():
    tables = ratios(SMALL, smooth(1), prompts=("native",)) | languages(SMALL, 0.5 + smooth(0.1))
    few = {name: 1 for name in OTHERS[:4]}
    with pytest.raises(Untestable, match="4 languages have all values and a resource level"):
        log_ratio.predicts(results(tables, resource=few), ALONE, "native", "per_token", "accuracy")
    with pytest.raises(Untestable, match=r"no log ratio after the prompt 'symmetric'.*lens\.prompts"):
        log_ratio.predicts(results(tables), ALONE, "symmetric", "per_token", "accuracy")


def states(values, model=SMALL, se=0.01):
    """Return tables of similarity with one matrix per layer of the middle third, and others elsewhere."""
    tables = {}
    for layer in range(1, 7):
        matrix = values[layer - 3] if layer in (3, 4) else np.full((25, 25), np.nan)
        tables[of("similarity", model, layer)] = square("similarity", "cka_within_letters", matrix)
        columns = {"measure": ["cka_within_letters", "cka"], "pairs": ["pivot", "pivot"], "se_questions": [se, 9.0]}
        tables[of("similarity_means", model, layer)] = typed(
            "similarity_means", columns | {"n_questions_max": [QUESTIONS] * 2}
        )
    return tables


def symmetric(seed, scale=1.0):
    values = np.random.default_rng(seed).normal(0, scale, (25, 25))
    return (values + values.T) / 2


def related(sign):
    common = symmetric(0)
    accuracy = 0.5 + smooth(0.1, 4, NAMES)
    tables = {of("pairs"): square("pairs", "consistency_excess", sign * common + symmetric(1, 0.5))}
    tables[of("languages")] = typed("languages", {"language": NAMES, "accuracy": accuracy})
    return tables | states([common + symmetric(2, 0.5), common + symmetric(3, 0.5)])


@pytest.mark.parametrize("sign", [1, -1])
def test_c12_is_the_mean_over_middle_layers_of_the_partial_correlation(sign):
    run = results(related(sign))
    found = similarity.dissimilar(run, ALONE)
    accuracy = run.table("languages", SMALL, DATASET)["accuracy"].to_numpy()
    outcome = relation.square(run.table("pairs", SMALL, DATASET), "consistency_excess", NAMES)
    by_layer = [
        relation.over_pairs(
            relation.square(run.table("similarity", SMALL, DATASET, layer), "cka_within_letters", NAMES),
            outcome,
            accuracy,
            0,
        )
        for layer in (3, 4)
    ]
    assert found.estimate == pytest.approx(np.mean([one.partial_spearman for one in by_layer]))
    assert found.estimate * sign > 0.4 and found.p == 0.001 and found.counts == (25, 12, QUESTIONS)
    assert found.low < found.estimate < found.high


def test_c12_with_one_layer_has_the_p_value_of_the_table_of_relations():
    accuracy = 0.5 + smooth(0.1, 4, NAMES)
    # similarity follows accuracy, so permuted residuals have to be freed of it again
    similar = symmetric(0) + 30 * np.add.outer(accuracy, accuracy)
    outcome = symmetric(0) * 0.15 + symmetric(1)
    expected = relation.over_pairs(similar, outcome, accuracy, 0)
    found = similarity.mean_partial(similar[None], outcome, accuracy, relation.shuffled_pairs(25, 0))
    assert found == pytest.approx((expected.partial_spearman, expected.partial_p_value))
    assert 0.001 < found[1] < 0.9


def test_c12_permutes_all_layers_in_the_same_way():
    """With seven languages the accuracies take much of the residuals, once they are permuted."""
    n = 7
    accuracy = 0.5 + smooth(0.1, 4, NAMES)[:n]
    outcome = symmetric(1)[:n, :n] + 20 * np.add.outer(accuracy, accuracy)
    layers = np.stack([symmetric(0), symmetric(5)])[:, :n, :n] + 20 * np.minimum.outer(accuracy, accuracy)
    shuffled = relation.shuffled_pairs(n, 0)
    first, second = np.triu_indices(n, 1)
    both = np.sort(np.stack([accuracy[first], accuracy[second]]), axis=0)
    design = np.stack([np.ones(len(first)), *map(stats.rankdata, both)], axis=1)

    def left(values):
        return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]

    y = left(stats.rankdata(outcome[first, second]))
    x = [left(stats.rankdata(layer[first, second])) for layer in layers]
    observed = np.mean([np.corrcoef(one, y)[0, 1] for one in x])
    drawn = [np.mean([np.corrcoef(left(one[order]), y)[0, 1] for one in x]) for order in shuffled]
    expected = (1 + sum(abs(one) >= abs(observed) * (1 - 1e-9) for one in drawn)) / 1000
    assert similarity.mean_partial(layers, outcome, accuracy, shuffled) == pytest.approx((observed, expected))


@pytest.mark.parametrize("sign", [1, -1])
def test_c13_is_the_loss_of_similarity_to_the_pivot_with_the_errors_of_both_models(sign):
    loss = sign * (0.1 + np.append(0, smooth(0.03)))
    small = np.full((25, 25), 0.5)
    large = small - np.where(np.arange(25)[:, None] == 0, loss, 7)  # other pairs are not read
    tables = states([small, small]) | states([large - 0.02, large + 0.02], LARGE, 0.02)
    found = similarity.dissociated(results(tables), BOTH)
    assert found.estimate == pytest.approx(loss[1:].mean()) and found.counts == (24, 12, QUESTIONS)
    of_families = np.array([(loss[1:] - loss[1:].mean()).reshape(12, 2).sum(axis=1)]) / 24
    se = np.sqrt((of_families**2).sum() * 12 / 11 + 0.01**2 + 0.02**2)
    assert (found.low, found.high) == pytest.approx(stats.t(11, found.estimate, se).interval(0.95))


def test_states_that_were_not_stored_in_the_middle_are_a_reason():
    tables = {key: table for key, table in related(1).items() if key.layer not in (3, 4)}
    with pytest.raises(Untestable, match=r"no stored states in the middle third.*layers\.every"):
        similarity.dissimilar(results(tables), ALONE)
    tables = states([symmetric(0)] * 2) | states([symmetric(0)] * 2, LARGE, se=None)
    with pytest.raises(Untestable, match="one cluster of questions only"):
        similarity.dissociated(results(tables), BOTH)
