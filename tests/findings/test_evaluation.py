"""Claims as rows: families of tests, the weakest part, premises, and what a run without anything says."""

import numpy as np
import pytest
from crosslens.findings import evaluation
from crosslens.findings.claims import CLAIMS, Claim, Part
from crosslens.findings.results import Results, Subject
from crosslens.findings.verdicts import (
    CANNOT,
    CONTRADICTED,
    INCONCLUSIVE,
    NO_EFFECT,
    SUPPORTED,
    Counts,
    Effect,
    Untestable,
)
from crosslens.metrics.testing import holm
from crosslens.tables import findings
from crosslens.tables.files import read_table, write_table
from made_findings import DATASET, LARGE, MODELS, NAMES, SMALL, results

ENOUGH = Counts(20, 10, 50)
PAPERS = [claim for claim in CLAIMS if claim.id.startswith("C")]


def effect(estimate, p, half=1.0, counts=ENOUGH):
    bounds = estimate - 2 * half, estimate + 2 * half, estimate - half, estimate + half
    return Effect(float(estimate), *map(float, bounds), float(p), counts)


def claim(effects, scope="model", **more):
    """Return a claim whose parts have given effects, or a reason why there is none, by (model, part)."""

    def found(_: Results, subject: Subject, name: str) -> Effect:
        value = effects[subject.model, name]
        if isinstance(value, str):
            raise Untestable(value)
        return value

    names = dict.fromkeys(name for _, name in effects)
    parts = tuple(Part(name, (name,), counts=not name.startswith("aside")) for name in names)
    return Claim("X1", "It is so.", "theta", scope, 1.0, "points", found, parts, **more)


def rows_of(claims, **facts):
    return [table.to_pylist() for table in evaluation.evaluate(results({}, **facts), claims)]


def test_p_values_of_all_parts_and_models_on_a_data_set_are_corrected_together_but_not_those_of_others(tmp_path):
    p = {(SMALL, "a"): 0.01, (SMALL, "b"): 0.02, (LARGE, "a"): 0.03, (LARGE, "b"): 0.04}
    one = claim({place: effect(3, value) for place, value in p.items()})
    facts = {"languages": NAMES, "shares": ["questions"], "because": ""}
    tables = evaluation.evaluate(results({}, datasets={"set": facts, "other": facts}), [one, one])
    rows = tables[1].to_pylist()
    assert len(rows) == 4 * 2 * 2
    for dataset in ("set", "other"):
        own = [row["p_holm"] for row in rows if row["dataset"] == dataset]
        assert own == pytest.approx([*holm(np.array(list(p.values()))).tolist()] * 2)
    for table, declared in zip(tables, (findings.CLAIMS, findings.CLAIM_PARTS), strict=True):
        write_table(tmp_path / declared.name, declared, table, {})
        assert read_table(tmp_path / declared.name, declared).num_rows == len(table)


def test_what_cannot_be_tested_does_not_count_as_a_test():
    few = effect(3, 0.001, counts=Counts(20, 7, 50))
    parts = {(SMALL, "a"): effect(3, 0.03), (SMALL, "b"): few, (LARGE, "a"): "not run", (LARGE, "b"): "not run"}
    _, rows = rows_of([claim(parts)])
    assert [row["p_holm"] for row in rows] == [0.03, None, None, None]
    assert [row["verdict"] for row in rows] == [SUPPORTED, CANNOT, CANNOT, CANNOT]


def test_a_part_aside_changes_neither_the_verdict_nor_the_corrections():
    parts = {(SMALL, "a"): effect(3, 0.03), (SMALL, "aside"): effect(-3, 0.04)}
    parts |= {(LARGE, "a"): effect(3, 0.001), (LARGE, "aside"): "not run"}
    claims, rows = rows_of([claim(parts)])
    assert [row["verdict"] for row in claims] == [SUPPORTED] * 2 and [row["n_parts"] for row in claims] == [1, 1]
    assert [row["p_holm"] for row in rows] == pytest.approx([0.03, 0.04, 0.002, None])
    assert rows[1]["verdict"] == CONTRADICTED


def test_a_claim_takes_its_weakest_part_and_names_it():
    parts = {(SMALL, "a"): effect(3, 0.001), (SMALL, "b"): effect(0, 0.9, 0.5), (SMALL, "c"): "a control was not run"}
    parts |= {(LARGE, "a"): effect(3, 0.001), (LARGE, "b"): effect(2, 0.001), (LARGE, "c"): effect(4, 0.001)}
    (small, large), _ = rows_of([claim(parts)])
    assert (small["verdict"], small["part"], small["n_parts"], small["models"]) == (NO_EFFECT, "b", 3, SMALL)
    assert small["reason"].startswith("b: the 90 % interval, -0.5 to 0.5, lies within ±1 point")
    assert (large["verdict"], large["part"], large["estimate"]) == (SUPPORTED, "b", 2)
    assert (large["n_languages"], large["n_families"], large["n_questions"]) == ENOUGH


def test_a_claim_whose_parts_all_hold_is_corrected_for_models_not_for_parts():
    names = "abcd"
    parts = {(SMALL, name): effect(3 + i, 0.02 - 0.001 * i) for i, name in enumerate(names)}
    parts |= {(LARGE, name): effect(3, 0.9) for name in names}
    (small, large), rows = rows_of([claim(parts)])
    assert {row["verdict"] for row in rows} == {INCONCLUSIVE}  # each alone is one of eight tests
    assert (small["verdict"], small["p_holm"], small["part"]) == (SUPPORTED, 0.04, "a")
    assert small["estimate"] == 3 and small["p_value"] == 0.02 and "all 4 parts" in small["reason"]
    assert large["verdict"] == INCONCLUSIVE


@pytest.mark.parametrize(
    "other", [effect(0.9, 0.001), effect(3, 0.03), effect(-3, 0.02), effect(3, 0.001, counts=Counts(20, 7, 50))]
)
def test_it_is_not_if_one_part_is_small_uncertain_opposite_or_cannot_be_tested(other):
    parts = {(SMALL, name): effect(3, 0.02) for name in "abcd"} | {(SMALL, "e"): other}
    parts |= {(LARGE, name): effect(3, 0.9) for name in "abcde"}
    (small, _), _ = rows_of([claim(parts)])
    assert small["verdict"] != SUPPORTED


@pytest.mark.parametrize(
    ("other", "together", "alone"),
    [
        (effect(-3, 0.001), CONTRADICTED, CONTRADICTED),
        (effect(-3, 0.04), CONTRADICTED, CONTRADICTED),  # .08 with the correction for two parts
        (effect(-3, 0.2), INCONCLUSIVE, CONTRADICTED),
        (effect(3, 0.001), INCONCLUSIVE, CONTRADICTED),
        (effect(0, 0.9, 0.5), INCONCLUSIVE, CONTRADICTED),
        ("not run", CANNOT, CONTRADICTED),
    ],
)
def test_measures_of_one_thing_contradict_a_claim_only_together(other, together, alone):
    parts = {(SMALL, "a"): effect(-3, 0.001), (SMALL, "b"): other}
    alone_row, together_row = (
        rows_of([claim(parts, "small", one_thing=one_thing)])[0][0] for one_thing in (False, True)
    )
    assert (alone_row["verdict"], together_row["verdict"]) == (alone, together)
    if together == INCONCLUSIVE:
        assert together_row["reason"] == "the measures disagree: 1 of 2 contradict the claim, for example a"


def test_a_reason_that_all_parts_share_names_none():
    (small, _), _ = rows_of([claim({(model, part): "not run" for model in (SMALL, LARGE) for part in "ab"})])
    assert (small["verdict"], small["reason"], small["estimate"]) == (CANNOT, "not run", None)


@pytest.mark.parametrize(
    ("premise", "change", "verdict"),
    [
        (effect(3, 0.001), effect(0, 0.9, 0.5), SUPPORTED),
        (effect(3, 0.9, 4), effect(0, 0.9, 0.5), NO_EFFECT),
        ("not run", effect(0, 0.9, 0.5), NO_EFFECT),
        (effect(3, 0.001), effect(3, 0.001), CONTRADICTED),
        (effect(3, 0.001), effect(-3, 0.001), CONTRADICTED),
        (effect(3, 0.001), effect(0.5, 0.5), INCONCLUSIVE),
    ],
)
def test_a_claim_with_a_premise_says_that_there_is_no_effect(premise, change, verdict):
    first = claim({(SMALL, ""): premise}, "series")
    second = claim({(SMALL, ""): change}, "series", premise="X1")
    rows, _ = rows_of([first, second])
    assert rows[1]["verdict"] == verdict and rows[1]["models"] == f"{SMALL}, {LARGE}"


def test_subjects_are_models_smallest_models_or_sizes():
    alone = {"series": None, "parameters": 3.0, "layers": 4, "correlated": [4]}
    models = {"middle": MODELS[SMALL] | {"parameters": 4.0}, **MODELS, "alone": alone}
    models["unknown"] = MODELS[SMALL] | {"parameters": None}
    run = results({}, models=models)
    assert [one.models for one in run.subjects("model")] == list(models)
    assert [one.models for one in run.subjects("small")] == [SMALL, "alone", "unknown"]
    assert [one.models for one in run.subjects("series")] == [f"{SMALL}, {LARGE}", "alone", "unknown"]
    equal = results({}, models={"a": MODELS[SMALL], "b": MODELS[SMALL]})
    assert [one.models for one in equal.subjects("series")] == ["a"]


@pytest.mark.parametrize(("n", "said"), [(6, "5 languages"), (2, "1 language")])
def test_a_run_with_few_languages_can_test_nothing_and_says_why(n, said):
    facts = {"languages": NAMES[:n], "shares": ["questions", "choices"], "because": ""}
    claims, parts = rows_of(PAPERS, datasets={DATASET: facts})
    assert {row["verdict"] for row in (*claims, *parts)} == {CANNOT}
    assert {row["reason"] for row in claims} == {f"set has {said} besides en; at least 6 are needed"}


def test_a_run_without_tables_can_test_nothing_and_every_claim_says_which_are_missing():
    claims, parts = rows_of(PAPERS)
    assert len(claims) == 9 + 5 * 2 + 4
    assert [row["claim"] for row in parts] == sorted((row["claim"] for row in parts), key=lambda name: int(name[1:]))
    assert {row["verdict"] for row in claims} == {CANNOT}
    for row in (*claims, *parts):
        of_steering = "is not steered" if row["claim"] in ("C14", "C15", "C16", "C17", "C18") else None
        of_states = "no stored states" if row["claim"] in ("C12", "C13") else "the run has no table"
        assert any(text in row["reason"] for text in (of_steering, of_states, "the run has no table") if text), row


def test_without_questions_in_common_only_accuracy_can_be_tested():
    facts = {"languages": NAMES, "shares": [], "because": "each of its languages has questions of its own"}
    _, parts = rows_of(PAPERS, datasets={DATASET: facts})
    for row in parts:
        missing = "the run has no table replicates" if row["claim"] in ("C1", "C2") else "do not share their"
        assert missing in row["reason"], row


def test_the_claims_are_the_papers_eighteen():
    assert [claim.id for claim in PAPERS] == [f"C{i}" for i in range(1, 19)]
    assert all(claim.smallest_effect > 0 and claim.effect.__doc__ for claim in CLAIMS)
    for one in CLAIMS:
        assert len({part.name for part in one.parts}) == len(one.parts)
        assert one.id in one.effect.__doc__
