"""Tables of the un-steered answers: their rows against direct computation, written and read as declared."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.metrics import answers, output, pairs, resampling
from crosslens.metrics.compared import compare
from crosslens.tables.files import read_table, write_table
from crosslens.tables.output_metrics import EXPECTATIONS, LANGUAGE_METRICS, PAIR_METRICS
from made_answers import answers_table, question_ids, random_answers
from scipy import stats

NAMES = ["en", "de", "es", "hi", "sw"]
FAMILIES = {"en": "x", "de": "x", "es": "y", "hi": "z", "sw": "w"}


def clusters(n: int, per_cluster: int = 2) -> list[dict[str, str]]:
    return [{name: str(i // per_cluster) for i, name in enumerate(question_ids(n))}]


def measured(logprob, key, pair_metrics=tuple(answers.PAIR_METRICS), names=NAMES, bootstrap=50):
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(names)}
    known = clusters(len(key[0]))
    if not pair_metrics:
        known = [{f"{name} {q}": c for q, c in known[0].items()} for name in names]
    settings = {"families": FAMILIES, "bootstrap": bootstrap, "level": 0.95, "seed": 0}
    return output.output_metrics(tables, known, **settings, pair_metrics=pair_metrics)


@pytest.fixture(scope="module")
def made():
    logprob, key = random_answers(0)
    return logprob, key, measured(logprob, key)


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
        assert (row["language"], row["n"], row["accuracy"]) == (NAMES[i], present.sum(), right / present.sum())
        low, high = stats.binomtest(int(right), int(present.sum())).proportion_ci(0.95, method="wilson")
        assert row["accuracy_low"] <= low + 1e-12 < row["accuracy"] < high - 1e-12 <= row["accuracy_high"]
        best = logprob[i, present].max(axis=1, keepdims=True)
        assert row["argmax_ties"] == ((logprob[i, present] == best).sum(axis=1) > 1).sum() > 0


def test_equal_questions_of_a_cluster_count_as_one():
    """Forty questions in twenty pairs of equal answers have the interval of twenty."""
    logprob, key = random_answers(2, questions=200, missing=0)
    twice = [np.repeat(values, 2, axis=1) for values in (logprob, key)]
    row = measured(*twice, pair_metrics=(), bootstrap=4000).languages
    right = int((logprob[0].argmax(axis=-1) == key[0]).sum())
    low, high = stats.binomtest(right, 200).proportion_ci(0.95, method="wilson")
    assert (row["accuracy_low"][0], row["accuracy_high"][0]) == pytest.approx((low, high), abs=0.01)


def test_a_language_with_few_clusters_has_an_interval_of_few_questions():
    """Two clusters of ten, one all right and one all wrong, though a replicate may draw neither."""
    logprob = np.zeros((5, 40, 4), np.float32)
    key = np.zeros((5, 40), int)
    logprob[..., 0] = 1
    logprob[:, 10:20], logprob[:, 30:, 1] = [0, 1, 0, 0], 2
    logprob[0, 20:], key[0, 20:] = np.nan, -1
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES)}
    made = output.output_metrics(tables, clusters(40, 10), FAMILIES, bootstrap=300, level=0.95, seed=0).languages
    assert made["accuracy"][0] == made["accuracy"][1] == 0.5
    assert made["accuracy_low"][0] < made["accuracy_low"][1] < 0.25


def test_a_pair_that_is_undefined_in_the_data_counts_in_no_replicate():
    """Two languages are nearly always right, so their null is nearly 1; in some replicates less so."""
    logprob, key = random_answers(3, questions=60, missing=0, tied=False)
    logprob[:2] += 9 * np.eye(4)[key[:2]]
    for language, wrong in ((0, [3, 40]), (1, [10, 50])):
        logprob[language, wrong, key[language, wrong]] = -20
    name = "positive_transfer_excess"
    found = measured(logprob, key)
    assert found.pairs[name].null_count == found.pairs[f"{name}_se"].null_count > 1
    compared = compare(logprob, answers.from_logprobs(logprob, key))
    weight = resampling.draws(clusters(60), 50, 0).weight
    observed = {name: pairs.measures(compared)[name]}
    drawn = output._replicates(compared, weight, observed, list(FAMILIES.values())).families[name]
    of_x = sorted(set(FAMILIES.values())).index("x")  # the family of these two languages alone
    assert not drawn[:, of_x, of_x].any() and drawn.any()


def test_a_languages_means_are_over_its_pairs(written):
    for row in written["languages"]:
        received = [pair for pair in written["pairs"] if pair["target"] == row["language"]]
        assert len(received) == len(NAMES) - 1
        for measure, column in output.OF_OTHERS.items():
            assert row[column] == pytest.approx(np.mean([pair[measure] for pair in received]))
            assert row[f"{column}_low"] < row[f"{column}_high"]


def test_pairs_are_all_ordered_pairs(made, written):
    _, key, _ = made
    assert [(p["source"], p["target"]) for p in written["pairs"]] == [(a, b) for a in NAMES for b in NAMES if a != b]
    by_pair = {(p["source"], p["target"]): p for p in written["pairs"]}
    assert by_pair["en", "sw"]["n"] == ((key[0] >= 0) & (key[4] >= 0)).sum()
    assert by_pair["en", "sw"]["consistency"] == pytest.approx(by_pair["sw", "en"]["consistency"])
    assert by_pair["en", "sw"]["positive_transfer"] != by_pair["sw", "en"]["positive_transfer"]
    assert all(0 <= pair[f"{name}_se"] < 1 for pair in written["pairs"] for name in output.WITH_ERROR)


def test_expectations_are_means_over_languages_and_ordered_pairs(written):
    accuracies = [row["accuracy"] for row in written["languages"]]
    assert [row["metric"] for row in written["expectations"]] == ["accuracy", *pairs.MEASURES]
    for row in written["expectations"]:
        values = accuracies if row["metric"] == "accuracy" else [pair[row["metric"]] for pair in written["pairs"]]
        assert row["mean"] == pytest.approx(np.mean(values))
        assert row["std"] == pytest.approx(np.std(values, ddof=1))
        assert row["low"] < row["mean"] < row["high"]
        assert 0 < row["se_questions"] < row["se"] * 2
        assert (row["n_languages"], row["n_families"], row["n_questions"]) == (5, 4, 40)


def test_errors_over_questions_are_those_of_resampled_clusters():
    logprob, key = random_answers(1, languages=5, questions=30, missing=0, tied=False)
    found = measured(logprob, key, bootstrap=30).expectations
    weight = resampling.draws(clusters(30), 30, 0).of(pa.array(question_ids(30)))
    means = {"accuracy": [], "consistency": []}
    for of_replicate in weight.astype(int):
        again = answers.from_logprobs(logprob, key).on(np.repeat(np.arange(30), of_replicate))
        means["accuracy"].append(answers.mean(answers.accuracy(again)))
        means["consistency"].append(answers.mean(answers.over_others(answers.consistency(again, again))))
    for i, (name, values) in enumerate(means.items()):
        assert found["metric"][i] == name
        assert found["se_questions"][i].as_py() == pytest.approx(np.std(values, ddof=1), rel=1e-3)


@pytest.mark.parametrize("pair_metrics", [("positive_transfer",), ()])
def test_what_languages_do_not_share_is_null(pair_metrics):
    logprob, key = random_answers(3)
    found = measured(logprob, key, pair_metrics)
    rows = dict(zip(found.expectations["metric"], found.expectations["mean"].to_pylist(), strict=True))
    defined = {name for name, value in rows.items() if value is not None}
    assert defined == {"accuracy", *pair_metrics}
    assert found.pairs["consistency_excess"].null_count == len(found.pairs["source"])
    assert found.languages["consistency_low"].null_count == len(NAMES)
    assert found.expectations["low"][0].is_valid
