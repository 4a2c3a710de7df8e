"""What claims are given: files that rules of the run make, and facts of its models, data sets and languages."""

from crosslens.experiment import claim_inputs
from crosslens.findings.results import TABLES, Key, Results
from experiments import experiment


def test_claims_may_ask_for_every_table_that_they_are_given_and_for_no_other():
    assert list(claim_inputs.FILES) and set(claim_inputs.FILES) == set(TABLES)


def test_the_demo_has_every_table_of_every_model_and_data_set():
    files = claim_inputs.files(experiment())
    assert {key.table for key in files} == set(TABLES)
    per_layer = {"similarity", "similarity_means", "log_ratios"}
    assert len(files) == 2 * 3 * (len(TABLES) - len(per_layer) + 4 * len(per_layer))
    assert files[Key("similarity", "toy-qwen2", "toy-mmmlu", 3)] == (
        "results/demo/metrics/toy-qwen2/toy-mmmlu/similarity/layer_3.arrow"
    )
    assert files[Key("replicates", "toy-qwen2", "toy-mmmlu")].endswith("toy-mmmlu/replicates.arrow")


def test_log_ratios_are_those_that_are_averaged():
    files = claim_inputs.files(experiment({"correlations": {"layers": [2, 4]}}))
    assert {key.layer for key in files if key.table == "log_ratios"} == {2, 4}


def test_models_that_are_not_steered_have_no_tables_of_steering():
    files = claim_inputs.files(experiment({"steering": {"conditions": []}}))
    assert not any(key.table.startswith("steering") for key in files)
    only = [{"layers": "grid", "gammas": [2], "models": ["toy-qwen2"]}]
    files = claim_inputs.files(experiment({"steering": {"conditions": only}}))
    assert {key.model for key in files if key.table.startswith("steering")} == {"toy-qwen2"}


def test_data_sets_have_the_tables_that_their_languages_allow():
    run = experiment({"datasets": ["toy-mmmlu"]})
    entry = run.datasets["toy-mmmlu"]
    own = {"languages", "pairs", "replicates", "pair_replicates"}
    for parallel, missing in (("ids", {"log_ratios"}), ("none", set(TABLES) - own)):
        run.datasets["toy-mmmlu"] = {**entry, "parallel": parallel}
        assert {key.table for key in claim_inputs.files(run)} == set(TABLES) - missing
        assert claim_inputs.facts(run)["datasets"]["toy-mmmlu"]["because"]


def test_facts_are_those_of_the_catalogues():
    run = experiment("paper")
    results = Results({}, **claim_inputs.facts(run))
    assert results.series() == {
        "Gemma 2": ["gemma-2-2b", "gemma-2-9b", "gemma-2-27b"],
        "Qwen 2.5": ["qwen2.5-3b", "qwen2.5-7b", "qwen2.5-32b"],
    }
    assert [one.models for one in results.subjects("series")][0] == "gemma-2-2b, gemma-2-27b"
    assert len(results.others("belebele")) == 121 and results.scripts["zh"] == "Hans"
    assert results.models["gemma-2-9b"]["layers"] == 42 and results.models["gemma-2-9b"]["correlated"][-1] == 42
    assert set(results.families) == set(results.scripts) >= set(results.resource)


def test_captions_have_the_limits_of_the_rule():
    facts = claim_inputs.caption_facts(experiment())
    assert facts["limits"] == {"languages": 6, "families": 8, "alpha": 0.05, "equivalence_level": 0.9}
    assert facts["toys"] == ["Toy Qwen 2", "Toy Gemma 2"]
