"""Log ratios of every prompt and normalisation against loops over questions, and planted copying."""

import numpy as np
import pytest
from crosslens.errors import CrosslensError
from crosslens.metrics import log_ratios
from crosslens.metrics.latent_layer import latent_layer
from crosslens.report.figures import log_ratio_by_prompt
from crosslens.tables.files import check, read_table, write_table
from crosslens.tables.inference import ANSWERS, FORMS, LENS
from crosslens.tables.latent_metrics import LOG_RATIO_MEANS, LOG_RATIOS
from made_lens import LAYER, donors, intervals, lens_table, letters_table
from scipy import special, stats

NAMES, SEED = ["en", "de", "sw", "hi"], 3
IDS = [f"q{i:02}" for i in range(30)]
SAMPLED = {"en": IDS[:12], "de": IDS[:12], "sw": IDS[5:12], "hi": IDS[:12]}
MEASURES = ("logprob", "first", "n_tokens", "n_characters")


@pytest.fixture(scope="module")
def made():
    """Return the rows of table "lens" by language, with 3 or 4 choices, and the tables "lens" and "answers"."""
    random = np.random.default_rng(0)
    n_choices = {name: int(n) for name, n in zip(IDS, random.integers(3, 5, len(IDS)), strict=True)}
    key = {name: int(random.integers(n)) for name, n in n_choices.items()}
    rows = {}
    for language in NAMES:
        own = [name for name in IDS if language != "sw" or name != IDS[6]]  # sw lacks a question
        sampled = [name for name in SAMPLED[language] if name in own]
        by_number = [[name for name in sampled if n_choices[name] == j] for j in (3, 4)]
        donor = {name: other for same in by_number for name, other in donors(same, SEED).items()}

        def row(name, prompt, form, key=key, n_choices=n_choices):
            j = n_choices[name]
            values = {"logprob": random.normal(-5, 2, j), "first": random.normal(-4, 2, j)}
            values |= {"n_tokens": random.integers(1, 9, j), "n_characters": random.integers(5, 40, j)}
            made = {measure: value.astype(np.float32).tolist() for measure, value in values.items()}
            return {"question_id": name, "key": key[name], "prompt": prompt, "form": form} | made

        rows[language] = [row(name, "native", form) for name in own for form in FORMS[:2]]
        controls = [row(donor[name], "native", form) | {"question_id": name} for name in sampled for form in FORMS[2:]]
        further = [row(name, p, form) for p in ("without_choices", "pivot") for name in sampled for form in FORMS[:2]]
        rows[language] += controls + further
    lens = {name: lens_table(of_language) for name, of_language in rows.items()}
    letters = {}
    for name in NAMES:
        ids = [one for one in IDS if name != "sw" or one != IDS[6]]
        keys = np.array([key[one] for one in ids])
        letters[name] = letters_table(ids, keys, (keys + random.integers(0, 2, len(ids))) % 3)
    for name in NAMES:
        check(lens[name], LENS, name)
        check(letters[name], ANSWERS, name)
    return rows, lens, letters


def computed(made, aggregate="mean_logprob", **changed):
    given = intervals(IDS, NAMES)
    return latent_layer(made[1], made[2], LAYER, given, "en", aggregate, SEED, **changed)


def written(tmp_path, table, columns):
    write_table(tmp_path / "table", table, columns, {})
    return read_table(tmp_path / "table", table).to_pylist()


def of_set(row, normalisation, aggregate="mean_logprob"):
    """Return log p of a row's choices, written as the definitions say it."""
    logprob, first = np.array(row["logprob"]), np.array(row["first"])
    total = logprob * row["n_tokens"]
    if normalisation == "per_token" and aggregate == "mean_prob":
        return np.log(np.mean(np.exp(logprob)))
    by_name = {"per_token": logprob, "first_token": first, "per_character": total / row["n_characters"], "sum": total}
    return float(np.mean(by_name[normalisation]))


def expected(rows, prompt, normalisation, aggregate, forms=("native", "pivot")):
    """Return {question: log ratio} after one of the prompts of `log_ratios.PROMPTS_READ`."""
    if prompt == "symmetric":
        both = [expected(rows, name, normalisation, aggregate) for name in ("native", "pivot")]
        return {name: (both[0][name] + value) / 2 for name, value in both[1].items()}
    if prompt == "native_sample":
        sampled = expected(rows, "without_choices", normalisation, aggregate)
        every = expected(rows, "native", normalisation, aggregate)
        return {name: every[name] for name in sampled}
    sets = {
        (row["question_id"], row["form"]): of_set(row, normalisation, aggregate)
        for row in rows
        if row["prompt"] == prompt
    }
    names = [name for name, form in sets if form == forms[0]]
    return {name: sets[name, forms[0]] - sets[name, forms[1]] for name in names}


@pytest.mark.parametrize("aggregate", ["mean_logprob", "mean_prob"])
def test_every_prompt_and_normalisation_is_a_mean_over_its_questions(made, tmp_path, aggregate):
    rows = written(tmp_path, LOG_RATIOS, computed(made, aggregate).log_ratios)
    assert len(rows) == len(log_ratios.PROMPTS_READ) * len(log_ratios.NORMALISATIONS) * len(NAMES)
    for row in rows:
        place = made[0][row["language"]], row["prompt"], row["normalisation"], aggregate
        ratio = expected(*place)
        assert (
            row["n"]
            == len(ratio)
            == (
                len(SAMPLED[row["language"]]) - (row["language"] == "sw")
                if row["prompt"] != "native"
                else 30 - (row["language"] == "sw")
            )
        )
        assert row["log_ratio"] == pytest.approx(np.mean(list(ratio.values())), abs=1e-5)
        if row["prompt"] != "native":
            assert (row["n_control"], row["log_ratio_control"], row["log_ratio_corrected"]) == (0, None, None)
            continue
        control = expected(*place, forms=("native_control", "pivot_control"))
        assert row["n_control"] == len(control)
        assert row["log_ratio_control"] == pytest.approx(np.mean(list(control.values())), abs=1e-5)
        paired = [ratio[name] - value for name, value in control.items()]
        assert row["log_ratio_corrected"] == pytest.approx(np.mean(paired), abs=1e-5)


def test_tokens_are_means_over_choices_and_questions(made, tmp_path):
    for row in written(tmp_path, LOG_RATIOS, computed(made).log_ratios):
        for form in ("native", "pivot"):
            prompts = {"native_sample": ["native"], "symmetric": ["native", "pivot"]}.get(row["prompt"])
            sampled = SAMPLED[row["language"]] if row["prompt"] != "native" else IDS
            counted = [
                np.mean(
                    [
                        np.mean(r["n_tokens"])
                        for r in made[0][row["language"]]
                        if (r["prompt"], r["form"]) == (prompt, form) and r["question_id"] in sampled
                    ]
                )
                for prompt in prompts or [row["prompt"]]
            ]
            assert row[f"tokens_{form}"] == pytest.approx(np.mean(counted), rel=1e-6)


def test_means_are_over_the_other_languages_and_the_difference_is_paired(made, tmp_path):
    rows = written(tmp_path, LOG_RATIO_MEANS, computed(made).log_ratio_means)
    found = {(row["prompt"], row["normalisation"], row["series"]): row for row in rows}
    assert len(found) == len(rows) == (5 + 2) * 4
    for (prompt, normalisation, series), row in found.items():
        by_language = []
        for name in NAMES[1:]:
            place = made[0][name], prompt, normalisation, "mean_logprob"
            ratio, control = expected(*place), expected(made[0][name], "native", *place[2:], FORMS[2:])
            one = {"log_ratio": ratio, "control": control}.get(series)
            if one is None:
                one = {key: ratio[key] - value for key, value in control.items()}
            by_language.append(one)
        means = [np.mean(list(one.values())) for one in by_language]
        assert row["mean"] == pytest.approx(np.mean(means), abs=1e-5)
        counts = [len(one) for one in by_language]
        assert (row["n_questions_min"], row["n_questions_max"]) == (min(counts), max(counts))
        assert (row["n_languages"], row["n_families"]) == (3, 3)
        assert row["low"] < row["mean"] < row["high"] and row["p_value"] is None


def test_without_further_prompts_there_are_the_papers_rows_alone(made, tmp_path):
    own = {name: [row for row in rows if row["prompt"] == "native"] for name, rows in made[0].items()}
    lens = {name: lens_table(rows) for name, rows in own.items()}
    rows = written(tmp_path, LOG_RATIOS, computed((own, lens, made[2])).log_ratios)
    assert {row["prompt"] for row in rows} == {"native"}
    everything = written(tmp_path, LOG_RATIOS, computed(made).log_ratios)
    assert rows == [row for row in everything if row["prompt"] == "native"]


def test_without_the_pivots_choices_there_are_no_rows(made, tmp_path):
    native = {
        name: lens_table(
            [
                row
                for row in rows
                if (row["form"], row["prompt"]) in (("native", "native"), ("native", "without_choices"))
            ]
        )
        for name, rows in made[0].items()
    }
    found = computed((made[0], native, made[2]), forms=["native"], pair_metrics=["positive_transfer"])
    assert written(tmp_path, LOG_RATIOS, found.log_ratios) == []
    assert written(tmp_path, LOG_RATIO_MEANS, found.log_ratio_means) == []


def test_a_question_without_a_control_is_left_out_of_the_corrected_ratio_alone(made, tmp_path):
    """And a language without any has none."""
    rows = {name: [r for r in of if name != "de" or "control" not in r["form"]] for name, of in made[0].items()}
    lens = {name: lens_table(of) for name, of in rows.items()}
    found = written(tmp_path, LOG_RATIOS, computed((rows, lens, made[2])).log_ratios)
    for row, full in zip(found, written(tmp_path, LOG_RATIOS, computed(made).log_ratios), strict=True):
        without = dict(n_control=0, log_ratio_control=None, log_ratio_corrected=None) if row["language"] == "de" else {}
        assert row == full | without


def test_log_ratio_of_very_improbable_texts_stays_finite():
    native, pivot = np.full((1, 4), -400, np.float32), np.full((1, 4), -401, np.float32)
    for aggregate in ("mean_logprob", "mean_prob"):
        np.testing.assert_allclose(log_ratios.log_ratio(native, pivot, aggregate), [1])


def test_the_two_aggregates_are_geometric_and_arithmetic_means():
    random = np.random.default_rng(3)
    native, pivot = random.normal(-3, 1, (2, 7, 5)).astype(np.float32)
    geometric = np.log(stats.gmean(np.exp(native), axis=1) / stats.gmean(np.exp(pivot), axis=1))
    arithmetic = special.logsumexp(native, axis=1) - special.logsumexp(pivot, axis=1)
    np.testing.assert_allclose(log_ratios.log_ratio(native, pivot, "mean_logprob"), geometric, atol=1e-5)
    np.testing.assert_allclose(log_ratios.log_ratio(native, pivot, "mean_prob"), arithmetic, atol=1e-5)


def test_unknown_aggregate_names_the_key():
    with pytest.raises(CrosslensError, match="lens.aggregate is 'median', but it must be mean_logprob"):
        log_ratios.log_ratio(np.zeros((1, 4)), np.zeros((1, 4)), "median")


WORLDS = {"copying": (4, 0, -4), "thinks in its language": (4, 2, 1), "thinks in English": (-1, -2, -4)}


@pytest.mark.parametrize("world", WORLDS)
def test_measures_disagree_in_sign_only_where_the_ratio_is_copied(tmp_path, world):
    """A model that copies favours what stands in the prompt; without the choices, its ratio is 0, so either sign."""
    random = np.random.default_rng(5)
    shift = dict(zip(("native", "without_choices", "pivot"), WORLDS[world], strict=True))
    lens, letters, key = {}, {}, np.zeros(len(IDS), int)
    for name in NAMES:
        rows = []
        for prompt, favour in shift.items():
            for question in IDS:
                for form in FORMS[:2]:
                    values = random.normal(-6, 1, 4) + (favour if form == "native" and name != "en" else 0)
                    first = values - (0.5 if form == "native" and world == "copying" else 0)
                    place = {"question_id": question, "key": 0, "prompt": prompt, "form": form}
                    rows.append(place | {"logprob": values.tolist(), "first": first.tolist()})
        lens[name], letters[name] = lens_table(rows), letters_table(IDS, key, key)
    forms = ["native", "pivot"]
    found = latent_layer(lens, letters, LAYER, intervals(IDS, NAMES), "en", "mean_logprob", SEED, forms)
    write_table(tmp_path / "table", LOG_RATIO_MEANS, found.log_ratio_means, {})
    table = read_table(tmp_path / "table", LOG_RATIO_MEANS).replace_schema_metadata()
    for column in ("dataset", "model"):
        table = table.add_column(0, column, [["one"] * len(table)])
    plotted = log_ratio_by_prompt.data(table)
    check(plotted, log_ratio_by_prompt.PLOTTED, "plotted")
    assert set(plotted["disagree"].to_pylist()) == {world == "copying"}
    by_prompt = {r["series"]: r for r in plotted.to_pylist() if r["normalisation"] == "per_token"}
    assert by_prompt["native_sample"]["mean"] == pytest.approx(shift["native"], abs=0.2)
    assert by_prompt["symmetric"]["mean"] == pytest.approx((shift["native"] + shift["pivot"]) / 2, abs=0.2)
