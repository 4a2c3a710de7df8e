"""Log ratios, latent accuracy and latent pairs of one layer, against loops over questions."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import latent
from crosslens.tables.files import read_table, write_table
from crosslens.tables.inference import FORMS
from crosslens.tables.metrics import LATENT_METRICS, LATENT_PAIR_METRICS
from made_answers import lens_table, question_ids, random_answers
from scipy import special, stats

NAMES, LAYERS = ["en", "de", "sw"], [2, 4]


@pytest.fixture(scope="module")
def made():
    """Return lens log-probabilities [language, question, layer, form, choice], keys, and tables "lens"."""
    _, key = random_answers(0, languages=3, questions=30)
    random = np.random.default_rng(1)
    logprob = random.normal(-5, 2, (3, 30, len(LAYERS), 4, 4)).astype(np.float32)
    logprob[0, :, :, 1], logprob[0, :, :, 3] = logprob[0, :, :, 0], logprob[0, :, :, 2]  # the pivot's forms coincide
    return logprob, key, {name: lens_table(logprob[i], key[i], LAYERS, FORMS) for i, name in enumerate(NAMES)}


def rows(made, tmp_path, layer, aggregate):
    of_languages, of_pairs = latent.latent_metrics(made[2], layer, aggregate)
    write_table(tmp_path / "languages", LATENT_METRICS, of_languages, {})
    write_table(tmp_path / "pairs", LATENT_PAIR_METRICS, of_pairs, {})
    languages = read_table(tmp_path / "languages", LATENT_METRICS).to_pylist()
    return languages, read_table(tmp_path / "pairs", LATENT_PAIR_METRICS).to_pylist()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    ("aggregate", "of_set"),
    [("mean_logprob", np.mean), ("mean_prob", lambda choices: np.log(np.exp(choices.astype(np.float64)).mean()))],
)
def test_log_ratio_and_its_control(made, tmp_path, layer, aggregate, of_set):
    logprob, key, _ = made
    languages, _ = rows(made, tmp_path, layer, aggregate)
    for i, row in enumerate(languages):
        forms = logprob[i, key[i] >= 0][:, LAYERS.index(layer)]  # question form choice
        native, pivot, native_control, pivot_control = (
            np.array([of_set(one[form]) for one in forms]) for form in range(4)
        )
        assert (row["language"], row["layer"], row["n"]) == (NAMES[i], layer, (key[i] >= 0).sum())
        assert row["log_ratio"] == pytest.approx((native - pivot).mean(), abs=1e-6)
        assert row["log_ratio_control"] == pytest.approx((native_control - pivot_control).mean(), abs=1e-6)
        assert row["log_ratio_corrected"] == pytest.approx(row["log_ratio"] - row["log_ratio_control"])
    assert languages[0]["log_ratio"] == languages[0]["log_ratio_control"] == 0  # the pivot against itself


def test_the_control_is_a_mean_over_the_questions_that_have_one(made, tmp_path):
    """Each language has its own sample, and one has none; the corrected ratio is paired by question."""
    logprob, key, lens = made
    ids, sampled = lens["de"]["question_id"].unique().to_pylist(), {"en": 30, "de": 5, "sw": 0}
    some = {}
    for name, table in lens.items():
        control = pc.match_substring(table["form"].cast(pa.string()), "control")
        has_one = pc.is_in(table["question_id"], value_set=pa.array(ids[: sampled[name]], pa.string()))
        some[name] = table.filter(pc.or_(pc.invert(control), has_one))
    languages, _ = rows((logprob, key, some), tmp_path, 4, "mean_logprob")
    everywhere, _ = rows(made, tmp_path, 4, "mean_logprob")
    for i, (row, full) in enumerate(zip(languages, everywhere, strict=True)):
        assert (row["log_ratio"], row["n"]) == (full["log_ratio"], full["n"])
        with_control = [q for q in np.flatnonzero(key[i] >= 0) if question_ids(30)[q] in ids[: sampled[NAMES[i]]]]
        assert row["n_control"] == len(with_control)
        means = logprob[i, with_control, LAYERS.index(4)].mean(axis=2, dtype=np.float64)  # question form
        if not with_control:
            assert row["log_ratio_control"] is None and row["log_ratio_corrected"] is None
            continue
        control, raw = means[:, 2] - means[:, 3], means[:, 0] - means[:, 1]
        assert row["log_ratio_control"] == pytest.approx(control.mean(), abs=1e-6)
        assert row["log_ratio_corrected"] == pytest.approx((raw - control).mean(), abs=1e-6)


def test_log_ratio_of_very_improbable_texts_stays_finite():
    native, pivot = np.full((1, 4), -400, np.float32), np.full((1, 4), -401, np.float32)
    for aggregate in ("mean_logprob", "mean_prob"):
        np.testing.assert_allclose(latent.log_ratio(native, pivot, aggregate), [1])


def test_the_two_aggregates_are_geometric_and_arithmetic_means():
    random = np.random.default_rng(3)
    native, pivot = random.normal(-3, 1, (2, 7, 5)).astype(np.float32)
    geometric = np.log(stats.gmean(np.exp(native), axis=1) / stats.gmean(np.exp(pivot), axis=1))
    arithmetic = special.logsumexp(native, axis=1) - special.logsumexp(pivot, axis=1)
    np.testing.assert_allclose(latent.log_ratio(native, pivot, "mean_logprob"), geometric, atol=1e-5)
    np.testing.assert_allclose(latent.log_ratio(native, pivot, "mean_prob"), arithmetic, atol=1e-5)


def test_latent_accuracy_of_native_and_pivot_choices(made, tmp_path):
    logprob, key, _ = made
    languages, _ = rows(made, tmp_path, 4, "mean_logprob")
    for i, row in enumerate(languages):
        present = key[i] >= 0
        best = logprob[i, present, 1].argmax(axis=-1)  # question form
        accuracy = (best == key[i, present, None]).mean(axis=0)
        assert (row["accuracy_native"], row["accuracy_pivot"]) == pytest.approx((accuracy[0], accuracy[1]))


def test_latent_pairs_of_both_forms(made, tmp_path):
    logprob, key, _ = made
    _, pairs = rows(made, tmp_path, 2, "mean_logprob")
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
    of_all, pairs_of_all = rows(made, tmp_path, 2, "mean_logprob")
    native = {
        name: table.filter(pc.equal(table["form"].cast(pa.string()), "native")) for name, table in made[2].items()
    }
    languages, pairs = latent.latent_metrics(native, 2, "mean_logprob", ["native"], ["positive_transfer"])
    write_table(tmp_path / "native", LATENT_METRICS, languages, {})
    for row, expected in zip(read_table(tmp_path / "native", LATENT_METRICS).to_pylist(), of_all, strict=True):
        undefined = dict.fromkeys(("log_ratio", "log_ratio_control", "log_ratio_corrected", "accuracy_pivot"))
        assert row == expected | undefined | {"n_control": 0}
    write_table(tmp_path / "native_pairs", LATENT_PAIR_METRICS, pairs, {})
    found = read_table(tmp_path / "native_pairs", LATENT_PAIR_METRICS).to_pylist()
    assert found == [
        row | {"consistency": None, "negative_transfer": None} for row in pairs_of_all if row["form"] == "native"
    ]


def test_a_lens_without_a_form_or_a_layer_or_with_a_question_twice_is_refused(made):
    _, _, lens = made
    with pytest.raises(CrosslensError, match="lens of language 'de', layer 2: some questions are missing"):
        latent.latent_metrics(lens | {"de": lens["de"].slice(1)}, 2, "mean_logprob")
    with pytest.raises(CrosslensError, match="layer 3 of lens.arrow of language 'en': there are no questions"):
        latent.latent_metrics(lens, 3, "mean_logprob")
    twice = pa.concat_tables([lens["de"], lens["de"].slice(0, 4)])  # in all four forms
    with pytest.raises(CrosslensError, match="layer 2 of lens.arrow of language 'de': a question occurs twice"):
        latent.latent_metrics(lens | {"de": twice}, 2, "mean_logprob")


def test_unknown_aggregate_names_the_key():
    with pytest.raises(CrosslensError, match="lens.aggregate is 'median', but it must be mean_logprob"):
        latent.log_ratio(np.zeros((1, 4)), np.zeros((1, 4)), "median")
