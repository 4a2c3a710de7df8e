"""Latent accuracy and latent pairs of one layer, against loops over questions."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import latent
from crosslens.tables.files import read_table, write_table
from crosslens.tables.inference import FORMS
from crosslens.tables.latent_metrics import LATENT_METRICS, LATENT_PAIR_METRICS
from made_answers import lens_table, random_answers
from scipy import stats

NAMES, LAYERS = ["en", "de", "sw"], [2, 4]


@pytest.fixture(scope="module")
def made():
    """Return lens log-probabilities [language, question, layer, form, choice], keys, and tables "lens"."""
    _, key = random_answers(0, languages=3, questions=30)
    random = np.random.default_rng(1)
    logprob = random.normal(-5, 2, (3, 30, len(LAYERS), 4, 4)).astype(np.float32)
    logprob[0, :, :, 1], logprob[0, :, :, 3] = logprob[0, :, :, 0], logprob[0, :, :, 2]  # the pivot's forms coincide
    return logprob, key, {name: lens_table(logprob[i], key[i], LAYERS, FORMS) for i, name in enumerate(NAMES)}


def rows(made, tmp_path, layer):
    aligned = latent.align_layer(made[2], layer)
    of_languages, of_pairs = latent.latent_metrics(aligned, NAMES, layer)
    write_table(tmp_path / "languages", LATENT_METRICS, of_languages, {})
    write_table(tmp_path / "pairs", LATENT_PAIR_METRICS, of_pairs, {})
    languages = read_table(tmp_path / "languages", LATENT_METRICS).to_pylist()
    return languages, read_table(tmp_path / "pairs", LATENT_PAIR_METRICS).to_pylist()


def test_latent_accuracy_of_native_and_pivot_choices(made, tmp_path):
    logprob, key, _ = made
    languages, _ = rows(made, tmp_path, 4)
    for i, row in enumerate(languages):
        present = key[i] >= 0
        best = logprob[i, present, 1].argmax(axis=-1)  # question form
        accuracy = (best == key[i, present, None]).mean(axis=0)
        assert (row["language"], row["layer"], row["n"]) == (NAMES[i], 4, present.sum())
        assert (row["accuracy_native"], row["accuracy_pivot"]) == pytest.approx((accuracy[0], accuracy[1]))


def test_latent_pairs_of_both_forms(made, tmp_path):
    logprob, key, _ = made
    _, pairs = rows(made, tmp_path, 2)
    assert [(row["form"], row["source"]) for row in pairs[::2]] == [(f, n) for f in ("native", "pivot") for n in NAMES]
    for row in pairs:
        i, j = NAMES.index(row["source"]), NAMES.index(row["target"])
        common = (key[i] >= 0) & (key[j] >= 0)
        first, second = (logprob[side, common, 0, FORMS.index(row["form"])] for side in (i, j))
        ranks = [stats.rankdata(-side, axis=1).ravel() for side in (first, second)]
        right, also = (side.argmax(axis=1) == key[i, common] for side in (first, second))
        assert (row["layer"], row["n"]) == (2, common.sum())
        assert row["consistency"] == pytest.approx(stats.spearmanr(*ranks).statistic)
        assert row["positive_transfer"] == pytest.approx((right & also).sum() / right.sum())


def test_with_native_choices_alone_accuracy_and_positive_transfer_are_those_of_all_forms(made, tmp_path):
    of_all, pairs_of_all = rows(made, tmp_path, 2)
    native = {
        name: table.filter(pc.equal(table["form"].cast(pa.string()), "native")) for name, table in made[2].items()
    }
    aligned = latent.align_layer(native, 2, ["native"])
    languages, pairs = latent.latent_metrics(aligned, NAMES, 2, ["positive_transfer"])
    write_table(tmp_path / "native", LATENT_METRICS, languages, {})
    for row, expected in zip(read_table(tmp_path / "native", LATENT_METRICS).to_pylist(), of_all, strict=True):
        assert row == expected | {"accuracy_pivot": None}
    write_table(tmp_path / "native_pairs", LATENT_PAIR_METRICS, pairs, {})
    found = read_table(tmp_path / "native_pairs", LATENT_PAIR_METRICS).to_pylist()
    assert found == [
        row | {"consistency": None, "negative_transfer": None} for row in pairs_of_all if row["form"] == "native"
    ]


def test_a_lens_without_a_form_or_a_layer_or_with_a_question_twice_is_refused(made):
    _, _, lens = made
    with pytest.raises(CrosslensError, match="lens of language 'de', layer 2: some questions are missing"):
        latent.align_layer(lens | {"de": lens["de"].slice(1)}, 2)
    with pytest.raises(CrosslensError, match="layer 3 of lens.arrow of language 'en': there are no questions"):
        latent.align_layer(lens, 3)
    twice = pa.concat_tables([lens["de"], lens["de"].slice(0, 4)])  # in all four forms
    with pytest.raises(CrosslensError, match="layer 2 of lens.arrow of language 'de': a question occurs twice"):
        latent.align_layer(lens | {"de": twice}, 2)
