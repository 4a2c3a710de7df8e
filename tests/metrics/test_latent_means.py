"""Latent accuracy less the same answers without their question, and the split of errors: loops, nulls and effects."""

import numpy as np
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import latent, latent_means
from crosslens.metrics.latent_layer import latent_layer
from crosslens.metrics.question_means import Averager
from crosslens.tables.files import read_table, write_table
from crosslens.tables.inference import FORMS
from crosslens.tables.latent_metrics import ERROR_SPLIT, LATENT_MEANS, LATENT_METRICS
from made_lens import LAYER, donors, intervals, lens_table, letters_table

NAMES, SEED = ["en", "de", "sw"], 7


def world(questions=40, sampled=24, names=NAMES, seed=0, knows=0.0, prior=2.0, follows=True):
    """Return (rows by language, tables "lens", tables "answers", ids).

    Every text has a probability of its own, whatever is asked (``prior``); the pivot's form gains ``knows`` nats at the
    key. Letters that follow the texts are wrong where the texts are.
    """
    random = np.random.default_rng(seed)
    ids = [f"q{i:03}" for i in range(questions)]
    key = random.integers(0, 4, questions)
    donor = donors(ids[:sampled], SEED) if sampled > 1 else {}
    rows, lens, letters = {}, {}, {}
    for name in names:
        texts = random.normal(0, prior, (questions, 4))

        def row(i, j, form, name=name, texts=texts):
            values = texts[j] + random.normal(0, 1, 4)
            if i == j and form == "pivot":
                values[key[j]] += knows
            place = {"question_id": ids[i], "key": int(key[j]), "prompt": "native", "form": form}
            return place | {"logprob": (values - 9).tolist()}

        rows[name] = [row(i, i, form) for i in range(questions) for form in FORMS[:2]]
        rows[name] += [row(ids.index(a), ids.index(b), form) for a, b in donor.items() for form in FORMS[2:]]
        lens[name] = lens_table(rows[name])
        believed = texts if follows else random.normal(0, 1, (questions, 4))
        letters[name] = letters_table(ids, key, (believed + random.normal(0, 1, (questions, 4))).argmax(axis=1))
    return rows, lens, letters, ids


def computed(made, names=NAMES, **changed):
    _, lens, letters, ids = made
    return latent_layer(lens, letters, LAYER, intervals(ids, names), "en", "mean_logprob", SEED, **changed)


def written(tmp_path, table, columns):
    write_table(tmp_path / "table", table, columns, {})
    return read_table(tmp_path / "table", table).to_pylist()


def right_of(rows, form):
    """Return {question whose answers they are: whether they are right}, in a form or its control."""
    right = {r["question_id"]: int(np.argmax(r["logprob"]) == r["key"]) for r in rows if r["form"] == form}
    donor = donors(list(right), SEED)
    return {donor[name]: value for name, value in right.items()} if "control" in form else right


def wrong_of(table):
    return {r["question_id"] for r in table.to_pylist() if int(np.argmax(r["logprob"])) != r["key"]}


def mean(values):
    return pytest.approx(np.mean(list(values)), abs=1e-6)


def test_measures_are_means_over_the_same_answers_with_and_without_their_question(tmp_path):
    made = world()
    rows = {row["measure"]: row for row in written(tmp_path, LATENT_MEANS, computed(made).latent_means)}
    right = {name: {form: right_of(of, form) for form in FORMS} for name, of in made[0].items() if name != "en"}
    for form in FORMS[:2]:
        excess = [np.mean([of[form][q] - value for q, value in of[f"{form}_control"].items()]) for of in right.values()]
        assert rows[f"accuracy_{form}"]["mean"] == mean(np.mean(list(of[form].values())) for of in right.values())
        control = (np.mean(list(of[f"{form}_control"].values())) for of in right.values())
        assert rows[f"accuracy_{form}_control"]["mean"] == mean(control)
        assert rows[f"accuracy_{form}_excess"]["mean"] == mean(excess)
        assert rows[f"accuracy_{form}_excess"]["n_questions_max"] == 24
    difference = (np.mean([of["pivot"][q] - of["native"][q] for q in of["native"]]) for of in right.values())
    assert rows["accuracy_difference"]["mean"] == mean(difference)
    assert rows["accuracy_difference"]["n_questions_min"] == 40
    of_forms = rows["accuracy_pivot_excess"]["mean"] - rows["accuracy_native_excess"]["mean"]
    assert rows["accuracy_difference_excess"]["mean"] == pytest.approx(of_forms)


def test_wrong_answers_are_split_by_what_the_pivots_choices_say(tmp_path):
    made = world(knows=2)
    for row in written(tmp_path, ERROR_SPLIT, computed(made).error_split):
        name = row["language"]
        wrong, (right, control) = wrong_of(made[2][name]), (right_of(made[0][name], f) for f in FORMS[1::2])
        assert row["n_wrong"] == len(wrong) and row["solved"] == mean(right[q] for q in wrong)
        sampled = [q for q in control if q in wrong]
        assert row["n_control"] == len(sampled) and row["solved_control"] == mean(control[q] for q in sampled)
        assert row["solved_excess"] == mean(right[q] - control[q] for q in sampled)
    rows = written(tmp_path, ERROR_SPLIT, computed(made).error_split)
    means = {row["measure"]: row["mean"] for row in written(tmp_path, LATENT_MEANS, computed(made).latent_means)}
    for measure in ("solved", "solved_control", "solved_excess"):
        assert means[measure] == mean(row[measure] for row in rows if row["language"] != "en")


def averages(measure, worlds=40, **of_world):
    found = [
        next(m for name, m in zip(*(c[k] for k in ("measure", "mean")), strict=True) if name == measure).as_py()
        for c in (computed(world(60, 60, seed=i, **of_world)).latent_means for i in range(worlds))
    ]
    return np.mean(found), np.std(found) / np.sqrt(worlds)


@pytest.mark.parametrize("measure", ["accuracy_pivot_excess", "accuracy_difference_excess", "solved_excess"])
def test_texts_that_are_probable_whatever_is_asked_give_no_excess(measure):
    """Even though letters follow the texts: wrong answers are those whose texts mislead."""
    at, se = averages(measure)
    assert abs(at) < 3.5 * se


@pytest.mark.parametrize("measure", ["accuracy_pivot_excess", "accuracy_difference_excess", "solved_excess"])
def test_what_the_question_adds_is_found(measure):
    at, se = averages(measure, worlds=10, knows=3)
    assert at > 0.1 and at > 5 * se


def test_controls_that_are_not_those_of_the_seed_are_refused():
    _, lens, letters, ids = world()
    with pytest.raises(CrosslensError, match="controls have other choices than the seed 8 gives them"):
        latent_layer(lens, letters, LAYER, intervals(ids, NAMES), "en", "mean_logprob", 8)


def test_native_choices_alone_have_an_accuracy_and_nothing_else(tmp_path):
    rows, _, letters, ids = world()
    lens = {name: lens_table([row for row in of if row["form"] == "native"]) for name, of in rows.items()}
    found = computed((rows, lens, letters, ids), forms=["native"], pair_metrics=["positive_transfer"])
    assert [row["measure"] for row in written(tmp_path, LATENT_MEANS, found.latent_means)] == ["accuracy_native"]
    assert written(tmp_path, ERROR_SPLIT, found.error_split) == []
    assert {row["accuracy_pivot"] for row in written(tmp_path, LATENT_METRICS, found.languages)} == {None}


def test_without_controls_and_without_other_languages_values_are_null(tmp_path):
    made = world(sampled=0)
    rows = {row["measure"]: row for row in written(tmp_path, LATENT_MEANS, computed(made).latent_means)}
    assert rows["accuracy_pivot"]["mean"] is not None
    assert rows["solved_excess"]["mean"] is None and rows["solved_excess"]["n_languages"] == 0
    alone = world(names=["en"])
    rows = written(tmp_path, LATENT_MEANS, computed(alone, ["en"]).latent_means)
    assert all(row["mean"] is None and row["low"] is None for row in rows)
    table = written(tmp_path, ERROR_SPLIT, computed(made).error_split)
    assert all(row["solved_excess"] is None and row["n_control"] == 0 for row in table)


def test_donors_move_within_the_same_number_of_choices():
    random = np.random.default_rng(1)
    ids = [f"q{i:02}" for i in range(12)]
    n_choices, key = dict(zip(ids, [3, 4] * 6, strict=True)), dict(zip(ids, random.integers(0, 3, 12), strict=True))
    donor = {n: d for j in (3, 4) for n, d in donors([q for q in ids if n_choices[q] == j], SEED).items()}
    rows = [
        {"question_id": q, "key": int(key[of]), "prompt": "native", "form": form}
        | {"logprob": random.normal(-5, 1, n_choices[q]).tolist()}
        for q in ids
        for form, of in zip(FORMS, (q, q, donor[q], donor[q]), strict=True)
    ]
    aligned = latent.align_layer({"en": lens_table(rows)}, LAYER)
    moved = latent_means.to_donors(aligned["pivot_control"], aligned["pivot"], ["en"], SEED)
    expected = {donor[r["question_id"]]: np.argmax(r["logprob"]) == r["key"] for r in rows if r["form"] == FORMS[3]}
    np.testing.assert_array_equal(moved[0], [expected[q] for q in ids])


def test_intervals_of_a_paired_difference_cover_the_truth():
    """Values with effects of passages, families and languages, on a sample of the questions; its mean is 0."""
    random = np.random.default_rng(0)
    families = np.repeat(np.arange(10), [5, 4, 3, 3, 2, 2, 2, 1, 1, 1])
    names = ["en", *(f"l{i}" for i in range(len(families)))]
    of_family = dict(zip(names, ["none", *map(str, families)], strict=True))
    ids = [f"q{i:03}" for i in range(80)]
    passages = {name: f"p{i // 4}" for i, name in enumerate(ids)}
    given = intervals(ids, names, families=of_family, clusters=passages)
    covered, rejected, worlds = 0, 0, 300
    for _ in range(worlds):
        effects = random.normal(0, 0.2, 10)[families] + random.normal(0, 0.2, len(families))
        shared = random.normal(0, 0.5, 20).repeat(4) + random.normal(0, 0.3, (10, 80))[families]
        values = np.full((len(names), 80), np.nan)
        values[1:, :60] = (effects[:, None] + shared + random.normal(size=(len(families), 80)))[:, :60]
        mean = Averager(latent_ids(ids), names, "en", given)(values).mean
        covered += mean.low <= 0 <= mean.high
        rejected += mean.p < 0.05
    assert 0.92 <= covered / worlds <= 0.985 and rejected / worlds <= 0.07


def latent_ids(ids):
    """Return the ids as the lens gives them."""
    rows = [{"question_id": q, "key": 0, "prompt": "native", "form": "native", "logprob": [-1, -2]} for q in ids]
    return latent.align_layer({"en": lens_table(rows, 2)}, LAYER, ["native"])["native"].question_ids
