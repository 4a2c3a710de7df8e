"""The workflow as a whole: lint, dry-runs, and what the demo writes."""

import re

import workflow_runs
from crosslens.findings.claims import CLAIMS
from crosslens.tables.files import matrix, read_provenance, read_table
from crosslens.tables.inference import (
    ANSWERS,
    AUDIT,
    HIDDEN_STATES,
    LENS,
    QUESTIONS,
    STEERED,
    STEERING_VECTORS,
)
from crosslens.tables.metrics import TABLES
from workflow_runs import planned_jobs, snakemake

TABLE_OF = {
    "questions/*/*.arrow": QUESTIONS,
    "audit/*.arrow": AUDIT,
    "hidden_states/*/*/*.arrow": HIDDEN_STATES,
    "steering_vectors/*/*/*.arrow": STEERING_VECTORS,
    "inference/*/*/*/answers.arrow": ANSWERS,
    "inference/*/*/*/lens.arrow": LENS,
    "inference/*/*/*/steered.arrow": STEERED,
    "metrics/*/*/languages.arrow": TABLES["language_metrics"],
    "metrics/*/*/pairs.arrow": TABLES["pair_metrics"],
    "metrics/*/*/expectations.arrow": TABLES["expectations"],
    "metrics/*/*/replicates.arrow": TABLES["replicates"],
    "metrics/*/*/pair_replicates.arrow": TABLES["pair_replicates"],
    "metrics/*/*/letters.arrow": TABLES["letters"],
    "metrics/*/*/letter_shares.arrow": TABLES["letter_shares"],
    "metrics/*/*/ceiling.arrow": TABLES["ceiling"],
    "metrics/*/*/n_way.arrow": TABLES["n_way"],
    "metrics/*/*/accuracy_by_group.arrow": TABLES["accuracy_by_group"],
    "metrics/*/*/pairs_by_group.arrow": TABLES["pairs_by_group"],
    "metrics/*/*/ceiling_pairs.arrow": TABLES["ceiling_pairs"],
    "metrics/*/*/ceiling_means.arrow": TABLES["ceiling_means"],
    "metrics/*/*/steering.arrow": TABLES["steered_metrics"],
    "metrics/*/*/steering_by_half.arrow": TABLES["steering_by_half"],
    "metrics/*/*/steering_gains.arrow": TABLES["steering_gains"],
    "metrics/*/*/steering_selected.arrow": TABLES["steering_selected"],
    "metrics/*/*/steering_replicates.arrow": TABLES["steering_replicates"],
    "metrics/*/*/steering_sizes.arrow": TABLES["steering_sizes"],
    "metrics/*/*/vector_cosines.arrow": TABLES["vector_cosines"],
    "metrics/*/*/latent/layer_*.arrow": TABLES["latent_metrics"],
    "metrics/*/*/latent_pairs/layer_*.arrow": TABLES["latent_pair_metrics"],
    "metrics/*/*/log_ratios/layer_*.arrow": TABLES["log_ratios"],
    "metrics/*/*/log_ratio_means/layer_*.arrow": TABLES["log_ratio_means"],
    "metrics/*/*/latent_means/layer_*.arrow": TABLES["latent_means"],
    "metrics/*/*/error_split/layer_*.arrow": TABLES["error_split"],
    "metrics/*/*/depth_replicates.arrow": TABLES["depth_replicates"],
    "metrics/*/*/depth_pair_replicates.arrow": TABLES["pair_replicates"],
    "metrics/*/*/similarity/layer_*.arrow": TABLES["similarity"],
    "metrics/*/*/similarity_means/layer_*.arrow": TABLES["similarity_means"],
    "metrics/*/*/language_probe/layer_*.arrow": TABLES["language_probe"],
    "metrics/*/*/similarity_relation.arrow": TABLES["similarity_relation"],
    "metrics/*/*/pca/layer_*.arrow": TABLES["pca"],
    "tables/correlations.arrow": TABLES["correlations"],
    "tables/letters.arrow": TABLES["letters_table"],
    "tables/claims.arrow": TABLES["claims"],
    "tables/claim_parts.arrow": TABLES["claim_parts"],
}


def test_lint():
    snakemake(workflow_runs.ROOT, "--lint")


def test_dry_run_of_the_demo_starts_every_rule(project):
    jobs = planned_jobs(project)
    assert jobs["inference"] == jobs["hidden_states"] == 2 * 3 * 6
    assert jobs["steering_vectors"] == 2 * 3 * 5
    assert jobs["latent_metrics"] == jobs["similarity"] == 2 * 3 * 4
    assert jobs["similarity_relation"] == jobs["latent_thirds"] == 2 * 3
    assert jobs["latex_tables"] == 1


def test_jobs_are_grouped_only_where_a_profile_says_how_many_a_group_holds(project):
    """Groups cost Snakemake seconds for thousands of jobs, and mean nothing without a cluster."""
    sizes = ["--group-components", "questions-{dataset}=6"]
    alone, grouped = (snakemake(project, "--dry-run", *options).stdout for options in ([], sizes))
    assert "Group job" not in alone and "Group job questions-toy-mmmlu" in grouped


def test_dry_run_of_the_paper_lists_the_whole_experiment(project):
    """Six models in 122, 15 and 10 languages, each steered towards English. It fetches nothing."""
    models, languages = 6, 122 + 15 + 10
    jobs = planned_jobs(project, "--configfile", "config/paper.yaml")
    assert jobs["fetch_model"] == models and jobs["fetch_questions"] == jobs["questions"] == languages
    assert jobs["hidden_states"] == jobs["inference"] == models * languages
    assert jobs["steering_vectors"] == models * (languages - 3)
    of_answers = ("output_metrics", "letter_metrics", "group_metrics", "steered_metrics", "steering_geometry")
    of_answers += ("latent_thirds",)
    assert all(jobs[rule] == models * 3 for rule in of_answers)
    layers = {"gemma-2-2b": 7, "gemma-2-9b": 11, "gemma-2-27b": 12, "qwen2.5-3b": 9, "qwen2.5-7b": 7, "qwen2.5-32b": 16}
    assert jobs["latent_metrics"] == jobs["similarity"] == 3 * sum(layers.values())
    assert jobs["pca"] == sum(layers[name] for name in ("gemma-2-9b", "gemma-2-27b", "qwen2.5-3b", "qwen2.5-32b"))
    assert jobs["audit"] == jobs["prompt_sheet"] == 3
    assert sum(rule.startswith("figure_") for rule in jobs) == 15
    assert not (project / "results").exists() and not (project / "resources").exists()


def test_demo_prints_a_summary(demo):
    output = demo.joinpath("demo.txt").read_text()
    assert "results/demo/report.html" in output
    assert re.search(r"Verdicts on the claims: .*\d+ cannot be tested", output)
    for name in ("toy-qwen2", "toy-gemma2", "toy-belebele", "toy-mmmlu", "toy-hellaswag"):
        assert name in output


def test_demo_writes_every_file_with_its_schema(demo):
    results = demo / "results/demo"
    for pattern, table in TABLE_OF.items():
        files = sorted(results.glob(pattern))
        assert files, f"no file {pattern}"
        for file in files:
            read_table(file, table)
            assert read_provenance(file)["rule"], file
    for name in ("table1", "table2", "table3"):
        for kind in ("csv", "tex"):
            assert (results / f"tables/{name}.{kind}").stat().st_size > 0
    for name in ("report", "workflow"):
        assert results.joinpath(f"{name}.html").stat().st_size > 100_000


def test_five_languages_beside_english_are_too_few_to_test_any_claim(demo):
    rows = read_table(demo / "results/demo/tables/claims.arrow", TABLES["claims"]).to_pylist()
    # of 2 models without a series: every model, the smallest of a series, or a series
    assert len(rows) == len(CLAIMS) * 2 * 3 and {row["verdict"] for row in rows} == {"cannot be tested"}
    assert all("5 languages besides en; at least 6 are needed" in row["reason"] for row in rows)


def test_demo_shows_the_prompts_of_every_language(demo):
    for dataset in ("toy-belebele", "toy-mmmlu", "toy-hellaswag"):
        text = (demo / f"results/demo/prompts/{dataset}.txt").read_text(encoding="utf-8")
        for tag in ("en", "de", "es", "id", "hi", "sw"):
            questions = read_table(demo / f"results/demo/questions/{dataset}/{tag}.arrow", QUESTIONS)
            assert f"({tag}): 2 of {len(questions)} questions" in text
            assert questions["prompt"][0].as_py() in text


def test_every_file_is_under_the_run(demo):
    left = {path.name for path in demo.iterdir()} - {*workflow_runs.PARTS, "demo.txt", ".snakemake", "results"}
    assert not left
    assert [path.name for path in (demo / "results").iterdir()] == ["demo"]


def test_demo_again_has_nothing_to_do(demo):
    assert "Nothing to be done" in snakemake(demo, "--cores", "all").stdout


def test_english_is_learned_and_best(demo):
    for file in sorted((demo / "results/demo/metrics").glob("*/*/languages.arrow")):
        rows = read_table(file, TABLES["language_metrics"]).to_pylist()
        accuracy = {row["language"]: row["accuracy"] for row in rows}
        english = accuracy.pop("en")
        assert english > 0.7, (file, english)
        assert english > max(accuracy.values()), (file, english, accuracy)


def test_lens_at_the_last_layer_and_letters_are_log_probabilities(demo):
    for file in (demo / "results/demo/inference").glob("*/*/*/answers.arrow"):
        assert (matrix(read_table(file, ANSWERS), "logprob") <= 0).all()
    for file in (demo / "results/demo/inference").glob("*/*/*/lens.arrow"):
        assert (matrix(read_table(file, LENS), "logprob") <= 0).all()
