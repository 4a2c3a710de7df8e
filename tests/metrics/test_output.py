"""Tables of the un-steered answers: their rows against direct computation, written and read as declared."""

import numpy as np
import pytest
from crosslens.metrics import answers, output
from crosslens.tables.files import read_table, write_table
from crosslens.tables.metrics import EXPECTATIONS, LANGUAGE_METRICS, PAIR_METRICS
from made_answers import answers_table, random_answers
from scipy import stats

NAMES = ["en", "de", "es", "hi", "sw"]


@pytest.fixture(scope="module")
def made():
    logprob, key = random_answers(0)
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES)}
    return logprob, key, output.output_metrics(tables, bootstrap=50, level=0.95, seed=0)


@pytest.fixture(scope="module")
def written(made, tmp_path_factory):
    """Return the three tables, through files, as lists of rows."""
    folder = tmp_path_factory.mktemp("metrics")
    tables = {"languages": LANGUAGE_METRICS, "pairs": PAIR_METRICS, "expectations": EXPECTATIONS}
    for name, table in tables.items():
        write_table(folder / name, table, getattr(made[2], name), {})
    return {name: read_table(folder / name, table).to_pylist() for name, table in tables.items()}


def test_accuracy_with_its_interval(made, written):
    logprob, key, _ = made
    for i, row in enumerate(written["languages"]):
        present = key[i] >= 0
        right = (logprob[i, present].argmax(axis=1) == key[i, present]).sum()
        low, high = stats.binomtest(int(right), int(present.sum())).proportion_ci(0.95, method="wilson")
        assert (row["language"], row["n"], row["accuracy"]) == (NAMES[i], present.sum(), right / present.sum())
        assert (row["accuracy_low"], row["accuracy_high"]) == pytest.approx((low, high))
        best = logprob[i, present].max(axis=1, keepdims=True)
        assert row["argmax_ties"] == ((logprob[i, present] == best).sum(axis=1) > 1).sum() > 0


def test_a_languages_means_are_over_its_pairs(written):
    for row in written["languages"]:
        received = [pair for pair in written["pairs"] if pair["target"] == row["language"]]
        assert len(received) == len(NAMES) - 1
        assert row["consistency"] == pytest.approx(np.mean([pair["consistency"] for pair in received]))
        for name in ("positive_transfer", "negative_transfer"):
            assert row[f"{name}_to"] == pytest.approx(np.mean([pair[name] for pair in received]))


def test_pairs_are_all_ordered_pairs(made, written):
    _, key, _ = made
    assert [(p["source"], p["target"]) for p in written["pairs"]] == [(a, b) for a in NAMES for b in NAMES if a != b]
    by_pair = {(p["source"], p["target"]): p for p in written["pairs"]}
    assert by_pair["en", "sw"]["n"] == ((key[0] >= 0) & (key[4] >= 0)).sum()
    assert by_pair["en", "sw"]["consistency"] == pytest.approx(by_pair["sw", "en"]["consistency"])
    assert by_pair["en", "sw"]["positive_transfer"] != by_pair["sw", "en"]["positive_transfer"]


def test_expectations_are_means_over_languages_and_ordered_pairs(written):
    accuracies = [row["accuracy"] for row in written["languages"]]
    for row in written["expectations"]:
        values = accuracies if row["metric"] == "accuracy" else [pair[row["metric"]] for pair in written["pairs"]]
        assert row["mean"] == pytest.approx(np.mean(values))
        assert row["std"] == pytest.approx(np.std(values, ddof=1))
        assert row["low"] < row["mean"] < row["high"]
        assert (row["n_languages"], row["n_questions"]) == (5, 40)


def test_bootstrap_resamples_the_questions_of_all_languages_together():
    logprob, key = random_answers(1, languages=3, questions=30, missing=0)
    columns = output.expectation_columns(answers.from_logprobs(logprob, key), bootstrap=20, level=0.9, seed=5)
    random, accuracies = np.random.default_rng(5), []
    right = logprob.argmax(axis=-1) == key
    for _ in range(20):
        sample = random.integers(30, size=30)
        accuracies.append(right[:, sample].mean())
    assert columns["low"][0].as_py() == pytest.approx(np.quantile(accuracies, 0.05))
    assert columns["high"][0].as_py() == pytest.approx(np.quantile(accuracies, 0.95))


def test_one_language_has_no_pairs(tmp_path):
    logprob, key = random_answers(2, languages=1)
    metrics = output.output_metrics({"en": answers_table(logprob[0], key[0])}, bootstrap=5, level=0.95, seed=0)
    write_table(tmp_path / "languages", LANGUAGE_METRICS, metrics.languages, {})
    write_table(tmp_path / "pairs", PAIR_METRICS, metrics.pairs, {})
    write_table(tmp_path / "expectations", EXPECTATIONS, metrics.expectations, {})
    rows = read_table(tmp_path / "expectations", EXPECTATIONS).to_pylist()
    assert rows[0]["mean"] is not None and rows[0]["std"] is None
    assert all(row["mean"] is row["low"] is None for row in rows[1:])
    assert len(read_table(tmp_path / "pairs", PAIR_METRICS)) == 0


# ---- data sets whose languages share less ----


def test_where_choices_have_another_order_only_accuracy_and_positive_transfer_are_defined():
    """Each language's choices are moved, its keys with them: what was right is still right."""
    logprob, key = random_answers(4, tied=False)
    orders = [np.random.default_rng(i).permutation(4) for i in range(len(NAMES))]
    moved = [np.where(key[i] >= 0, np.argsort(order)[key[i]], -1) for i, order in enumerate(orders)]
    tables = {name: answers_table(logprob[i][:, orders[i]], moved[i]) for i, name in enumerate(NAMES)}
    same = output.output_metrics(
        {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES)}, bootstrap=20, level=0.9, seed=0
    )
    found = output.output_metrics(tables, bootstrap=20, level=0.9, seed=0, pair_metrics=["positive_transfer"])
    assert found.pairs["positive_transfer"].equals(same.pairs["positive_transfer"])
    np.testing.assert_array_equal(found.languages["accuracy"], same.languages["accuracy"])
    for name in ("consistency", "negative_transfer"):
        assert found.pairs[name].null_count == len(found.pairs[name]) == 20
    defined = dict(zip(found.expectations["metric"], found.expectations["low"].is_valid().to_pylist(), strict=True))
    assert defined == {
        "accuracy": True,
        "consistency": False,
        "positive_transfer": True,
        "negative_transfer": False,
    }


def own_questions(*numbers_of_choices):
    """Return tables "answers" whose languages have the same ids, but questions of their own."""
    tables = {}
    for i, n_choices in enumerate(numbers_of_choices):
        logprob, key = random_answers(i, languages=1, choices=n_choices, missing=0)
        tables[NAMES[i]] = answers_table(logprob[0], key[0])
    return tables


def test_languages_with_questions_of_their_own_have_an_accuracy_and_nothing_in_common(tmp_path):
    tables = own_questions(4, 3, 5)  # the same ids, even with other numbers of choices
    found = output.output_metrics(tables, bootstrap=20, level=0.9, seed=0, pair_metrics=[])
    for i, (name, table) in enumerate(tables.items()):
        alone = output.output_metrics({name: table}, bootstrap=20, level=0.9, seed=0).languages
        for column in ("n", "accuracy", "accuracy_low", "accuracy_high", "argmax_ties"):
            assert found.languages[column][i] == alone[column][0]
    assert set(found.pairs["n"].to_pylist()) == {0} and len(found.pairs["n"]) == 6
    write_table(tmp_path / "expectations", EXPECTATIONS, found.expectations, {})
    accuracy, *others = read_table(tmp_path / "expectations", EXPECTATIONS).to_pylist()
    assert (accuracy["n_languages"], accuracy["n_questions"]) == (3, 120)
    assert accuracy["mean"] == pytest.approx(np.mean(found.languages["accuracy"]))
    assert all(row["mean"] is row["low"] is None for row in others)


def test_languages_with_questions_of_their_own_are_resampled_independently():
    """Two languages with the same answers: resampled together, the interval of their mean would be √2 times as wide."""
    logprob, key = random_answers(7, languages=1, questions=400, missing=0, tied=False)
    table = answers_table(logprob[0], key[0])
    found = output.output_metrics({"de": table, "sw": table}, bootstrap=3000, level=0.95, seed=0, pair_metrics=[])
    p = (logprob[0].argmax(axis=1) == key[0]).mean()
    half = stats.norm.ppf(0.975) * np.sqrt(p * (1 - p) / 400 / 2)
    low, high = (found.expectations[end][0].as_py() for end in ("low", "high"))
    assert (low, high) == pytest.approx((p - half, p + half), abs=0.1 * half)


def test_each_language_with_questions_of_its_own_is_resampled_to_its_own_number():
    """With 4 and 12 questions, drawing 16 from both together would leave the first language 1 to 9 of them."""
    made = [random_answers(seed, languages=1, questions=n, missing=0, tied=False) for seed, n in ((1, 4), (2, 12))]
    tables = {name: answers_table(logprob[0], key[0]) for name, (logprob, key) in zip(("de", "sw"), made, strict=True)}
    found = output.output_metrics(tables, bootstrap=20, level=0.9, seed=5, pair_metrics=[]).expectations
    random, means = np.random.default_rng(5), []
    rights = [(logprob[0].argmax(axis=1) == key[0]).astype(float) for logprob, key in made]
    for _ in range(20):
        means.append(np.mean([right[random.integers(len(right), size=len(right))].mean() for right in rights]))
    assert (found["low"][0].as_py(), found["high"][0].as_py()) == pytest.approx(tuple(np.quantile(means, [0.05, 0.95])))
