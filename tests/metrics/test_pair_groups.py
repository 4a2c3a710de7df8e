"""Consistency and transfer by group: against the measures of the pairs and questions in it, averaged by hand."""

import numpy as np
import pyarrow as pa
import pytest
from crosslens.metrics import answers, means, pair_groups, pairs
from crosslens.metrics.compared import compare
from crosslens.tables.files import check
from crosslens.tables.metrics import TABLES
from made_answers import random_answers

SCRIPTS = ["Latn", "Latn", "Deva", "Deva", "Latn", "Cyrl"]
FAMILIES = ["x", "y", "z", "w", "x", "v"]
QUESTIONS = 40
LEVEL = 0.9


@pytest.fixture(scope="module")
def compared():
    logprob, key = random_answers(0, languages=6, questions=QUESTIONS)
    return compare(logprob, answers.from_logprobs(logprob, key))


@pytest.fixture(scope="module")
def weight():
    return np.random.default_rng(1).multinomial(QUESTIONS, np.full(QUESTIONS, 1 / QUESTIONS), 60).astype(np.float32)


@pytest.fixture(scope="module")
def found(compared, weight):
    members = {"subject=law": list(range(0, QUESTIONS, 2)), "subject=art": [1]}
    columns = pair_groups.by_group(compared, weight, {"script": SCRIPTS}, members, FAMILIES, LEVEL)
    table = pa.table({c.name: pa.array(columns[c.name], c.type) for c in TABLES["pairs_by_group"].columns})
    check(table, TABLES["pairs_by_group"], "pairs_by_group")
    return {(row["grouping"], row["group"], row["measure"]): row for row in table.to_pylist()}


def test_there_is_a_row_per_group_with_a_pair_and_measure(found):
    groups = {(grouping, group) for grouping, group, _ in found}
    assert groups == {("script", g) for g in ("Latn", "Deva", "different")} | {("subject", g) for g in ("law", "art")}
    assert {measure for _, _, measure in found} == set(pair_groups.GROUPED)


@pytest.mark.parametrize("measure", pair_groups.GROUPED)
def test_pairs_within_and_between_groups_are_averaged(found, compared, measure):
    known = answers.over_others(pairs.measures(compared)[measure])
    script = np.array(SCRIPTS)
    same = script[:, None] == script
    latin = known[np.ix_(script == "Latn", script == "Latn")]
    assert found["script", "Latn", measure]["mean"] == pytest.approx(np.nanmean(latin))
    assert found["script", "different", measure]["mean"] == pytest.approx(np.nanmean(known[~same]))
    assert found["script", "Latn", measure]["n_families"] == 2


@pytest.mark.parametrize("measure", pair_groups.GROUPED)
def test_questions_of_a_group_alone_are_compared(found, compared, measure):
    known = answers.over_others(pairs.measures(compared.on(np.arange(0, QUESTIONS, 2)))[measure])
    row = found["subject", "law", measure]
    assert row["mean"] == pytest.approx(np.nanmean(known)) and row["n_questions"] == 20
    assert row["low"] < row["mean"] < row["high"]


def test_the_interval_of_all_pairs_is_that_of_the_mean_over_pairs(compared, weight):
    columns = pair_groups.by_group(compared, weight, {}, {"all=all": list(range(QUESTIONS))}, FAMILIES, LEVEL)
    drawn = [pairs.measures(compared, of_replicate)["consistency_excess"] for of_replicate in weight]
    sums = np.stack([means.family_sums(answers.over_others(values), FAMILIES) for values in drawn])
    observed = answers.over_others(pairs.measures(compared)["consistency_excess"])
    expected = means.over_pairs(observed, sums, FAMILIES, LEVEL)
    at = columns["measure"].to_pylist().index("consistency_excess")
    for name, value in (("low", expected.low), ("high", expected.high), ("se_questions", expected.se_questions)):
        assert columns[name][at].as_py() == pytest.approx(value, rel=1e-3)


def test_questions_of_one_cluster_have_no_interval(found):
    row = found["subject", "art", "positive_transfer"]
    assert row["low"] is None and row["se_questions"] is None


def test_a_group_of_two_clusters_is_missing_from_some_replicates(compared, weight):
    assert (weight[:, :2].sum(axis=1) == 0).any()
    columns = pair_groups.by_group(compared, weight, {}, {"subject=few": [0, 1]}, FAMILIES, LEVEL)
    assert columns["group"].to_pylist() == ["few"] * len(pair_groups.GROUPED)
    assert all(n.as_py() == 2 for n in columns["n_questions"])


def test_only_what_is_defined_has_rows(compared, weight):
    columns = pair_groups.by_group(compared, weight, {"script": SCRIPTS}, {}, FAMILIES, LEVEL, ["positive_transfer"])
    assert set(columns["measure"].to_pylist()) == {"positive_transfer"}
