"""Letters: against loops over questions, SciPy and definitions typed again, and with a planted preference."""

import numpy as np
import pyarrow.compute as pc
import pytest
from crosslens.metrics import answers, letters, resampling
from crosslens.tables.files import read_table, write_table
from crosslens.tables.output_metrics import LETTER_SHARES, LETTERS
from made_answers import answers_table, question_ids, random_answers, two_orders
from scipy import special, stats

NAMES = ["en", "de", "es", "hi", "sw"]


def draws(n, replicates=200, seed=0, prefixes=("",)):
    strata = [{f"{prefix}{name}": f"{prefix}{name}" for name in question_ids(n)} for prefix in prefixes]
    return resampling.draws(strata, replicates, seed)


def tables(logprob, key):
    return {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES[: len(key)])}


def normalised(logprob):
    """Return letters that have a tenth of the probability, as a model's do that also says other things."""
    return (special.log_softmax(logprob, axis=-1) + np.log(0.1)).astype(np.float32)


@pytest.fixture(scope="module")
def made():
    logprob, key = random_answers(3)
    logprob = normalised(logprob)
    return logprob, key, letters.letter_metrics(tables(logprob, key), draws(40), 0.9, True)


def test_every_column_against_a_loop_over_the_questions(made, tmp_path):
    logprob, key, found = made
    write_table(tmp_path / "letters", LETTERS, found.letters, {})
    for i, row in enumerate(read_table(tmp_path / "letters", LETTERS).to_pylist()):
        asked = [q for q in range(40) if key[i, q] >= 0]
        logp = logprob[i, asked].astype(float)
        p, keys, chosen = special.softmax(logp, axis=1), key[i, asked], logp.argmax(axis=1)
        assert (row["language"], row["n"]) == (NAMES[i], len(asked))
        assert row["letter_mass"] == pytest.approx(0.1, rel=1e-5)
        assert row["entropy"] == pytest.approx(stats.entropy(p, axis=1).mean())
        assert row["brier"] == pytest.approx(np.mean([((p[q] - np.eye(4)[k]) ** 2).sum() for q, k in enumerate(keys)]))
        assert row["accuracy"] == pytest.approx((chosen == keys).mean())
        calibrated = (logp - logp.mean(axis=0)).argmax(axis=1)
        assert row["accuracy_calibrated"] == pytest.approx((calibrated == keys).mean())
        assert row["calibration_gain"] == pytest.approx(row["accuracy_calibrated"] - row["accuracy"])
        assert row["calibration_gain_low"] <= row["calibration_gain"] <= row["calibration_gain_high"]
        for name in ("max_share", "letter_mass", "entropy", "brier", "accuracy_calibrated"):
            assert row[f"{name}_low"] - 1e-6 <= row[name] <= row[f"{name}_high"] + 1e-6
        assert row["brier_low"] < row["brier"] - 0.01 and row["brier_high"] > row["brier"] + 0.01
        counts = np.bincount(chosen, minlength=4)
        assert row["max_share"] == counts.max() / len(asked) and row["top_choice"] == counts.argmax()
        assert row["top_choice_keys"] == pytest.approx((keys == counts.argmax()).mean())
        error = 0
        for low in range(10):
            sure = p.max(axis=1)
            inside = (sure >= low / 10) & (sure < (low + 1) / 10 if low < 9 else sure <= 1)
            if inside.any():
                error += inside.mean() * abs((chosen == keys)[inside].mean() - sure[inside].mean())
        assert row["ece"] == pytest.approx(error)


def test_shares_of_answers_and_keys_are_those_of_the_questions_that_a_language_has(made, tmp_path):
    logprob, key, found = made
    write_table(tmp_path / "shares", LETTER_SHARES, found.letter_shares, {})
    rows = read_table(tmp_path / "shares", LETTER_SHARES).to_pylist()
    assert [(row["language"], row["choice"]) for row in rows] == [(name, j) for name in NAMES for j in range(4)]
    for row in rows:
        i = NAMES.index(row["language"])
        asked = key[i] >= 0
        assert row["share_of_answers"] == pytest.approx((logprob[i, asked].argmax(axis=1) == row["choice"]).mean())
        assert row["share_of_keys"] == pytest.approx((key[i, asked] == row["choice"]).mean())


def test_the_interval_of_the_gain_is_that_of_resampled_questions(made):
    """The same draws, applied by repeating questions instead of by weights."""
    logprob, key, found = made
    logp, right = answers.from_logprobs(letters.calibrated(logprob), key), answers.from_logprobs(logprob, key)
    gain, replicates = [], draws(40).weight.astype(int)
    for weight in replicates:
        sample = [q for q in np.repeat(np.arange(40), weight) if key[1, q] >= 0]
        gain.append(logp.right[1, sample].mean() - right.right[1, sample].mean())
    assert found.letters["calibration_gain_low"][1].as_py() == pytest.approx(np.quantile(gain, 0.05), abs=1e-6)
    assert found.letters["calibration_gain_high"][1].as_py() == pytest.approx(np.quantile(gain, 0.95), abs=1e-6)


def test_scores_of_guessing_and_of_certainty():
    uniform, key = np.full((1, 8, 4), np.log(0.25)), np.arange(8)[None] % 4
    assert letters.entropy(uniform) == pytest.approx(np.log(4)) and letters.letter_mass(uniform) == pytest.approx(1)
    np.testing.assert_allclose(letters.brier(uniform, key), 1 - 1 / 4)
    # all say the first letter, with probability 1/4, which is right in a quarter of the questions
    assert letters.calibration_error(uniform, answers.from_logprobs(uniform, key)) == pytest.approx(0)
    certain = np.where(np.eye(4)[(key + 1) % 4] == 1, 0.0, -1e3)
    np.testing.assert_allclose(letters.brier(certain, key), 2)
    assert letters.calibration_error(certain, answers.from_logprobs(certain, key)) == pytest.approx(1)
    np.testing.assert_allclose(letters.entropy(certain), 0)


def test_numbers_of_choices_that_vary_are_calibrated_apart():
    logprob, key = random_answers(5, missing=0, tied=False)
    logprob = normalised(logprob)
    logprob[:, 25:39, 3] = np.nan
    logprob[:, 39, 2:] = np.nan  # alone with two choices: stays as it is
    key = np.minimum(key, (~np.isnan(logprob)).sum(axis=-1) - 1)
    centred = letters.calibrated(logprob)
    for part in (slice(0, 25), slice(25, 39)):
        expected = logprob[:, part].astype(float) - logprob[:, part].astype(float).mean(axis=1, keepdims=True)
        np.testing.assert_allclose(centred[:, part], expected, atol=1e-6)
    np.testing.assert_array_equal(centred[:, 39], logprob[:, 39].astype(float))
    found = letters.letter_metrics(tables(logprob, key), draws(40), 0.9, True)
    assert np.isfinite([found.letters[name] for name in ("entropy", "brier", "ece", "accuracy_calibrated")]).all()
    np.testing.assert_allclose(letters.letter_mass(logprob[:, 39]), np.exp(logprob[:, 39, :2]).sum(axis=-1), rtol=1e-5)


def test_languages_with_questions_of_their_own_are_as_if_alone():
    """The same ids, other numbers of choices: nothing is shared, and a language has rows of its own choices alone."""
    made = {}
    for i, n_choices in enumerate((4, 3)):
        logprob, key = random_answers(i, languages=1, choices=n_choices, missing=0)
        made[NAMES[i]] = answers_table(logprob[0], key[0])
    together = letters.letter_metrics(made, draws(40, prefixes=("en ", "de ")), 0.9, False)
    for i, name in enumerate(made):
        alone = letters.letter_metrics({name: made[name]}, draws(40), 0.9, True)
        for column in ("n", "max_share", "entropy", "brier", "ece", "accuracy", "accuracy_calibrated"):
            assert together.letters[column][i] == alone.letters[column][0], column
    assert together.letter_shares["language"].to_pylist() == ["en"] * 4 + ["de"] * 3


def test_planted_preference_for_a_letter_is_seen_and_removed():
    """Knows nothing, prefers A: before, accuracy is the share of A among the keys; after, that of guessing."""
    random, n = np.random.default_rng(0), 3000
    key = np.broadcast_to(random.choice(4, size=n, p=[0.4, 0.2, 0.2, 0.2]), (1, n)).copy()
    prefers = np.array([[6.0, 1.0, 0.0, 0.0]])
    logprob, _ = two_orders(np.zeros((1, n, 4)), prefers, np.ones(n, int), random)
    found = letters.letter_metrics({"en": answers_table(logprob[0], key[0])}, draws_of(n), 0.95, True).letters
    assert (found["top_choice"][0].as_py(), found["max_share"][0] > 0.99) == (0, True)
    assert found["accuracy"][0] == pytest.approx(0.4, abs=0.03)
    assert found["accuracy_calibrated"][0] == pytest.approx(0.25, abs=0.03)
    assert found["calibration_gain_high"][0].as_py() < 0
    corrected = answers.from_logprobs(letters.calibrated(logprob), key)
    np.testing.assert_allclose(letters.shares(corrected.choice, logprob), 0.25, atol=0.03)


def test_planted_knowledge_behind_a_preference_comes_out():
    random, n = np.random.default_rng(1), 2000
    key = np.broadcast_to(random.integers(4, size=n), (1, n)).copy()
    logprob, _ = two_orders(3 * np.eye(4)[key], np.array([[5.0, 0.0, 0.0, 0.0]]), np.ones(n, int), random)
    found = letters.letter_metrics({"en": answers_table(logprob[0], key[0])}, draws_of(n), 0.95, True).letters
    assert found["accuracy"][0] < 0.55 and found["accuracy_calibrated"][0] > 0.85
    assert found["calibration_gain_low"][0].as_py() > 0.3


def draws_of(n):
    return draws(n, 100)


def test_the_interval_of_the_gain_covers_no_gain_where_there_is_none():
    """No preference and no knowledge: the 95 % interval holds 0 in about 95 of 100 data sets."""
    covered = 0
    for seed in range(150):
        random = np.random.default_rng(seed)
        key = np.broadcast_to(random.integers(4, size=200), (1, 200)).copy()
        logprob, _ = two_orders(np.zeros((1, 200, 4)), np.array([[0.3, 0, 0, 0]]), np.ones(200, int), random)
        found = letters.letter_metrics({"en": answers_table(logprob[0], key[0])}, draws(200, 300, seed), 0.95, True)
        low, high = (found.letters[f"calibration_gain_{end}"][0].as_py() for end in ("low", "high"))
        covered += low <= 0 <= high
    assert covered / 150 > 0.9


def test_shares_add_up(made):
    _, _, found = made
    assert pc.sum(found.letter_shares["language"].dictionary_encode().indices).as_py() == 4 * sum(range(5))
    assert np.sum(found.letter_shares["share_of_answers"]) == pytest.approx(len(NAMES))
