"""Principal components against an eigendecomposition, and the questions that they are computed from."""

import numpy as np
import pytest
from crosslens import sampling
from crosslens.errors import CrosslensError
from crosslens.metrics import pca
from crosslens.tables.files import read_table, write_table
from crosslens.tables.state_metrics import PCA
from made_answers import question_ids, states_table


def random_states(seed, rows, width):
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, width)) * np.linspace(3, 1, width) + 50).astype(np.float32)


@pytest.mark.parametrize(("rows", "width"), [(40, 7), (7, 40), (3, 3)])
def test_components_are_those_of_the_covariance(rows, width):
    states = random_states(0, rows, width)
    scores, explained = pca.principal_components(states)
    values, vectors = np.linalg.eigh(np.cov(states.astype(np.float64).T))
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    np.testing.assert_allclose(scores, (states - states.mean(axis=0, dtype=np.float64)) @ axes, atol=1e-8)
    np.testing.assert_allclose(explained, values[::-1][:2] / values.sum(), atol=1e-12)


def test_two_components_reconstruct_states_of_rank_two():
    random = np.random.default_rng(1)
    axes = np.linalg.qr(random.normal(size=(9, 2)))[0]
    coordinates = random.normal(size=(30, 2)) * [5, 1]
    states = (coordinates @ axes.T).astype(np.float32)
    scores, explained = pca.principal_components(states)
    centred = states - states.mean(axis=0)
    loadings, *_ = np.linalg.lstsq(scores, centred, rcond=None)
    np.testing.assert_allclose(scores @ loadings, centred, atol=1e-5)
    assert explained.sum() == pytest.approx(1)
    np.testing.assert_allclose(scores.std(axis=0), np.linalg.svd(centred)[1][:2] / np.sqrt(30), atol=1e-5)


def test_components_are_reproducible():
    states = random_states(2, 50, 20)
    first, second = (pca.principal_components(states)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_rows_are_the_first_common_questions_in_hash_order(tmp_path):
    ids = np.array(question_ids(12))
    states = {name: random_states(i, 12, 6) for i, name in enumerate(("en", "de"))}
    has = {"en": np.arange(11), "de": np.random.default_rng(0).permutation(np.arange(1, 12))}
    tables = {name: states_table(states[name][has[name]], ids[has[name]]) for name in states}
    write_table(tmp_path / "pca", PCA, pca.pca(tables, 3, questions=5, seed=7), {})
    rows = read_table(tmp_path / "pca", PCA).to_pylist()
    chosen = sampling.order(ids[1:11], 7)[:5]
    assert [(row["language"], row["question_id"]) for row in rows] == [(n, q) for n in states for q in chosen]
    index = [list(ids).index(question) for question in chosen]
    scores, explained = pca.principal_components(np.concatenate([states[name][index] for name in states]))
    np.testing.assert_array_equal([(row["component_1"], row["component_2"]) for row in rows], scores)
    assert {(row["layer"], row["explained_1"], row["explained_2"]) for row in rows} == {(3, *explained)}


def test_too_few_questions_are_errors_with_a_remedy():
    tables = {"en": states_table(random_states(0, 4, 6), question_ids(4))}
    tables["de"] = states_table(random_states(1, 3, 6), question_ids(3))
    with pytest.raises(CrosslensError, match="share only 3 stored .* pca.questions is 4 .'de' has the fewest, 3"):
        pca.pca(tables, 3, questions=4, seed=0)
    with pytest.raises(CrosslensError, match="need more than 2 states"):
        pca.pca(tables, 3, questions=1, seed=0)
