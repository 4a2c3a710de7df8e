"""The tables of similarity: pairs on their common questions, means with intervals, and what an odd data set gives."""

import numpy as np
import pytest
from crosslens.metrics import cka, jackknife, means, retrieval, similarity
from crosslens.tables.files import read_table, write_table
from crosslens.tables.state_metrics import LANGUAGE_PROBE, SIMILARITY, SIMILARITY_MEANS
from made_answers import answers_table, question_ids, states_table
from made_states import as_states, planted

NAMES = ["de", "en", "hi", "sw"]
FAMILIES = {"de": "Germanic", "en": "Germanic", "hi": "Indic", "sw": "Bantu", "ta": "Dravidian"}


def measured(states, letters, has=None, cluster_size=1, folder=None, names=NAMES):
    """Return rows of the three tables, via files if there is a folder for them."""
    n = states.shape[1]
    ids = question_ids(n)
    has = [range(n)] * len(names) if has is None else has
    tables = {
        name: states_table(side[list(own)], np.array(ids)[list(own)])
        for name, side, own in zip(names, states, has, strict=True)
    }
    logprob = np.where(letters[..., None] == np.arange(4), -0.1, -3.0)
    answers = {name: answers_table(side, np.zeros(n, int)) for name, side in zip(names, logprob, strict=True)}
    clusters = {name: f"c{i // cluster_size}" for i, name in enumerate(ids)}
    families = {name: FAMILIES.get(name, name) for name in names}
    result = similarity.similarity(tables, answers, clusters, 3, "en", families, 0.95, 0)
    if folder is None:
        return result
    for name, table, columns in zip("abc", (SIMILARITY, SIMILARITY_MEANS, LANGUAGE_PROBE), result, strict=True):
        write_table(folder / name, table, columns, {})
    files = zip("abc", (SIMILARITY, SIMILARITY_MEANS, LANGUAGE_PROBE), strict=True)
    return [read_table(folder / name, table).to_pylist() for name, table in files]


def test_rows_are_pairs_on_their_common_questions(tmp_path):
    states, letters = planted(0, languages=4, questions=40, content=1)
    random = np.random.default_rng(0)
    has = [random.permutation(40)[:33] for _ in NAMES]  # in any order
    rows, _, _ = measured(states, letters, has, folder=tmp_path)
    assert [(row["source"], row["target"]) for row in rows] == [(a, b) for a in NAMES for b in NAMES if a != b]
    for row in rows:
        i, j = NAMES.index(row["source"]), NAMES.index(row["target"])
        common = sorted(set(has[i]) & set(has[j]))
        assert (row["layer"], row["n"]) == (3, len(common)) and len(common) < 33
        alone = as_states(states[[i, j]][:, common])
        assert row["cka"] == pytest.approx(cka.debiased_cka(cka.grams(alone))[0, 0, 1], abs=1e-9)
        raw = retrieval.units(alone, centred=False)
        assert row["cosine"] == pytest.approx(retrieval.mean_cosine(raw, alone.present)[0, 0, 1], abs=1e-6)


def test_means_are_of_pairs_with_the_pivot_and_of_all_pairs_with_jackknife_intervals(tmp_path):
    states, letters = planted(1, languages=4, questions=60, content=1, letter=1)
    rows, averages, _ = measured(states, letters, cluster_size=3, folder=tmp_path)
    of_pivot = {row["measure"]: row for row in averages if row["pairs"] == "pivot"}
    of_all = {row["measure"]: row for row in averages if row["pairs"] == "all"}
    assert set(of_pivot) == set(of_all) == {"cka", "cka_within_letters", "mexa", "margin", "cosine"}
    for measure in of_pivot:
        with_pivot = np.mean([row[measure] for row in rows if row["source"] == "en"])
        assert of_pivot[measure]["mean"] == pytest.approx(with_pivot)
        assert of_all[measure]["mean"] == pytest.approx(np.mean([row[measure] for row in rows]))
        for row, n in ((of_pivot[measure], 3), (of_all[measure], 4)):
            assert row["low"] < row["mean"] < row["high"] and (row["n_languages"], row["n_families"]) == (n, 3)
            assert (row["n_questions_min"], row["n_questions_max"]) == (60, 60)
    parts = jackknife.groups(question_ids(60), {q: f"c{i // 3}" for i, q in enumerate(question_ids(60))}, 0)
    assert len(parts) == 20
    without = np.array([np.delete(np.arange(60), part) for part in parts])
    values = [cka.debiased_cka(cka.grams(as_states(states[:, kept])))[0, 1, [0, 2, 3]].mean() for kept in without]
    assert of_pivot["cka"]["se_questions"] == pytest.approx(np.sqrt(19 / 20 * np.sum((values - np.mean(values)) ** 2)))


def test_letters_explain_their_share_of_the_variance_and_the_probe_has_its_chance(tmp_path):
    states, letters = planted(2, languages=4, letter=1)
    _, averages, (probe,) = measured(states, letters, folder=tmp_path)
    (row,) = (row for row in averages if row["measure"] == "letter_variance")
    values = cka.letter_variance(cka.grams(as_states(states)), letters)[0]
    assert row["pairs"] == "none" and row["mean"] == pytest.approx(values.mean()) and row["n_languages"] == 4
    assert 0.2 < row["mean"] < 0.7 and row["low"] < row["mean"] < row["high"]
    assert (probe["layer"], probe["n"], probe["n_languages"], probe["chance"]) == (3, 800, 4, 0.25)
    assert probe["accuracy"] > 0.25


def test_only_the_letter_is_shared_or_content_too():
    for content, expected in ((0, 0), (1, 1)):
        states, letters = planted(3, languages=4, letter=2, content=content)
        averages = measured(states, letters).means
        keys = zip(averages["measure"], averages["pairs"], strict=True)
        mean = dict(zip(keys, averages["mean"].to_pylist(), strict=True))
        assert mean["cka", "pivot"] > 0.15
        assert (
            (mean["cka_within_letters", "pivot"] > 0.15) if expected else abs(mean["cka_within_letters", "all"]) < 0.02
        )


def test_one_cluster_has_means_without_intervals(tmp_path):
    rows, averages, (probe,) = measured(*planted(4, languages=4, questions=20), cluster_size=20, folder=tmp_path)
    assert all(row["mean"] is not None and row["low"] is row["se"] is None for row in averages)
    assert probe["accuracy"] is None and len(rows) == 12


def test_two_languages_of_one_family_have_no_interval(tmp_path):
    _, averages, _ = measured(*planted(5, languages=2, questions=20), folder=tmp_path, names=["de", "en"])
    assert all(row["low"] is None and row["se_questions"] is not None for row in averages)


def test_with_many_languages_mexa_is_that_with_the_pivot_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(retrieval, "MEXA_LANGUAGES", 3)
    rows, averages, _ = measured(*planted(6, languages=4, questions=20, content=1), folder=tmp_path)
    assert all((row["mexa"] is None) == ("en" not in (row["source"], row["target"])) for row in rows)
    assert [row["pairs"] for row in averages if row["measure"] == "mexa"] == ["pivot"]


def test_states_of_an_untrained_layer_that_do_not_vary_are_undefined(tmp_path):
    rows, averages, _ = measured(np.ones((4, 20, 5), np.float32), planted(7, 4, 20)[1], folder=tmp_path)
    assert {row["cka"] for row in rows} == {row["cka_within_letters"] for row in rows} == {None}
    assert {row["n_languages"] for row in averages if row["measure"] == "cka" and row["pairs"] == "pivot"} == {0}


def test_means_of_pairs_are_those_of_the_shared_code():
    values = np.random.default_rng(0).normal(size=(9, 4, 4))
    values = values + values.transpose(0, 2, 1)
    averages = similarity.Averages(list("abbc"), 0, 0.9, np.full((4, 4), 7), np.full(4, 8))
    pivot, every = averages.of_pairs("cka", values)
    expected = means.over_languages(values[0, 0, 1:], jackknife.as_replicates(values[1:, 0, 1:]), list("bbc"), 0.9)
    assert pivot.mean == pytest.approx(expected, nan_ok=True) and (pivot.n_questions_min, pivot.n_questions_max) == (
        7,
        7,
    )
    off = ~np.eye(4, dtype=bool)
    assert every.mean.mean == pytest.approx(values[0][off].mean())
    without = values[1:][:, off].mean(axis=1)
    assert every.mean.se_questions == pytest.approx(np.sqrt(7 / 8 * ((without - without.mean()) ** 2).sum()))
