"""Gains from steering against loops over resampled questions and typed formulas, and against planted effects."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens import sampling
from crosslens.metrics import (
    answers,
    letter_shift,
    means,
    pairs,
    replicates,
    resampling,
    steered,
    steering_gains,
    summed,
)
from crosslens.metrics.compared import compare
from crosslens.tables.files import check, read_table, write_table
from crosslens.tables.replicates import STEERING_REPLICATES
from crosslens.tables.steered_metrics import STEERING_BY_HALF, STEERING_GAINS
from made_answers import answers_table, random_answers, steered_table
from made_steering import World
from scipy import stats

CONDITIONS = [(2, 2.0), (4, -2.0), (4, 2.0)]
SETTINGS = {"bootstrap": 30, "level": 0.9, "seed": 3}


def gains(world, *kinds, **settings):
    table = steering_gains.steering_gains(
        world.steered(*kinds), world.clusters, world.families, **(SETTINGS | settings)
    ).table
    check(table, STEERING_GAINS, "gains")
    return table.to_pylist()


def one(rows, **wanted):
    """Return the only row that has these values."""
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


@pytest.fixture(scope="module")
def world():
    return World(languages=4, questions=60, sampled=8, families=3)


@pytest.fixture(scope="module")
def kinds(world):
    """Own vectors of all languages, a random one under fewer conditions and in fewer questions, and a patch."""
    own = [world.kind(name, CONDITIONS, noise=0.3) for name in world.names]
    control = [world.kind(name, CONDITIONS[:2], "random_1", noise=0.3) for name in world.names]
    control = [kind.on(np.arange(60) < 55) for kind in control]
    patch = [world.kind(name, [(2, 1.0)], "patch", "replace", noise=0.3) for name in world.names]
    return [*own, *control, *patch]


def in_half(world, half):
    """Return the questions of a part of them."""
    wanted = [sampling.half(world.clusters[name], SETTINGS["seed"]) for name in world.ids]
    return np.flatnonzero([half in ("all", each) for each in wanted])


def measured(measure, logprob, pivot, key):
    """Return a measure of the same questions, [question, choice], as it is defined in words."""
    answer, said = logprob.argmax(axis=1), pivot.argmax(axis=1)
    right = said == key
    if measure == "accuracy":
        return (answer == key).mean()
    if measure == "positive_transfer_from_pivot":
        return (right & (answer == key)).sum() / right.sum()
    ranks = [stats.rankdata(-side, axis=1).ravel() for side in (logprob, pivot)]
    return stats.spearmanr(*ranks).statistic


def pivot_letters(world):
    return -world.pivot.ranks[0]  # the same order


@pytest.mark.parametrize("measure", ["accuracy", "consistency_with_pivot", "positive_transfer_from_pivot"])
@pytest.mark.parametrize("half", ["all", "development", "test"])
def test_gains_and_their_intervals_are_those_of_loops_over_resampled_questions(world, kinds, measure, half):
    rows = gains(world, *kinds)
    bounds = steering_gains.steering_gains(world.steered(*kinds), world.clusters, world.families, **SETTINGS).bounds
    draws = resampling.draws([world.clusters], SETTINGS["bootstrap"], SETTINGS["seed"]).of(pa.array(world.ids))
    for versus, place, n_questions in (("unsteered", (4, 2.0), 60), ("random_1", (4, -2.0), 55)):
        observed, replicates = [], []
        for name in world.names:
            own = next(kind for kind in kinds if (kind.language, kind.vector) == (name, "own"))
            after, before = own.after[CONDITIONS.index(place)], own.before
            if versus != "unsteered":
                before = next(k for k in kinds if (k.language, k.vector) == (name, versus)).after[1]
            asked = [q for q in in_half(world, half) if 8 <= q < n_questions]

            def gain(questions, after=after, before=before):
                pivot, key = pivot_letters(world)[questions], world.key[questions]
                return measured(measure, after[questions], pivot, key) - measured(
                    measure, before[questions], pivot, key
                )

            observed.append(gain(asked))
            replicates.append([gain(np.repeat(asked, draw[asked].astype(int))) for draw in draws])
            if versus == "unsteered" and half != "all":
                interval = np.quantile(replicates[-1], [0.05, 0.95])
                assert bounds[name, half, *place, measure] == pytest.approx(interval, rel=1e-4, abs=1e-6)
        families = list(world.families.values())
        expected = means.over_languages(np.array(observed), np.array(replicates).T, families, SETTINGS["level"])
        layer, gamma = place
        row = one(rows, measure=measure, half=half, vector="own", versus=versus, layer=layer, gamma=gamma)
        assert row["n_questions_min"] == row["n_questions_max"] == len(asked)
        found = [row[name] for name in ("mean", "low", "high", "se", "se_questions")]
        wanted = [getattr(expected, name) for name in ("mean", "low", "high", "se", "se_questions")]
        assert found == pytest.approx(wanted, rel=1e-4)
        assert (row["n_languages"], row["n_families"]) == (4, 3)


def test_rows_are_every_condition_against_no_steering_and_the_own_vector_against_controls(world, kinds):
    rows = gains(world, *kinds)
    assert len({tuple(row[name] for name in list(row)[:7]) for row in rows}) == len(rows)
    accuracy = [row for row in rows if row["measure"] == "accuracy"]
    found = {(row["half"], row["vector"], row["operation"], row["versus"]): 0 for row in accuracy}
    for row in accuracy:
        found[row["half"], row["vector"], row["operation"], row["versus"]] += 1
    expected = {("test", "letter_shift", "add", "unsteered"): 3, ("test", "own", "add", "letter_shift"): 3}
    for half in ("all", "development", "test"):
        expected |= {(half, "own", "add", "unsteered"): 3, (half, "random_1", "add", "unsteered"): 2}
        expected |= {(half, "own", "add", "random_1"): 2, (half, "patch", "replace", "unsteered"): 1}
    assert found == expected
    assert {row["measure"] for row in rows} == set(summed.MEASURES)


def test_on_all_questions_gains_are_means_of_the_changes_in_steered_metrics():
    """With ties, missing questions and consistency as in Eq. 1."""
    letters, key = random_answers(0, languages=3, missing=0.1)
    moved = np.round(letters[:, :, None] + np.random.default_rng(1).normal(size=(3, 40, 3, 4))).astype(np.float32)
    names = ["de", "en", "sw"]
    held_out = [[q for q in range(10, 40) if key[i, q] >= 0] for i in range(3)]
    tables = {name: answers_table(letters[i], key[i]) for i, name in enumerate(names)}
    of = {name: steered_table(moved[i], held_out[i], CONDITIONS) for i, name in enumerate(names)}
    of["en"] = steered_table(moved[1], [], CONDITIONS)
    arranged = steered.arranged(tables, of, "en")
    clusters = {name: name for name in arranged.question_ids.to_pylist()}
    families = {"de": "a", "sw": "b", "en": "a"}
    found = steering_gains.steering_gains(arranged, clusters, families, **SETTINGS)
    rows = found.table.to_pylist()
    metrics = steered.steered_metrics(arranged).to_pylist()
    development = steering_gains.development(arranged.question_ids, clusters, 3)
    table = steered.by_half(arranged, development, found.bounds)
    check(table, STEERING_BY_HALF, "halves")
    halves = table.to_pylist()
    for measure in ("accuracy", "consistency_with_pivot", "positive_transfer_from_pivot"):
        for layer, gamma in CONDITIONS:
            for half, table in (("all", metrics), ("development", halves), ("test", halves)):
                at = [row for row in table if (row["layer"], row["gamma"]) == (layer, gamma)]
                at = [row for row in at if row.get("half", "all") == half]
                row = one(rows, measure=measure, half=half, vector="own", versus="unsteered", layer=layer, gamma=gamma)
                assert len(at) == 2
                assert row["mean"] == pytest.approx(np.mean([r[measure] - r[f"unsteered_{measure}"] for r in at]))
                assert row["reference"] == pytest.approx(np.mean([r[f"unsteered_{measure}"] for r in at]))
                for r in at if half != "all" else []:
                    bounds = found.bounds[r["language"], half, layer, gamma, measure]
                    interval = [None if np.isnan(bound) else bound for bound in bounds]
                    assert [r[f"{measure}_change_{side}"] for side in ("low", "high")] == interval


def test_replicates_are_of_the_own_vector_on_the_test_half_and_give_its_interval(world, kinds, tmp_path):
    found = steering_gains.steering_gains(world.steered(*kinds), world.clusters, world.families, **SETTINGS)
    write_table(tmp_path / "replicates", STEERING_REPLICATES, found.replicates, {})
    table, rows = read_table(tmp_path / "replicates", STEERING_REPLICATES), found.table.to_pylist()
    assert replicates.measures(table) == ["accuracy"] and len(table) == len(CONDITIONS) * len(world.names)
    for layer, gamma in CONDITIONS:
        drawn = replicates.of_measure(table, "accuracy", layer=layer, gamma=gamma)
        place = {"measure": "accuracy", "half": "test", "vector": "own", "versus": "unsteered"}
        row = one(rows, **place, layer=layer, gamma=gamma)
        assert drawn.languages == tuple(world.names) and set(drawn.n) == {row["n_questions_min"]}
        mean = means.over_languages(drawn.value, drawn.replicates, list(world.families.values()), SETTINGS["level"])
        assert (mean.mean, mean.low, mean.high) == pytest.approx((row["mean"], row["low"], row["high"]))


def test_where_choices_have_another_order_there_are_no_rows_that_need_it(world, kinds):
    table = steering_gains.steering_gains(
        world.steered(*kinds), world.clusters, world.families, ["positive_transfer"], **SETTINGS
    ).table
    assert set(table["measure"].to_pylist()) == {"accuracy", "positive_transfer_from_pivot"}


def test_without_steered_answers_there_are_no_rows(world):
    assert gains(world) == []


# ---- the excesses ----


def excesses(own, pivot, key):
    """Return the value of both excesses on all questions, from arrays [question, choice]."""
    sides = [answers.from_logprobs(side[None].astype(np.float32), key[None]) for side in (own, pivot)]
    half = summed.Half(np.ones(len(key), bool), np.ones((1, len(key))))
    return [
        summed.values(summed.MEASURES, *sides, [half])[name][0, 0, 0]
        for name in ("consistency_excess_with_pivot", "positive_transfer_excess_from_pivot")
    ]


@pytest.mark.parametrize("choices", [2, 4])
def test_the_null_of_consistency_is_the_mean_over_permutations_of_the_questions(choices):
    random = np.random.default_rng(choices)
    letters = random.normal(size=choices)
    own, pivot = (letters + random.normal(size=(60, choices)) for _ in range(2))
    a, b = (stats.rankdata(-side, axis=1) for side in (own, pivot))
    permuted = [stats.pearsonr(a[random.permutation(60)].ravel(), b.ravel()).statistic for _ in range(4000)]
    null, rho = np.mean(permuted), stats.spearmanr(a.ravel(), b.ravel()).statistic
    assert null > 0.05
    value, _ = excesses(own, pivot, random.integers(choices, size=60))
    assert value == pytest.approx((rho - null) / (1 - null), abs=4e-3)


def test_the_null_of_transfer_is_the_published_sum():
    random = np.random.default_rng(5)
    key = random.integers(4, size=80)
    own, pivot = (np.eye(4)[key] + [1, 0.5, 0, 0] + random.normal(size=(80, 4)) for _ in range(2))
    right_own, right = own.argmax(axis=1) == key, pivot.argmax(axis=1) == key
    null = sum((key[right] == k).mean() * right_own[key == k].mean() for k in range(4))
    assert excesses(own, pivot, key)[1] == pytest.approx((right_own[right].mean() - null) / (1 - null))


def test_excesses_are_those_of_un_steered_pairs():
    logprob, key = random_answers(9, languages=2, questions=60, missing=0.2, tied=False)
    answered = answers.from_logprobs(logprob, key)
    expected = pairs.measures(compare(logprob, answered))
    both = (key >= 0).all(axis=0)
    own, pivot = logprob[:, both].astype(float)
    found = excesses(own, pivot, key[0, both])
    names = ("consistency_excess", "positive_transfer_excess")
    assert found == pytest.approx([expected[name][1, 0] for name in names])  # from the pivot to the language


def test_preferences_for_letters_alone_have_no_excess():
    """Answers that share preferences for letters, and nothing about the question, are consistent by chance alone."""
    random = np.random.default_rng(6)
    found = []
    for _ in range(200):
        key = random.integers(4, size=100)
        own, pivot = ([2, 1, 0, 0] + random.normal(size=(100, 4)) for _ in range(2))
        found.append(excesses(own, pivot, key))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(200)
    assert (np.abs(mean) < 3 * error).all() and (error < 0.02).all()


def test_with_varying_numbers_of_choices_questions_are_permuted_among_those_with_as_many():
    random = np.random.default_rng(7)
    own, pivot = ([1, 0, 0, -1] + random.normal(size=(60, 4)) for _ in range(2))
    own[:20, 2:] = pivot[:20, 2:] = np.nan
    a, b = (answers.from_logprobs(x[None].astype(np.float32), np.zeros((1, 60), int)).ranks[0] for x in (own, pivot))
    kept = ~np.isnan(a)

    def r(first, second):
        return stats.pearsonr(first[kept], second[kept]).statistic

    permuted = (np.concatenate([random.permutation(a[:20]), random.permutation(a[20:])]) for _ in range(4000))
    null = np.mean([r(each, b) for each in permuted])
    assert excesses(own, pivot, np.zeros(60, int))[0] == pytest.approx((r(a, b) - null) / (1 - null), abs=4e-3)


# ---- the letter shift ----


def test_the_letter_shift_is_the_mean_change_of_log_odds_by_loops():
    random = np.random.default_rng(8)
    before, after = random.normal(size=(6, 4)), random.normal(size=(2, 6, 4))
    before[0, 3:], after[:, 0, 3:] = np.nan, np.nan
    on = np.array([True, True, False, True, False, True])
    found = letter_shift.shift(before, after, on)
    for c in range(2):
        for j in range(4):
            changes = [
                (after[c, q, j] - np.nanmean(after[c, q])) - (before[q, j] - np.nanmean(before[q]))
                for q in np.flatnonzero(on)
                if not np.isnan(before[q, j])
            ]
            assert found[c, j] == pytest.approx(np.mean(changes))
    assert letter_shift.replayed(before, found)[1, 4, 2] == before[4, 2] + found[1, 2]


def controlled(world, own):
    """Return the row of each comparison of the own vector on the test half, by what it is compared with."""
    kinds = [world.kind(name, [(4, 2.0)], **own) for name in world.names]
    kinds += [world.kind(name, [(4, 2.0)], f"random_{i}", noise=0.2) for i in (1, 2) for name in world.names]
    rows = gains(world, *kinds, bootstrap=200, level=0.95, pair_metrics=[])
    wanted = {"half": "test", "vector": "own"}
    versus = ("unsteered", "random_1", "random_2", "letter_shift")
    found = {name: one(rows, versus=name, **wanted) for name in versus}
    return found | {"shifted": one(rows, **wanted | {"vector": "letter_shift"}, versus="unsteered")}


def test_a_planted_shift_of_the_letters_is_all_that_the_letter_shift_gives():
    exact = controlled(World(questions=400), {"shift": 0.4})
    assert exact["letter_shift"]["mean"] == 0 and exact["shifted"]["mean"] == exact["unsteered"]["mean"] != 0
    row = controlled(World(questions=400, seed=1), {"shift": 0.4, "noise": 0.1})["letter_shift"]
    assert row["low"] < 0 < row["high"] and abs(row["mean"]) < 0.01


def test_the_letter_shift_knows_nothing_of_the_half_on_which_it_is_reported(world, kinds):
    """The steered letters of the test half may be anything."""

    def shifted(of):
        return [row for row in gains(world, *of, pair_metrics=[]) if row["vector"] == "letter_shift"]

    other = [kind._replace(after=kind.after.copy()) for kind in kinds[:4]]
    for kind in other:
        kind.after[:, in_half(world, "test")] += np.array([0, 1, 2, 3], np.float32)
    assert shifted(other) == shifted(kinds[:4])
    for kind in other:
        kind.after[:, in_half(world, "development")] += np.array([0, 1, 2, 3], np.float32)
    assert shifted(other) != shifted(kinds[:4])


def test_a_planted_effect_exceeds_every_control():
    rows = controlled(World(questions=400), {"right": 0.4, "shift": 0.1})
    for versus in ("unsteered", "random_1", "random_2", "letter_shift"):
        assert rows[versus]["low"] > 0.02 and rows[versus]["p_value"] < 0.001


def test_a_vector_that_does_what_random_ones_do_exceeds_none_of_them_too_often():
    rejected, below = 0, 0
    for seed in range(40):
        rows = controlled(World(seed, questions=80, languages=9, families=9), {"noise": 0.2})
        rejected += sum(rows[versus]["p_value"] < 0.05 for versus in ("random_1", "random_2"))
        below += sum(rows[versus]["mean"] < 0 for versus in ("random_1", "random_2"))
    assert rejected <= 10 and 20 < below < 60  # of 80
