"""The ceiling of consistency: against loops over questions, and with planted knowledge and preferences."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens import sampling
from crosslens.metrics import answers, ceiling, resampling
from crosslens.tables.files import read_table, write_table
from crosslens.tables.output_metrics import CEILING, CEILING_MEANS, CEILING_PAIRS
from made_answers import answers_table, permuted_table, question_ids, two_orders
from scipy import stats

NAMES = [f"l{i}" for i in range(10)]
FAMILIES = {name: f"family {i // 2}" for i, name in enumerate(NAMES)}


def shifts(n, choices=4):
    return np.array([sampling.shift(name, choices, 0) for name in question_ids(n)])


def ask(knows, prefers, seed=0, asked=None, key=None, noise=1.0):
    """Return (answers, permuted) by language; knows [language, question, choice], prefers [language, letter]."""
    n = knows.shape[1]
    shift = shifts(n)
    key = knows.argmax(axis=-1) if key is None else key
    asked = [np.arange(n)] * len(knows) if asked is None else asked
    orders = two_orders(knows, prefers, shift, np.random.default_rng([1, seed]), noise)
    names = NAMES[: len(knows)]
    first = {name: answers_table(orders[0][i], key[i]) for i, name in enumerate(names)}
    again = {name: permuted_table(orders[1][i], key[i], shift, asked[i]) for i, name in enumerate(names)}
    return first, again


def measured(first, again, n, tmp_path, replicates=200):
    """Return the rows of the three tables, through files."""
    draws = resampling.draws([{name: name for name in question_ids(n)}], replicates, 0)
    found = ceiling.ceiling_metrics(first, again, draws, 0.95, FAMILIES)
    rows = []
    for name, table in zip(found._fields, (CEILING, CEILING_PAIRS, CEILING_MEANS), strict=True):
        write_table(tmp_path / name, table, getattr(found, name), {})
        rows.append(read_table(tmp_path / name, table).to_pylist())
    return rows


def knowledge(languages, n, strength, seed=0, agree=1.0):
    """Return what languages know of the choices; agree: the share of its variance that they have in common."""
    random = np.random.default_rng(seed)
    common, own = random.normal(size=(n, 4)), random.normal(size=(languages, n, 4))
    return strength * (np.sqrt(agree) * common + np.sqrt(1 - agree) * own)


def spearman(first, second):
    return stats.spearmanr(*(np.concatenate([stats.rankdata(-row) for row in side]) for side in (first, second)))[0]


def test_every_value_against_loops_over_the_questions(tmp_path):
    """Each language was asked other questions twice; values of a pair are on those that both were asked twice."""
    n, random = 60, np.random.default_rng(5)
    asked = [np.sort(random.permutation(n)[:50]) for _ in range(3)]
    first, again = ask(knowledge(3, n, 2.0), np.array([[2.0, 0, 0, 0]] * 3), asked=asked)
    languages, pairs, _ = measured(first, again, n, tmp_path)
    logprob = {name: np.array(table["logprob"].to_pylist()) for name, table in first.items()}
    moved = {
        name: dict(zip(table["question_id"].to_pylist(), table["logprob"].to_pylist(), strict=True))
        for name, table in again.items()
    }
    ids, shift = question_ids(n), shifts(n)

    def of(s, t):
        common = [q for q in asked[s] if q in asked[t]]
        return common, logprob[NAMES[s]][common], np.array([moved[NAMES[t]][ids[q]] for q in common])

    own = []
    for i, row in enumerate(languages):
        common, original, other = of(i, i)
        own.append(spearman(original, other))
        assert (row["language"], row["n"]) == (NAMES[i], 50)
        assert row["self_consistency"] == pytest.approx(own[-1])
        chosen, again_chosen = original.argmax(axis=1), other.argmax(axis=1)
        # the letter under which the choice was shown the second time
        letter = [[*"ABCD"][(choice + shift[q]) % 4] for choice, q in zip(again_chosen, common, strict=True)]
        assert row["same_choice"] == pytest.approx((chosen == again_chosen).mean())
        assert row["same_position"] == pytest.approx(
            np.mean(["ABCD"[c] == said for c, said in zip(chosen, letter, strict=True)])
        )
        any_two = [(a, b) for a in chosen for b in again_chosen]
        assert row["same_choice_chance"] == pytest.approx(np.mean([a == b for a, b in any_two]))
        any_two = [("ABCD"[a], b) for a in chosen for b in letter]
        assert row["same_position_chance"] == pytest.approx(np.mean([a == b for a, b in any_two]))
    assert [(p["source"], p["target"]) for p in pairs] == [(a, b) for a in NAMES[:3] for b in NAMES[:3] if a != b]
    for row in pairs:
        s, t = NAMES.index(row["source"]), NAMES.index(row["target"])
        common, original, other = of(s, t)
        assert row["n"] == len(common) < 50
        assert row["consistency"] == pytest.approx(spearman(original, logprob[NAMES[t]][common]))
        assert row["consistency_permuted"] == pytest.approx(spearman(original, other))
        expected = row["consistency_permuted"] / np.sqrt(own[s] * own[t])
        assert row["consistency_to_ceiling"] == pytest.approx(expected)


def test_a_model_that_only_prefers_letters_has_no_ceiling(tmp_path):
    """The same letter whatever the choices are: in the original order languages agree, on nothing that they know."""
    n, prefers = 240, np.array([[9.0, 6.0, 3.0, 0.0]] * 4)
    first, again = ask(np.zeros((4, n, 4)), prefers, key=np.zeros((4, n), int))
    languages, pairs, averages = measured(first, again, n, tmp_path)
    for row in languages:
        assert row["same_position"] > 0.9 and row["same_choice"] < 0.1
        assert row["same_position_chance"] == pytest.approx(row["same_position"], abs=0.05)
        assert row["self_consistency"] == pytest.approx(-1 / 3, abs=0.05)  # -1 / (J - 1), as every choice moves
        assert row["self_consistency_null"] == pytest.approx(row["self_consistency"], abs=0.03)
    assert all(row["consistency"] > 0.8 and row["consistency_to_ceiling"] is None for row in pairs)
    by_measure = {row["measure"]: row for row in averages}
    assert by_measure["consistency_permuted"]["mean"] == pytest.approx(-1 / 3, abs=0.05)
    assert by_measure["consistency_to_ceiling"]["mean"] is None


def test_a_model_that_answers_at_random_has_no_ceiling(tmp_path):
    first, again = ask(np.zeros((4, 240, 4)), np.zeros((4, 4)), key=np.zeros((4, 240), int))
    languages, pairs, _ = measured(first, again, 240, tmp_path)
    for row in languages:
        assert row["self_consistency_low"] < 0.1 and row["self_consistency"] == pytest.approx(0, abs=0.12)
        assert row["self_consistency_null"] == pytest.approx(0, abs=0.02)
        assert row["same_choice"] == pytest.approx(row["same_choice_chance"], abs=0.1)
    assert len(pairs) == 12 and sum(row["consistency_to_ceiling"] is None for row in pairs) >= 8


def test_a_model_that_knows_has_a_high_ceiling_and_its_languages_reach_it(tmp_path):
    first, again = ask(knowledge(4, 240, 8.0), np.array([[1.0, 0, 0, 0]] * 4))
    languages, pairs, averages = measured(first, again, 240, tmp_path)
    for row in languages:
        assert row["self_consistency_low"] > 0.8 and row["same_choice"] > 0.8 > 0.2 > row["same_position"]
    assert all(row["consistency_to_ceiling"] == pytest.approx(1, abs=0.05) for row in pairs)
    assert {row["measure"]: row["mean"] > 0.8 for row in averages} == dict.fromkeys(ceiling.MEASURES, True)


def test_the_ratio_is_about_what_languages_share_of_what_they_know_however_noisy_their_answers(tmp_path):
    """Half of what they know is the same. Consistency falls with noise by a third, the ratio rises a little."""
    found = {}
    for noise in (0.3, 1.5):
        first, again = ask(knowledge(10, 600, 2.0, agree=0.5), np.zeros((10, 4)), noise=noise)
        _, _, averages = measured(first, again, 600, tmp_path)
        found[noise] = {row["measure"]: row for row in averages}
    assert found[1.5]["consistency_permuted"]["mean"] < 0.7 * found[0.3]["consistency_permuted"]["mean"]
    ratios = [found[noise]["consistency_to_ceiling"] for noise in (0.3, 1.5)]
    assert all(row["mean"] == pytest.approx(0.5, abs=0.08) for row in ratios)
    assert all(row["low"] < row["mean"] < row["high"] and row["n_families"] == 5 for row in ratios)


def test_the_interval_of_self_consistency_is_that_of_resampled_questions(tmp_path):
    """The exact rho of resampled questions, without ties: the same draws, applied by repeating questions."""
    n = 50
    first, again = ask(knowledge(2, n, 1.0), np.zeros((2, 4)))
    languages, _, _ = measured(first, again, n, tmp_path)
    original, moved = (np.array(table["logprob"].to_pylist()) for table in (first["l0"], again["l0"]))
    draws = resampling.draws([{name: name for name in question_ids(n)}], 200, 0)
    rho = [spearman(original[q], moved[q]) for q in (np.repeat(np.arange(n), w.astype(int)) for w in draws.weight)]
    assert languages[0]["self_consistency_low"] == pytest.approx(np.quantile(rho, 0.025), abs=1e-5)
    assert languages[0]["self_consistency_high"] == pytest.approx(np.quantile(rho, 0.975), abs=1e-5)


def test_first_order_differences_of_the_ratio_vary_as_the_ratio_does():
    """Against the ratio itself in every replicate, where ceilings are far from 0."""
    first, again = ask(knowledge(3, 300, 3.0, agree=0.6), np.zeros((3, 4)))
    asked = ceiling.asked_twice(first, again)
    draws = resampling.draws([{name: name for name in question_ids(300)}], 300, 0)
    rho = answers.consistency(asked.first, asked.again)
    deviation = ceiling.rank_products.deviations(asked.first, asked.again, draws.of(asked.question_ids))
    ratio, changes = ceiling.ratio_to_ceiling(rho, np.diag(rho), deviation)
    drawn = rho + deviation
    scale = np.sqrt(np.einsum("bs,bt->bst", *[np.einsum("bll->bl", drawn)] * 2))
    off = ~np.eye(3, dtype=bool)
    expected = (drawn / scale)[:, off]
    assert np.corrcoef(changes[:, off].ravel(), (expected - ratio[off]).ravel())[0, 1] > 0.99
    np.testing.assert_allclose(changes[:, off].std(axis=0), expected.std(axis=0), rtol=0.05)


def test_the_interval_of_the_mean_ratio_covers_what_was_planted():
    """One world, asked anew 100 times of new questions: the intervals hold the mean of the estimates."""
    estimates, intervals = [], []
    for seed in range(100):
        first, again = ask(knowledge(10, 100, 2.0, seed, agree=0.5), np.zeros((10, 4)), seed)
        draws = resampling.draws([{name: name for name in question_ids(100)}], 100, seed)
        found = ceiling.ceiling_metrics(first, again, draws, 0.95, FAMILIES).ceiling_means
        estimates.append(found["mean"][2].as_py())
        intervals.append((found["low"][2].as_py(), found["high"][2].as_py()))
    covered = np.mean([low < np.mean(estimates) < high for low, high in intervals])
    assert covered >= 0.9


@pytest.mark.parametrize("choices", [2, 3])
def test_numbers_of_choices_that_vary(choices, tmp_path):
    """Questions with fewer choices are moved within these; their letters are compared within them too."""
    n = 80
    shift = np.where(np.arange(n) < 40, shifts(n), shifts(n, choices))
    random, tables = np.random.default_rng(0), ({}, {})
    for name in NAMES[:2]:
        orders = [np.full((n, 4), np.nan, np.float32) for _ in range(2)]
        for part, j in ((slice(0, 40), 4), (slice(40, n), choices)):
            prefers = np.array([[9.0, 6.0, 3.0, 0.0]])[:, :j]
            for order, made in zip(orders, two_orders(np.zeros((1, 40, j)), prefers, shift[part], random), strict=True):
                order[part, :j] = made[0]
        key = np.zeros(n, int)
        tables[0][name] = answers_table(orders[0], key)
        tables[1][name] = permuted_table(orders[1], key, shift, np.arange(n))
    languages, _, _ = measured(*tables, n, tmp_path)
    for row in languages:
        assert row["same_position"] > 0.9 and row["same_choice"] < 0.1
        # -1 / (J - 1) of each kind, weighted by the sums of squares of its ranks
        squares = [((np.arange(j) / (j - 1) - 0.5) ** 2).sum() for j in (4, choices)]
        expected = -(squares[0] / 3 + squares[1] / (choices - 1)) / sum(squares)
        assert row["self_consistency_null"] == pytest.approx(expected, abs=0.06)


def test_without_questions_that_were_asked_twice_there_are_no_rows(tmp_path):
    first, again = ask(knowledge(2, 12, 1.0), np.zeros((2, 4)), asked=[np.array([], int)] * 2)
    assert measured(first, again, 12, tmp_path) == [[], [], []]


def test_a_language_that_was_asked_nothing_twice_has_no_values(tmp_path):
    first, again = ask(knowledge(3, 40, 3.0), np.zeros((3, 4)), asked=[np.arange(40), np.arange(30), np.array([], int)])
    languages, pairs, averages = measured(first, again, 40, tmp_path)
    assert [row["n"] for row in languages] == [40, 30, 0]
    assert {value for key, value in languages[2].items() if key not in ("language", "n")} == {None}
    assert all((row["consistency_permuted"] is None) == ("l2" in (row["source"], row["target"])) for row in pairs)
    assert averages[0]["n_languages"] == 2


def test_one_language_has_a_ceiling_and_no_pairs(tmp_path):
    languages, pairs, averages = measured(*ask(knowledge(1, 40, 3.0), np.zeros((1, 4))), 40, tmp_path)
    assert languages[0]["self_consistency"] > 0.5 and pairs == []
    assert [row["mean"] is None for row in averages] == [False, True, True]


def test_permuted_answers_of_unknown_questions_are_an_error():
    first, again = ask(knowledge(1, 40, 3.0), np.zeros((1, 4)))
    first = {name: table.slice(0, 30) for name, table in first.items()}
    with pytest.raises(ceiling.stacking.CrosslensError, match=r"permuted.arrow of language 'l0': unknown question"):
        ceiling.asked_twice(first, again)


def test_the_order_of_rows_does_not_matter(tmp_path):
    first, again = ask(knowledge(2, 40, 3.0), np.array([[1.0, 0, 0, 0]] * 2))
    order = pa.array(np.random.default_rng(0).permutation(40))
    mixed = {name: table.take(order) for name, table in again.items()}
    assert measured(first, mixed, 40, tmp_path) == measured(first, again, 40, tmp_path)
