"""The workflow as a whole: lint, dry-runs, the demo end to end, what reruns after an edit, and how bad input ends."""

import json
import re

import pytest
import workflow_runs
import yaml
from crosslens.tables import matrix, read_provenance, read_table
from hub_files import belebele_row, write_jsonl
from workflow_runs import copy_project, planned_jobs, snakemake

TABLE_OF = {
    "questions/*/*.arrow": "questions",
    "audit/*.arrow": "audit",
    "hidden_states/*/*/*.arrow": "hidden_states",
    "steering_vectors/*/*/*.arrow": "steering_vectors",
    "inference/*/*/*/answers.arrow": "answers",
    "inference/*/*/*/lens.arrow": "lens",
    "inference/*/*/*/steered.arrow": "steered",
    "metrics/*/*/languages.arrow": "language_metrics",
    "metrics/*/*/pairs.arrow": "pair_metrics",
    "metrics/*/*/expectations.arrow": "expectations",
    "metrics/*/*/steering.arrow": "steering_metrics",
    "metrics/*/*/latent/layer_*.arrow": "latent_metrics",
    "metrics/*/*/latent_pairs/layer_*.arrow": "latent_pair_metrics",
    "metrics/*/*/similarity/layer_*.arrow": "similarity",
    "metrics/*/*/pca/layer_*.arrow": "pca",
    "tables/correlations.arrow": "correlations",
}


@pytest.fixture()
def project(tmp_path):
    """A fresh copy of the project, without results."""
    return copy_project(tmp_path)


def test_lint():
    snakemake(workflow_runs.ROOT, "--lint")


def test_dry_run_of_the_demo_starts_every_rule(project):
    jobs = planned_jobs(project)
    assert jobs["inference"] == jobs["hidden_states"] == 2 * 3 * 6
    assert jobs["steering_vectors"] == 2 * 3 * 5
    assert jobs["latent_metrics"] == jobs["similarity"] == 2 * 3 * 4


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
    assert jobs["output_metrics"] == jobs["steering_metrics"] == models * 3
    layers = {"gemma-2-2b": 7, "gemma-2-9b": 11, "gemma-2-27b": 12, "qwen2.5-3b": 9, "qwen2.5-7b": 7, "qwen2.5-32b": 16}
    assert jobs["latent_metrics"] == jobs["similarity"] == 3 * sum(layers.values())
    assert jobs["pca"] == sum(layers[name] for name in ("gemma-2-9b", "gemma-2-27b", "qwen2.5-3b", "qwen2.5-32b"))
    assert jobs["audit"] == jobs["prompts"] == 3
    assert sum(rule.startswith("figure_") for rule in jobs) == 10
    assert not (project / "results").exists() and not (project / "resources").exists()


def test_demo_prints_a_summary(demo):
    output = demo.joinpath("demo.txt").read_text()
    assert "results/demo/report.html" in output
    for name in ("toy-qwen2", "toy-gemma2", "toy-belebele", "toy-mmmlu", "toy-hellaswag"):
        assert name in output


def test_demo_writes_every_file_with_its_schema(demo):
    results = demo / "results/demo"
    for pattern, name in TABLE_OF.items():
        files = sorted(results.glob(pattern))
        assert files, f"no file {pattern}"
        for file in files:
            read_table(file, name)
            assert read_provenance(file)["rule"], file
    for name in ("table1", "table2", "table3"):
        assert (results / f"tables/{name}.csv").stat().st_size > 0
    assert results.joinpath("report.html").stat().st_size > 100_000


def test_demo_shows_the_prompts_of_every_language(demo):
    for dataset in ("toy-belebele", "toy-mmmlu", "toy-hellaswag"):
        text = (demo / f"results/demo/prompts/{dataset}.txt").read_text(encoding="utf-8")
        for tag in ("en", "de", "es", "id", "hi", "sw"):
            questions = read_table(demo / f"results/demo/questions/{dataset}/{tag}.arrow", "questions")
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
        rows = read_table(file, "language_metrics").to_pylist()
        accuracy = {row["language"]: row["accuracy"] for row in rows}
        english = accuracy.pop("en")
        assert english > 0.7, (file, english)
        assert english > max(accuracy.values()), (file, english, accuracy)


def test_lens_at_the_last_layer_and_letters_are_log_probabilities(demo):
    for file in (demo / "results/demo/inference").glob("*/*/*/answers.arrow"):
        assert (matrix(read_table(file, "answers"), "logprob") <= 0).all()
    for file in (demo / "results/demo/inference").glob("*/*/*/lens.arrow"):
        assert (matrix(read_table(file, "lens"), "logprob") <= 0).all()


EDITS = {
    "nothing": ({}, {}),
    "a gamma more": (
        {"steering": {"conditions": [{"layers": "grid", "gammas": [-2, 2]}, {"layers": [2], "gammas": [8]}]}},
        {"inference": 30},
    ),
    "a model less": ({"models": ["toy-qwen2"]}, {}),
    "other aggregation": ({"lens": {"aggregate": "mean_prob"}}, {"latent_metrics": 24, "correlations": 1}),
    "more bootstrap": ({"intervals": {"bootstrap": 300}}, {"output_metrics": 6}),
    "another seed": ({"seed": 1}, {"hidden_states": 36, "inference": 36}),
    "a chat template": ({"prompt": {"chat_template": True}}, {"hidden_states": 36, "inference": 36, "prompts": 3}),
    "another letter form": (
        {"prompt": {"letter_form": "(A)"}},
        {"questions": 18, "hidden_states": 36, "inference": 36, "prompts": 3, "table3": 1},
    ),
    "instructions in each language": (
        {"prompt": {"instruction_language": "native"}},
        {"questions": 15, "hidden_states": 30, "inference": 30, "prompts": 3},
    ),
}
MODEL_RULES = {"make_demo_data", "train_demo_model", "questions", "hidden_states", "steering_vectors", "inference"}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_reruns_what_it_affects(demo, tmp_path, edit):
    values, expected = EDITS[edit]
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump(values))
    jobs = planned_jobs(demo, *(["--configfile", str(overlay)] if values else []))
    assert {rule: jobs.get(rule, 0) for rule in expected} == expected, jobs
    touched = {rule for rule in jobs if rule in MODEL_RULES}
    assert touched <= set(expected) | ({"steering_vectors"} if "hidden_states" in expected else set()), jobs
    if edit == "nothing":
        assert not jobs


CODE_EDITS = {
    "comment": ("workflow/scripts/crosslens/lens.py", "\n# a remark\n", set()),
    "lens": ("workflow/scripts/crosslens/lens.py", "\nUNUSED = 1\n", {"hidden_states", "inference"}),
    "similarity": ("workflow/scripts/crosslens/similarity.py", "\nUNUSED = 1\n", {"similarity"}),
}


@pytest.mark.parametrize("edit", CODE_EDITS)
def test_a_code_edit_reruns_the_scripts_that_import_it(demo, edit):
    path, text, expected = CODE_EDITS[edit]
    file = demo / path
    original = file.read_text()
    try:
        file.write_text(original + text)
        jobs = planned_jobs(demo)
    finally:
        file.write_text(original)
    rules = {"questions", "hidden_states", "inference", "train_demo_model", "similarity", "pca", "output_metrics"}
    if not expected:
        assert not jobs
    assert expected <= set(jobs)
    assert "questions" not in jobs and "train_demo_model" not in jobs
    if expected == {"similarity"}:
        assert set(jobs) & rules == expected


BAD_CONFIGS = {
    "unknown key": ({"steerin": {}}, "unknown key 'steerin'; did you mean 'steering'?"),
    "unknown nested key": ({"layers": {"evry": 2}}, "unknown key 'layers.evry'; did you mean 'every'?"),
    "unknown model": ({"models": ["toy-qwen3"]}, "did you mean 'toy-qwen2'?"),
    "unknown data set": ({"datasets": ["toy-belebel"]}, "did you mean 'toy-belebele'?"),
    "unknown language": ({"languages": ["xx"]}, "'xx' is not in config/languages.tsv"),
    "absent language": ({"languages": ["fr"]}, "has none of fr besides the pivot 'en'"),
    "language of no data set": ({"languages": ["de", "fr"]}, "has questions in 'fr'. Leave it out"),
    "absent pivot": ({"pivot": "fr"}, "data set 'toy-belebele' has no questions in 'fr'"),
    "layer not on grid": (
        {"steering": {"conditions": [{"layers": [9], "gammas": [1]}]}},
        "layer 9 is not on the grid of toy-qwen2",
    ),
    "unknown model of a condition": (
        {"steering": {"conditions": [{"models": ["toy-qwen"], "layers": "grid", "gammas": [1]}]}},
        "key 'steering.conditions.models': 'toy-qwen' is not in config/models.yaml; did you mean 'toy-qwen2'?",
    ),
    "no instructions": (
        {"prompt": {"instruction_language": "fi"}},
        "config/instructions.yaml has no instructions in 'fi', only in en, de, es,",
    ),
    "letter form without a letter": (
        {"prompt": {"letter_form": "1."}},
        "key 'prompt.letter_form': '1.' does not match",
    ),
    "wrong type": ({"steering": {"questions": "many"}}, "key 'steering.questions': 'many' is not of type 'integer'"),
}


@pytest.mark.parametrize("bad", BAD_CONFIGS)
def test_bad_config_is_refused_with_key_and_remedy(project, tmp_path, bad):
    values, message = BAD_CONFIGS[bad]
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(json.dumps(values))
    done = snakemake(project, "--dry-run", "--configfile", str(overlay), check=False)
    assert done.returncode != 0
    assert message in re.sub(r"\s+", " ", done.stdout), done.stdout
    assert "Traceback" not in done.stdout
    assert not (project / "results").exists()


def own_data(project, rows_of):
    """Makes the data set toy-belebele a folder of the user's, with English and German files of 20 rows."""
    catalogue = project / "config/datasets.yaml"
    entries = yaml.safe_load(catalogue.read_text())
    entries["toy-belebele"] |= {"source": {"path": "mine"}, "languages": ["en", "de"]}
    catalogue.write_text(yaml.safe_dump(entries))
    (project / "mine/data").mkdir(parents=True)
    for code in ("eng_Latn", "deu_Latn"):
        write_jsonl(project / f"mine/data/{code}.jsonl", rows_of(code))


BAD_ROWS = {
    "missing column": ({"question": None}, "field 'question' is missing"),
    "key out of range": ({"correct_answer_num": "7"}, "field 'correct_answer_num'"),
}


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_data_file_is_named_and_leaves_no_output(project, bad):
    changed, message = BAD_ROWS[bad]

    def rows(code):
        made = [belebele_row(n, **(changed if code == "deu_Latn" else {})) for n in range(20)]
        return [{key: value for key, value in row.items() if value is not None} for row in made]

    own_data(project, rows)
    target = "results/demo/questions/toy-belebele/de.arrow"
    done = snakemake(project, "--cores", "1", target, check=False)
    assert done.returncode != 0
    assert "mine/data/deu_Latn.jsonl: line 1" in done.stdout and message in done.stdout
    assert "Traceback" not in done.stdout.split("error: ")[-1]
    assert not (project / target).exists()


def test_a_truncated_table_is_named_and_leaves_no_output(project):
    own_data(project, lambda code: [belebele_row(n) for n in range(20)])
    source, target = "results/demo/audit/toy-belebele/de.arrow", "results/demo/audit/toy-belebele.arrow"
    snakemake(project, "--cores", "1", source, "results/demo/audit/toy-belebele/en.arrow")
    whole = (project / source).read_bytes()
    (project / source).write_bytes(whole[: len(whole) // 2])
    done = snakemake(project, "--cores", "1", target, check=False)
    assert done.returncode != 0
    assert f"{source}: not a readable Arrow file" in done.stdout
    assert not (project / target).exists()


def test_a_model_folder_without_weights_is_named(project):
    own_data(project, lambda code: [belebele_row(n) for n in range(20)])
    catalogue = project / "config/models.yaml"
    entries = yaml.safe_load(catalogue.read_text())
    entries["toy-qwen2"]["source"] = {"path": "folder"}
    catalogue.write_text(yaml.safe_dump(entries))
    (project / "folder").mkdir()
    (project / "folder/config.json").write_text("{}")
    target = "results/demo/hidden_states/toy-qwen2/toy-belebele/de.arrow"
    done = snakemake(project, "--cores", "1", target, check=False)
    assert done.returncode != 0
    assert "folder: no weights (*.safetensors) in the model's folder" in done.stdout
    assert not (project / target).exists()
