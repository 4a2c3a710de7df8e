"""Two runs side by side, on made tables: the numbers of their own tables, pairing, settings, and what is refused."""

import numpy as np
import pytest
from crosslens import version
from crosslens.errors import CrosslensError
from crosslens.findings import compare, compared_settings, compared_text, finished_runs
from crosslens.metrics import differences, means, output, replicates, resampling
from crosslens.metrics.replicates import Drawn
from crosslens.tables.compare import DIFFERENCES, SETTINGS
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS
from crosslens.tables.output_metrics import LANGUAGE_METRICS, PAIR_METRICS
from crosslens.tables.replicates import DEPTH_REPLICATES, PAIR_REPLICATES, REPLICATES, STEERING_REPLICATES
from crosslens.tables.steered_metrics import STEERING_SELECTED
from made_answers import answers_table, question_ids, random_answers

NAMES = ("de", "en", "es", "hi", "sw")
FAMILIES = {"de": "x", "en": "x", "es": "y", "hi": "z", "sw": "w"}
OTHERS = ("de", "es", "hi", "sw")
LEVEL = 0.9


def write_run(results, name, made=1, evaluations=(("m", "d"),), names=NAMES, more=(), **intervals):
    """Write the tables of a finished run that are compared; ``more`` are tables besides those of the answers."""
    settings = {"bootstrap": 40, "seed": 0, "level": 0.95, "families": {tag: FAMILIES[tag] for tag in names}}
    settings |= intervals
    clusters = [{q: str(i // 2) for i, q in enumerate(question_ids(40))}]
    draws = {"draws": resampling.identity(clusters, settings["bootstrap"], settings["seed"])}
    written_by = provenance("output_metrics", settings, **draws)
    for model, dataset in evaluations:
        logprob, key = random_answers(made, len(NAMES), missing=0, tied=False)
        key = random_answers(0, len(NAMES), missing=0)[1]
        tables = {tag: answers_table(logprob[NAMES.index(tag)], key[NAMES.index(tag)]) for tag in names}
        found = output.output_metrics(tables, clusters, **settings)
        place = results / f"{name}/metrics/{model}/{dataset}"
        for file, table in {
            "languages": LANGUAGE_METRICS,
            "pairs": PAIR_METRICS,
            "replicates": REPLICATES,
            "pair_replicates": PAIR_REPLICATES,
        }.items():
            write_table(place / f"{file}.arrow", table, getattr(found, file), written_by)
        for file, (table, columns) in dict(more).items():
            write_table(place / f"{file}.arrow", table, columns, written_by)
        inference = provenance(
            "inference",
            {"dtype": f"float{16 * made}", "seed": 0, "path": f"results/{name}/x", "vectors": {"own": {"used": made}}},
        )
        for tag in names:
            path = results / f"{name}/inference/{model}/{dataset}/{tag}/answers.arrow"
            write_table(path, ANSWERS, tables[tag], inference | {"tokens": made})
    version.record(results / name)
    (results / name / "report.html").write_text("")


def drawn(seed, names=OTHERS):
    random = np.random.default_rng(seed)
    value = random.uniform(0.3, 0.8, len(names))
    return Drawn(
        names, np.full(len(names), 40), value, (value + random.normal(size=(40, len(names))) / 20).astype("f4")
    )


def of_depth(*measures, seed):
    rows = {key: drawn(i + seed) for i, key in enumerate(measures)}
    return {"depth_replicates": (DEPTH_REPLICATES, replicates.columns(rows, ("third", "measure")))}


def of_steering(selected, seed):
    """Return tables of steering under two conditions, of which one is selected."""
    rows = {(2, 1.0, "accuracy"): drawn(seed), (3, 2.0, "accuracy"): drawn(seed + 1)}
    layer, gamma, _ = list(rows)[selected]
    row = {column.name: [None] for column in STEERING_SELECTED.columns}
    row |= {"measure": ["accuracy"], "layer": [layer], "gamma": [gamma]}
    row |= {name: [1] for name in ("n_languages", "n_families", "n_random", "n_questions_min", "n_questions_max")}
    return {
        "steering_replicates": (STEERING_REPLICATES, replicates.columns(rows, ("layer", "gamma", "measure"))),
        "steering_selected": (STEERING_SELECTED, row),
    }


def compared(results, tmp_path, names=("a", "b"), level=LEVEL):
    """Return the rows of table "differences", through a file, by model, data set and measure, and what is lacking."""
    columns, lacking = compare.compared(*finished_runs.two(names, results), level)
    write_table(tmp_path / "differences.arrow", DIFFERENCES, columns, {})
    rows = read_table(tmp_path / "differences.arrow", DIFFERENCES).to_pylist()
    return {(row["model"], row["dataset"], row["measure"]): row for row in rows}, lacking


def is_row(row, mean, a, b):
    shown = [row[name] for name in ("difference", "low", "high", "value_a", "value_b")]
    assert shown == pytest.approx([mean.mean, mean.low, mean.high, a, b], rel=1e-5)
    assert row["p_value"] is None and row["n_languages"] == mean.n_languages  # fewer than 8 families


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def test_paired_differences_are_those_of_the_replicates(results, tmp_path):
    thirds = ("middle", "log_ratio native per_token"), ("upper", "accuracy_pivot")
    for name, seed in (("a", 1), ("b", 2)):
        write_run(results, name, seed, more=of_depth(*thirds, seed=10 * seed) | of_steering(seed - 1, 20 * seed))
    rows, lacking = compared(results, tmp_path)
    assert list(rows) == [
        ("m", "d", name)
        for name in ("accuracy", "consistency_excess", "positive_transfer_excess")
        + ("middle log_ratio native per_token", "upper accuracy_pivot", "steering_gain")
    ]
    assert not lacking and all(row["paired"] for row in rows.values())
    both = [read_table(results / f"{name}/metrics/m/d/replicates.arrow", REPLICATES) for name in ("a", "b")]
    sides = [replicates.of_measure(table, "accuracy") for table in both]
    change = sides[1].value - sides[0].value, sides[1].replicates - sides[0].replicates
    mean = means.over_languages(*change, list(FAMILIES.values()), LEVEL)
    is_row(rows["m", "d", "accuracy"], mean, sides[0].value.mean(), sides[1].value.mean())
    for i, third in enumerate(thirds):
        a, b = drawn(10 + i), drawn(20 + i)
        mean = differences.of_languages(a, b, FAMILIES, LEVEL)
        is_row(rows["m", "d", " ".join(third)], mean, a.value.mean(), b.value.mean())
    # The condition that each run selects
    a, b = drawn(20), drawn(41)
    is_row(
        rows["m", "d", "steering_gain"],
        differences.of_languages(a, b, FAMILIES, LEVEL),
        a.value.mean(),
        b.value.mean(),
    )
    assert rows["m", "d", "steering_gain"]["remark"] == "a: layer 2, gamma 1; b: layer 3, gamma 2"
    assert {row["n_questions"] for row in rows.values()} == {40}


def test_a_run_compared_with_its_copy_has_no_differences(results, tmp_path):
    for name in ("a", "b"):
        write_run(results, name)
    rows, _ = compared(results, tmp_path)
    assert {(row["difference"], row["low"], row["high"]) for row in rows.values()} == {(0, 0, 0)}
    backwards, _ = compared(results, tmp_path, ("b", "a"))
    assert backwards == rows


@pytest.mark.parametrize("intervals", [{"seed": 1}, {"bootstrap": 30}])
def test_other_draws_combine_the_errors_of_both(results, tmp_path, intervals):
    write_run(results, "a", 1)
    write_run(results, "b", 2, **intervals)
    rows, _ = compared(results, tmp_path)
    assert not any(row["paired"] for row in rows.values())
    sides = [
        replicates.of_measure(read_table(results / f"{name}/metrics/m/d/replicates.arrow", REPLICATES), "accuracy")
        for name in ("a", "b")
    ]
    each = [means.over_languages(s.value, s.replicates, list(FAMILIES.values()), LEVEL) for s in sides]
    mean = differences.unpaired(*each, LEVEL)
    is_row(rows["m", "d", "accuracy"], mean, each[0].mean, each[1].mean)


def test_runs_are_compared_in_what_both_have(results, tmp_path):
    write_run(results, "a", 1, [("m", "d"), ("m", "e")], more=of_depth(("upper", "accuracy_pivot"), seed=1))
    write_run(results, "b", 2, [("n", "d"), ("m", "d")], names=("en", "de", "hi"))
    rows, lacking = compared(results, tmp_path)
    assert {key[:2] for key in rows} == {("m", "d")}
    assert lacking == ["m on d: only 'a' has upper accuracy_pivot."]
    assert {row["n_languages"] for row in rows.values()} == {3}
    values = {
        name: read_table(results / f"{name}/metrics/m/d/pairs.arrow", PAIR_METRICS).to_pylist() for name in ("a", "b")
    }
    pairs = {
        name: np.mean([r["consistency_excess"] for r in own if {r["source"], r["target"]} <= {"en", "de", "hi"}])
        for name, own in values.items()
    }
    row = rows["m", "d", "consistency_excess"]
    assert (row["value_a"], row["value_b"]) == pytest.approx((pairs["a"], pairs["b"]))
    assert row["difference"] == pytest.approx(pairs["b"] - pairs["a"])


def test_one_language_has_no_pairs_and_no_interval(results, tmp_path):
    for made, name in ((1, "a"), (2, "b")):
        write_run(results, name, made, names=("en",))
    rows, lacking = compared(results, tmp_path)
    ((key, row),) = rows.items()
    assert key == ("m", "d", "accuracy") and row["n_languages"] == 1 and not lacking
    assert row["low"] is None and row["p_value"] is None
    assert row["difference"] == pytest.approx(row["value_b"] - row["value_a"])


def settings(results, tmp_path):
    columns = compared_settings.differing(*finished_runs.two(("a", "b"), results))
    write_table(tmp_path / "settings.arrow", SETTINGS, columns, {})
    return read_table(tmp_path / "settings.arrow", SETTINGS).to_pylist()


def test_settings_that_differ_are_named_with_both_values(results, tmp_path):
    both = [("m", "d"), ("m", "e")]
    write_run(results, "a", 1, both)
    write_run(results, "b", 2, both, names=NAMES[:4], level=0.9)
    found = {
        (row["rule"], row["key"]): (row["value_a"], row["value_b"], row["where"]) for row in settings(results, tmp_path)
    }
    assert found.pop(("inference", "params.dtype")) == ('"float16"', '"float32"', "all")
    assert found.pop(("output_metrics", "params.level")) == ("0.95", "0.9", "all")
    one, other, _ = found.pop(("output_metrics", "params.families"))
    assert '"sw": "w"' in one and "sw" not in other
    assert not found


def test_equal_settings_have_no_rows_and_one_evaluation_is_named(results, tmp_path):
    for name in ("a", "b"):
        write_run(results, name)
    assert settings(results, tmp_path) == []
    for name, seed in (("a", 1), ("b", 3)):
        write_run(results, name, seed, [("m", "e")])
    assert [(row["key"], row["where"]) for row in settings(results, tmp_path)] == [("params.dtype", "m/e")]


def test_the_printout_says_what_a_reader_must_know(results, tmp_path):
    write_run(results, "a", 1, more=of_steering(0, 1))
    write_run(results, "b", 2, seed=3)
    rows, lacking = compared(results, tmp_path)
    found = compared_text.render(("a", "b"), list(rows.values()), settings(results, tmp_path), lacking, LEVEL)
    lines = found.splitlines()
    assert lines[0] == (
        "m on d, not paired, because questions or draws differ: the standard errors of both runs are combined"
    )
    assert lines[1].split() == ["a", "b", "difference", "90", "%", "interval", "p", "languages", "questions"]
    row = rows["m", "d", "accuracy"]
    assert lines[2].split() == [
        *("accuracy", f"{row['value_a']:.3f}", f"{row['value_b']:.3f}", f"{row['difference']:+.3f}"),
        *(f"{row['low']:+.3f}", "to", f"{row['high']:+.3f}", "-", "5", "40"),
    ]
    differing = [line.split() for line in lines[lines.index("") + 1 : -2]]
    assert differing[0] == ["settings", "that", "differ", "a", "b", "in"]
    assert ["inference", "dtype", '"float16"', '"float32"', "all"] in differing
    assert lines[-1] == "m on d: only 'a' has steering_gain."
    write_run(results, "b", 2, more=of_steering(1, 5))
    rows, lacking = compared(results, tmp_path)
    found = compared_text.render(("a", "b"), list(rows.values()), [], lacking, LEVEL)
    assert found.startswith("m on d, paired: the same draws of the same questions\n")
    assert "steering_gain: a: layer 2, gamma 1; b: layer 3, gamma 2." in found
    assert found.endswith("No setting differs.")


# ---- what is refused ----


@pytest.mark.parametrize("names", [[], ["a"], ["a", "a"], ["a", "b", "c"]])
def test_two_names_are_needed(results, names):
    with pytest.raises(CrosslensError, match=r"needs the names of two different runs.*runs=\[first,second\]"):
        finished_runs.two(names, results)


def test_an_unknown_run_is_named_with_those_that_are_there(results):
    write_run(results, "a")
    with pytest.raises(CrosslensError, match="no run 'c': .*results/c does not exist. Known runs: a."):
        finished_runs.two(["a", "c"], results)


@pytest.mark.parametrize("missing", ["report.html", "metrics/m/d/replicates.arrow"])
def test_an_unfinished_run_is_refused(results, missing):
    for name in ("a", "b"):
        write_run(results, name)
    (results / "b" / missing).unlink()
    with pytest.raises(CrosslensError, match=f"run 'b' is not finished: .*{missing} is missing"):
        finished_runs.two(["a", "b"], results)


@pytest.mark.parametrize("found", ["3", None])
def test_results_of_another_version_are_refused(results, found):
    for name in ("a", "b"):
        write_run(results, name)
    file = results / "a" / version.FILE
    file.unlink() if found is None else file.write_text(found)
    with pytest.raises(CrosslensError, match=f"are of version {found or 1}, but .* {version.RESULTS}"):
        finished_runs.two(["a", "b"], results)


def test_runs_with_nothing_in_common_are_refused(results):
    write_run(results, "a", evaluations=[("m", "d")])
    write_run(results, "b", evaluations=[("m", "e"), ("n", "d")])
    with pytest.raises(CrosslensError, match="no model and data set in common: 'a' has m/d; 'b' has m/e, n/d"):
        finished_runs.two(["a", "b"], results)
