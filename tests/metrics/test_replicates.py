"""Tables of replicates: through files and back, and the intervals that they give are those of the tables of means."""

import numpy as np
import pytest
from crosslens.metrics import answers, means, output, replicates
from crosslens.metrics.replicates import Drawn
from crosslens.tables.files import read_table, write_table
from crosslens.tables.replicates import DEPTH_REPLICATES, PAIR_REPLICATES, REPLICATES
from made_answers import answers_table, question_ids, random_answers

NAMES = ["en", "de", "es", "hi", "sw"]
FAMILIES = {"en": "x", "de": "x", "es": "y", "hi": "z", "sw": "w"}
OF_LANGUAGE = [FAMILIES[name] for name in NAMES]


def measured(pair_metrics=tuple(answers.PAIR_METRICS)):
    logprob, key = random_answers(0)
    tables = {name: answers_table(logprob[i], key[i]) for i, name in enumerate(NAMES)}
    known = [{name: str(i // 2) for i, name in enumerate(question_ids(40))}]
    if not pair_metrics:
        known = [{f"{name} {q}": c for q, c in known[0].items()} for name in NAMES]
    return output.output_metrics(tables, known, FAMILIES, 50, 0.9, 1, pair_metrics)


def through_file(tmp_path, table, columns):
    write_table(tmp_path / "table.arrow", table, columns, {})
    return read_table(tmp_path / "table.arrow", table)


def mean_of(found, metric):
    """Return the row of table "expectations" about a metric, without what is no `means.Mean`."""
    i = found.expectations["metric"].index(metric)
    names = ("mean", "low", "high", "se", "se_questions", "n_languages", "n_families")
    return {name: found.expectations[name][i].as_py() for name in names}


def close(mean, row):
    assert {name: getattr(mean, name) for name in row} == pytest.approx(row, rel=1e-4)


def test_replicates_of_accuracy_give_the_interval_of_the_expectation(tmp_path):
    found = measured()
    drawn = replicates.of_measure(through_file(tmp_path, REPLICATES, found.replicates), "accuracy")
    assert drawn.languages == tuple(NAMES) and drawn.n.tolist() == found.languages["n"].tolist()
    assert drawn.value.tolist() == found.languages["accuracy"].tolist() and drawn.replicates.shape == (50, 5)
    close(means.over_languages(drawn.value, drawn.replicates, OF_LANGUAGE, 0.9), mean_of(found, "accuracy"))


def test_replicates_of_pairs_give_the_intervals_of_the_expectations(tmp_path):
    found = measured()
    table = through_file(tmp_path, PAIR_REPLICATES, found.pair_replicates)
    assert replicates.measures(table) == list(output.WITH_ERROR)
    for measure in output.WITH_ERROR:
        drawn = replicates.of_pair_measure(table, measure)
        by_pair = dict(
            zip(
                zip(found.pairs["source"].to_pylist(), found.pairs["target"].to_pylist(), strict=True),
                found.pairs[measure].to_pylist(),
                strict=True,
            )
        )
        observed = np.array([[by_pair.get((a, b), np.nan) for b in NAMES] for a in NAMES], float)
        close(means.over_pairs(observed, drawn.replicates, OF_LANGUAGE, 0.9), mean_of(found, measure))
        assert drawn.families == ("w", "x", "y", "z") and drawn.count.sum() == 20
        x, z = 1, 3  # two languages of family x, one of z
        assert (drawn.count[x, x], drawn.count[x, z], drawn.count[z, z]) == (2, 2, 0)
        assert drawn.value[x, z] == pytest.approx(by_pair["en", "hi"] + by_pair["de", "hi"])


@pytest.mark.parametrize(("pair_metrics", "stored"), [(("positive_transfer",), ["positive_transfer"]), ((), [])])
def test_what_languages_do_not_share_has_no_replicates_of_pairs(tmp_path, pair_metrics, stored):
    found = measured(pair_metrics)
    table = through_file(tmp_path, PAIR_REPLICATES, found.pair_replicates)
    assert replicates.measures(table) == stored
    assert replicates.of_pair_measure(table, "consistency").families == ()
    assert len(through_file(tmp_path, REPLICATES, found.replicates)) == 5


def test_undefined_values_are_null_in_files_and_nan_in_arrays(tmp_path):
    drawn = Drawn(("en", "de"), np.array([3, 0]), np.array([0.5, np.nan]), np.array([[0.25, np.nan], [np.nan, np.nan]]))
    rows = {("middle", "a"): drawn, ("upper", "a"): drawn._replace(value=np.ones(2))}
    table = through_file(tmp_path, DEPTH_REPLICATES, replicates.columns(rows, ("third", "measure")))
    assert table["value"].to_pylist() == [0.5, None, 1, 1]
    assert table["replicates"].to_pylist() == [[0.25, None], [None, None]] * 2
    again = replicates.of_measure(table, "a", third="middle")
    assert again.languages == drawn.languages and again.n.tolist() == [3, 0]
    np.testing.assert_array_equal(again.value, drawn.value)
    np.testing.assert_array_equal(again.replicates, drawn.replicates)
    assert replicates.of_measure(table, "b", third="middle").languages == ()
    assert len(through_file(tmp_path, DEPTH_REPLICATES, replicates.columns({}, ("third", "measure")))) == 0
