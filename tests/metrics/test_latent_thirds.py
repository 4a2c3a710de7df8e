"""Thirds of the depth: of one layer they are that layer's tables, of several the mean; pairs against loops."""

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from crosslens.metrics import answers, means, replicates
from crosslens.metrics.latent_layer import latent_layer
from crosslens.metrics.latent_thirds import CONSISTENCY, latent_thirds, thirds
from crosslens.tables.files import read_table, write_table
from crosslens.tables.inference import FORMS, PROMPTS
from crosslens.tables.replicates import DEPTH_REPLICATES, PAIR_REPLICATES
from made_lens import donors, intervals, lens_table, letters_table

NAMES, SEED, QUESTIONS, SAMPLED = ["de", "en", "hi", "sw", "es"], 7, 30, 12
IDS = [f"q{i:02}" for i in range(QUESTIONS)]
FAMILIES = dict(zip(NAMES, ["x", "x", "y", "z", "x"], strict=True))
CLUSTERS = {name: str(i // 2) for i, name in enumerate(IDS)}
# Of a model with 9 layers: 4 to 6 and 7 to 9
LAYERS, DEPTH = (3, 4, 6, 7, 9), 9


def made(names=NAMES, layers=LAYERS, prompts=PROMPTS, controls=True, missing=()):
    """Return tables "lens" and "answers" by language; ``missing`` are (language, question) that are not there."""
    random = np.random.default_rng(0)
    key = random.integers(0, 4, QUESTIONS)
    donor_of = donors(IDS[:SAMPLED], SEED) if controls else {}
    lens, letters = {}, {}
    for name in names:
        tables = []
        for layer in layers:

            def row(prompt_of, choices_of, prompt, form):
                place = {"question_id": IDS[prompt_of], "key": int(key[choices_of]), "prompt": prompt, "form": form}
                values = random.normal(0, 1, (2, 4)) + (form == "pivot") * np.eye(4)[key[choices_of]] - 9
                return place | {"logprob": values[0].tolist(), "first": values[1].tolist()}

            asked = [i for i in range(QUESTIONS) if (name, i) not in missing]
            rows = [row(i, i, "native", form) for i in asked for form in FORMS[:2]]
            rows += [row(IDS.index(a), IDS.index(b), "native", form) for a, b in donor_of.items() for form in FORMS[2:]]
            rows += [row(i, i, prompt, form) for prompt in prompts[1:] for i in range(SAMPLED) for form in FORMS[:2]]
            table = lens_table(rows)
            tables.append(table.set_column(2, "layer", pa.array([layer] * len(table), pa.int16())))
        lens[name] = pa.concat_tables(tables)
        letters[name] = letters_table(IDS, key, random.integers(0, 4, QUESTIONS))
    return lens, letters


def given(names=NAMES, bootstrap=60):
    return intervals(IDS, names, bootstrap, families=FAMILIES, clusters=CLUSTERS)


def computed(tmp_path, lens, depth=DEPTH, bootstrap=60, **settings):
    found = latent_thirds(lens, depth, given(list(lens), bootstrap), "en", "mean_logprob", SEED, **settings)
    tables = []
    for table, columns in ((DEPTH_REPLICATES, found.replicates), (PAIR_REPLICATES, found.pair_replicates)):
        write_table(tmp_path / "table.arrow", table, columns, {})
        tables.append(read_table(tmp_path / "table.arrow", table))
    return (*tables, found.remarks)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 12, 26, 42, 64])
def test_thirds_of_the_depth(depth):
    found = thirds(range(depth, 0, -1), depth)
    for layer in range(1, depth + 1):
        share = Fraction(layer, depth)
        assert (layer in found["middle"]) == (Fraction(1, 3) < share <= Fraction(2, 3))
        assert (layer in found["upper"]) == (share > Fraction(2, 3))
    assert found["middle"] == sorted(found["middle"]) and depth in found["upper"]


def test_a_third_of_one_layer_has_the_means_and_intervals_of_that_layers_tables(tmp_path):
    lens, letters = made(layers=(2,))
    for depth, third in ((3, "middle"), (2, "upper")):
        table, *_ = computed(tmp_path, lens, depth)
        layer = latent_layer(lens, letters, 2, given(), "en", "mean_logprob", SEED)
        rows = pa.table(layer.latent_means).to_pylist()
        of_layer = {row["measure"]: row for row in rows}
        for row in pa.table(layer.log_ratio_means).to_pylist():
            if row["series"] == "log_ratio":
                of_layer[f"log_ratio {row['prompt']} {row['normalisation']}"] = row
        stored = replicates.measures(table)
        prompts = [
            f"log_ratio {prompt} {norm}"
            for prompt in ("native", "without_choices", "symmetric")
            for norm in ("per_token", "first_token")
        ]
        scores = ["accuracy_native", "accuracy_pivot", "accuracy_difference"]
        scores += ["accuracy_native_excess", "accuracy_pivot_excess"]
        assert stored == (prompts if third == "middle" else scores)
        assert set(table["third"].to_pylist()) == {third}
        for measure in stored:
            drawn = replicates.of_measure(table, measure, third=third)
            assert drawn.languages == ("de", "hi", "sw", "es")
            families = [FAMILIES[name] for name in drawn.languages]
            found = means.over_languages(drawn.value, drawn.replicates, families, 0.95)
            row = of_layer[measure]
            for name in ("mean", "low", "high", "se", "se_questions"):
                assert getattr(found, name) == pytest.approx(row[name], rel=1e-4), (measure, name)
            assert (drawn.n.min(), drawn.n.max()) == (row["n_questions_min"], row["n_questions_max"])


def test_several_layers_of_a_third_are_averaged(tmp_path):
    lens, letters = made(missing={("sw", 29)})
    table, *_ = computed(tmp_path, lens)
    for third, layers, measure, column in (
        ("middle", (4, 6), "log_ratio native per_token", "log_ratio"),
        ("upper", (7, 9), "accuracy_pivot", "accuracy_pivot"),
    ):
        expected = 0
        for layer in layers:
            tables = latent_layer(lens, letters, layer, given(), "en", "mean_logprob", SEED)
            rows = pa.table(tables.log_ratios if third == "middle" else tables.languages).to_pylist()
            rows = [
                r for r in rows if (r.get("prompt"), r.get("normalisation")) in ((None, None), ("native", "per_token"))
            ]
            expected += np.array([row[column] for row in rows if row["language"] != "en"]) / len(layers)
        drawn = replicates.of_measure(table, measure, third=third)
        np.testing.assert_allclose(drawn.value, expected, rtol=1e-6)
        assert drawn.n.tolist() == [30, 30, 29, 30]


def test_consistency_of_pivot_form_answers_less_that_of_native_ones(tmp_path):
    lens, letters = made(missing={("sw", 29)})
    _, table, _ = computed(tmp_path, lens, bootstrap=250)
    drawn = replicates.of_pair_measure(table, CONSISTENCY)
    assert replicates.measures(table) == [CONSISTENCY]
    assert drawn.replicates.shape == (200, 3, 3)  # draws are at most 200
    others = [name for name in NAMES if name != "en"]
    expected = np.zeros((4, 4))
    for layer in (7, 9):
        rows = pa.table(latent_layer(lens, letters, layer, given(), "en", "mean_logprob", SEED).pairs).to_pylist()
        for row in rows:
            if "en" not in (row["source"], row["target"]):
                sign = 1 if row["form"] == "pivot" else -1
                expected[others.index(row["source"]), others.index(row["target"])] += sign * row["consistency"] / 2
    families = [FAMILIES[name] for name in others]
    np.testing.assert_allclose(drawn.value, means.family_sums(expected, families), rtol=1e-6)
    assert drawn.count.tolist() == [[2, 2, 2], [2, 0, 1], [2, 1, 0]]


def test_replicates_of_the_consistency_are_those_of_loops_over_resampled_questions(tmp_path):
    lens, _ = made()
    _, table, _ = computed(tmp_path, lens)
    drawn = replicates.of_pair_measure(table, CONSISTENCY)
    others = [name for name in NAMES if name != "en"]
    families = [FAMILIES[name] for name in others]
    weight = given().draws.weight.astype(int)
    for i in (0, 5, 59):
        again = np.repeat(np.arange(QUESTIONS), weight[i])
        expected = np.zeros((4, 4))
        for layer in (7, 9):
            for form, sign in (("pivot", 1), ("native", -1)):
                logprob = np.stack([letters_of(lens[name], layer, form)[again] for name in others])
                scored = answers.from_logprobs(logprob, np.zeros(logprob.shape[:2], int))
                expected += sign * answers.over_others(answers.consistency(scored, scored)) / 2
        np.testing.assert_allclose(drawn.replicates[i], means.family_sums(expected, families), atol=1e-5)


def letters_of(lens, layer, form):
    """Return the log-probabilities [question, choice] of the questions' own choices after their own prompts."""
    rows = [r for r in lens.to_pylist() if (r["layer"], r["form"], r["prompt"]) == (layer, form, "native")]
    return np.array([row["logprob"] for row in sorted(rows, key=lambda row: row["question_id"])], np.float32)


def test_a_third_without_layers_has_no_rows_and_a_remark(tmp_path):
    lens, _ = made(layers=(1, 9))
    table, pairs, remarks = computed(tmp_path, lens)
    assert set(table["third"].to_pylist()) == {"upper"} and len(pairs)
    assert remarks == ["The lens reads no layer in the middle third of 9: no rows."]


def test_what_was_not_asked_has_no_rows(tmp_path):
    lens, _ = made(prompts=PROMPTS[:1], controls=False)
    table, _, remarks = computed(tmp_path, lens)
    assert not remarks
    assert replicates.measures(table) == ["log_ratio native per_token", "log_ratio native first_token"] + [
        "accuracy_native",
        "accuracy_pivot",
        "accuracy_difference",
    ]


def test_languages_that_share_no_choices_have_only_native_answers(tmp_path):
    lens, _ = made(prompts=PROMPTS[:1], controls=False)
    native = {
        name: table.filter(pa.compute.equal(table["form"].cast(pa.string()), "native")) for name, table in lens.items()
    }
    table, pairs, _ = computed(tmp_path, native, forms=("native",), pair_metrics=("positive_transfer",))
    assert replicates.measures(table) == ["accuracy_native"] and len(pairs) == 0
