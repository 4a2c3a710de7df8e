"""Questions with different numbers of choices, whose rows end in NaN, against SciPy and loops over own choices."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import answers, latent, log_ratios, output, stacking
from crosslens.metrics.steered import FROM_PIVOT, arranged, steered_metrics
from crosslens.tables.files import check
from crosslens.tables.inference import ANSWERS, FORMS, LENS, STEERED
from made_answers import answers_table, lens_table, question_ids, random_answers, steered_table
from scipy import stats

NAMES = ["en", "de", "sw"]


def varying(seed: int, questions: int = 40, most: int = 5, missing: float = 0.2, tied: bool = True):
    """Return (logprob, key, own): as `random_answers`, but question q has own[q] of 2 to ``most`` choices."""
    logprob, key = random_answers(seed, 3, questions, most, missing, tied)
    own = np.random.default_rng(seed + 100).integers(2, most + 1, questions)
    own[:3] = (most, 2, 3)
    logprob[:, np.arange(most) >= own[:, None]] = np.nan
    return logprob, np.where(key >= 0, key % own, -1), own


def normalised(row: np.ndarray) -> np.ndarray:
    """Return the ranks of one question's own choices by SciPy, as (r - (J + 1) / 2) / (J - 1)."""
    own = row[~np.isnan(row)]
    return (stats.rankdata(-own) - (len(own) + 1) / 2) / (len(own) - 1)


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Return SciPy's rho of the concatenated normalised ranks of the questions that both have."""
    common = [q for q in range(len(first)) if not (np.isnan(first[q, 0]) or np.isnan(second[q, 0]))]
    sides = [np.concatenate([normalised(side[q]) for q in common]) for side in (first, second)]
    # SciPy ranks again; rounding joins fractions that are equal but were computed differently.
    return stats.spearmanr(*(np.round(side, 9) for side in sides)).statistic


def chosen(row: np.ndarray) -> int:
    return int(np.nanargmax(row))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("most", [3, 5, 8])
def test_consistency_is_spearmans_rho_of_concatenated_normalised_ranks(most, tied):
    logprob, key, _ = varying(most, most=most, tied=tied)
    answered = answers.from_logprobs(logprob, key)
    rho = answers.consistency(answered, answered)
    for first, second in np.ndindex(rho.shape):
        assert rho[first, second] == pytest.approx(spearman(logprob[first], logprob[second]), abs=1e-13)


def test_choice_accuracy_ties_and_transfer_are_of_the_own_choices():
    logprob, key, _ = varying(1)
    answered = answers.from_logprobs(logprob, key)
    positive, negative = answers.positive_transfer(answered, answered), answers.negative_transfer(answered, answered)
    has = key >= 0
    said = np.array([[chosen(row) if (row == row).any() else -1 for row in side] for side in logprob])
    np.testing.assert_array_equal(answered.choice, said)
    right = has & (said == key)
    np.testing.assert_array_equal(answers.accuracy(answered), right.sum(axis=1) / has.sum(axis=1))
    ties = [sum((row == row[chosen(row)]).sum() > 1 for row in side[has[i]]) for i, side in enumerate(logprob)]
    np.testing.assert_array_equal(answers.argmax_ties(logprob), ties)
    for s, t in np.ndindex(positive.shape):
        both = has[s] & has[t]
        assert positive[s, t] == (right[s] & right[t])[both].sum() / (right[s] & both).sum()
        same = both & ~right[s] & ~right[t] & (said[s] == said[t])
        assert negative[s, t] == same.sum() / (both & ~right[s]).sum()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("choices", [2, 3, 4, 5, 10])
def test_padding_of_a_constant_number_of_choices_changes_no_bit(choices, tied):
    logprob, key = random_answers(choices, choices=choices, questions=300, tied=tied)
    padded = np.concatenate([logprob, np.full((*key.shape, 2), np.nan, np.float32)], axis=-1)
    plain, wide = (answers.from_logprobs(values, key) for values in (logprob, padded))
    for name, values in answers.of_pairs(plain, plain).items():
        np.testing.assert_array_equal(answers.of_pairs(wide, wide)[name], values)
    np.testing.assert_array_equal(answers.argmax_ties(padded), answers.argmax_ties(logprob))
    for aggregate in ("mean_logprob", "mean_prob"):
        ratio = log_ratios.log_ratio(logprob[0], logprob[1], aggregate)
        np.testing.assert_array_equal(log_ratios.log_ratio(padded[0], padded[1], aggregate), ratio)


def test_a_language_and_a_resample_with_one_number_of_choices_are_comparable_with_all():
    logprob, key, own = varying(3)
    four = np.flatnonzero(own == 4)
    whole, part = answers.from_logprobs(logprob, key).on(four), answers.from_logprobs(logprob[:, four], key[:, four])
    np.testing.assert_array_equal(answers.consistency(whole, part), answers.consistency(part, part))
    paper = [[stats.rankdata(-row[:4]) for row in side if row[0] == row[0]] for side in logprob[:2, four]]
    if len(paper[0]) == len(paper[1]) == len(four):
        expected = stats.spearmanr(*(np.concatenate(side) for side in paper)).statistic
        assert answers.consistency(part, part)[0, 1] == pytest.approx(expected)


def test_the_tables_go_through_files_and_metrics():
    logprob, key, _ = varying(4)
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES)}
    for name, table in tables.items():
        check(table, ANSWERS, name)
    clusters = [{name: name for name in question_ids(40)}]
    families = {"en": "x", "de": "y", "sw": "z"}
    metrics = output.output_metrics(tables, clusters, families, bootstrap=20, level=0.9, seed=0)
    pairs = list(zip(metrics.pairs["source"].to_pylist(), metrics.pairs["target"].to_pylist(), strict=True))
    rho = metrics.pairs["consistency"][pairs.index(("en", "sw"))].as_py()
    assert rho == pytest.approx(spearman(logprob[0], logprob[2]), abs=1e-13)
    low, high = (metrics.expectations[end][1].as_py() for end in ("low", "high"))
    assert low < metrics.expectations["mean"][1].as_py() < high


def test_stacking_is_as_wide_as_the_widest_file_and_a_question_has_one_number_of_choices():
    logprob, key, own = varying(5, missing=0)
    narrow = np.flatnonzero(own < 5)  # a language whose file has no question of five choices
    tables = {"en": answers_table(logprob[0], key[0]), "de": answers_table(logprob[1], np.where(own < 5, key[1], -1))}
    tables["de"] = tables["de"].set_column(2, "logprob", _width(tables["de"], 4))
    aligned = stacking.align(tables)
    assert aligned.logprob.shape == (2, 40, 5)
    np.testing.assert_array_equal(aligned.logprob[1, narrow], logprob[1, narrow])
    fewer = logprob[1].copy()
    fewer[0, 4] = np.nan
    with pytest.raises(CrosslensError, match="question 'q000': language 'de' has 4 answer choices, but 'en' has 5"):
        stacking.align({"en": tables["en"], "de": answers_table(fewer, key[1])})


def _width(table: pa.Table, n: int) -> pa.Array:
    return pa.array([row[:n] for row in table["logprob"].to_pylist()], pa.list_(pa.float32(), n))


@pytest.mark.parametrize("aggregate", ["mean_logprob", "mean_prob"])
def test_log_ratios_are_means_over_a_questions_own_choices(aggregate):
    _, key, own = varying(6)
    random = np.random.default_rng(6)
    logprob = random.normal(-5, 2, (3, 40, 1, 4, 5)).astype(np.float32)
    logprob[:, np.arange(5)[None, None, None] >= np.broadcast_to(own[:, None, None, None], (40, 1, 4, 1))] = np.nan
    tables = {name: lens_table(logprob[i], key[i], [2], FORMS) for i, name in enumerate(NAMES)}
    for name, table in tables.items():
        check(table, LENS, name)
    aligned = latent.align_layer(tables, 2)
    languages, pairs = latent.latent_metrics(aligned, NAMES, 2)
    found, control = log_ratios.ratios(tables, aggregate, aligned["native"].question_ids)
    assert control is not None

    def of_set(choices: np.ndarray) -> float:
        choices = choices[choices == choices].astype(np.float64)
        return choices.mean() if aggregate == "mean_logprob" else np.log(np.exp(choices).mean())

    for i in range(3):
        forms = logprob[i, key[i] >= 0, 0]
        native, pivot, native_control, pivot_control = (np.array([of_set(one[f]) for one in forms]) for f in range(4))
        assert np.nanmean(found["native"][0, i]) == pytest.approx((native - pivot).mean())
        assert np.nanmean(control[0, i]) == pytest.approx((native_control - pivot_control).mean())
        right = [chosen(one[0]) == k for one, k in zip(forms, key[i, key[i] >= 0], strict=True)]
        assert languages["accuracy_native"][i].as_py() == pytest.approx(np.mean(right))
    expected = spearman(*(np.where((key[i] >= 0)[:, None], logprob[i, :, 0, 0], np.nan) for i in (0, 1)))
    assert pairs["consistency"][0].as_py() == pytest.approx(expected, abs=1e-13)


def test_steered_answers_have_the_choices_of_the_unsteered_ones():
    logprob, key, own = varying(7)
    conditions = [(2, 0.1), (4, 2.0)]
    moved = logprob[:, :, None] + np.random.default_rng(8).normal(size=(3, 40, 2, 5)).astype(np.float32)
    held_out = [[q for q in range(10, 40) if key[i, q] >= 0] for i in range(3)]
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES)}
    steered = {name: steered_table(moved[i], held_out[i], conditions) for i, name in enumerate(NAMES)}
    steered["en"] = steered_table(moved[0], [], conditions)
    check(steered["de"], STEERED, "de")
    rows = steered_metrics(arranged(tables, steered, "en")).to_pylist()
    assert [(row["language"], row["layer"]) for row in rows] == [("de", 2), ("de", 4), ("sw", 2), ("sw", 4)]
    for row in rows:
        i, c = NAMES.index(row["language"]), [2, 4].index(row["layer"])
        both = [q for q in held_out[i] if key[0, q] >= 0]
        assert row["accuracy"] == pytest.approx(np.mean([chosen(moved[i, q, c]) == key[i, q] for q in both]))
        assert row["consistency_with_pivot"] == pytest.approx(spearman(logprob[0, both], moved[i, both, c]), abs=1e-13)
        assert set(FROM_PIVOT.values()) <= set(row)
    moved[1, held_out[1][-1], 0, own[held_out[1][-1]] - 1] = np.nan
    fewer = steered | {"de": steered_table(moved[1], held_out[1], conditions)}
    with pytest.raises(CrosslensError, match="language 'de': some held-out questions are missing"):
        arranged(tables, fewer, "en")
