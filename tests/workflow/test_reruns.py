"""What runs again after an edit: exactly the affected jobs. Dry-runs on the finished demo."""

import os
import shutil

import pytest
import yaml
from crosslens import version
from workflow_runs import copy_project, planned_jobs, snakemake

STEERING = {"figure_gamma_sweep"} | {
    f"figure_steering_{what}"
    for what in (
        *("across_layers", "controls", "size"),
        *("accuracy_by_language", "transfer_change", "consistency_change"),
    )
}
VECTORS = {"figure_vector_similarity"}
LATENT = {f"figure_{what}" for what in ("log_ratio_by_layer", "log_ratio_by_prompt", "latent_accuracy_by_layer")}
SIMILARITY = {"figure_similarity_by_layer", "figure_similarity_across_models"}
FIGURES = STEERING | VECTORS | LATENT | SIMILARITY | {"figure_transfer_heatmap", "figure_pca"}
# Rule -> rules that read its files in every language; not those that read the pivot's questions only, such as
# output_metrics, which reruns with the answers to them.
READERS = {
    "questions": {"hidden_states", "inference", "prompt_sheet", "audit"},
    "hidden_states": {"steering_vectors", "steering_geometry", "similarity", "pca"},
    "steering_vectors": {"inference", "steering_geometry"},
    "inference": {"output_metrics", "letter_metrics", "group_metrics", "latent_metrics", "steered_metrics"}
    | {"latent_thirds", "similarity", "methods"},
    "audit": {"audit_table", "methods"},
    **dict.fromkeys(("accuracy_table", "table1", "table2", "letters_table", "audit_table"), {"latex_tables"}),
    "claims": {"latex_tables"},
    "output_metrics": {"correlations", "accuracy_table", "table1", "figure_transfer_heatmap", "similarity_relation"}
    | {"claims"},
    "letter_metrics": {"letters_table"},
    "latent_metrics": {"correlations", "claims"} | LATENT,
    "latent_thirds": {"claims"},
    "steered_metrics": STEERING | {"claims"},
    "steering_geometry": {"figure_steering_size", "claims"} | VECTORS,
    "similarity": SIMILARITY | {"similarity_relation", "claims"},
    "pca": {"figure_pca"},
    "correlations": {"table2"},
    "table3": {"methods", "latex_tables"},
}


REPORTS = ("report", "workflow_report")


def with_readers(rules: set[str]) -> set[str]:
    """The rules and all that read from them, directly or not. The reports read everything but each other."""
    found, queue = set(), [*rules, *(REPORTS if rules - {*REPORTS} else [])]
    while queue:
        rule = queue.pop()
        found.add(rule)
        queue += READERS.get(rule, set()) - found
    return found


def once(*rules: str) -> dict[str, int]:
    return dict.fromkeys(rules, 1)


# Rules with one job per evaluation that draws clusters of questions
OF_ANSWERS = ("output_metrics", "letter_metrics", "group_metrics", "steered_metrics", "latent_thirds")

# The conditions of config/config.yaml
STEERED = [{"layers": "grid", "gammas": [-2, 2]}, {"layers": "middle", "gammas": [-4, -3, -1, 1, 3, 4]}]
RANDOM = {"layers": "grid", "gammas": [2], "vector": "random", "seeds": 2}
OTHER_LANGUAGE = {"layers": "grid", "gammas": [2], "vector": {"language": ["de", "es", "zh", "hi", "sw"]}}
PATCH = {"layers": "middle", "vector": "patch"}
CONTROLS = [RANDOM, OTHER_LANGUAGE, PATCH]

# Overlay -> the jobs whose own parameters or set of inputs it changes. The methods page shows every value of it.
CONFIG_EDITS = {
    "nothing": ({}, {}),
    "a language less": (
        {"languages": ["de", "es", "id", "hi"]},
        dict.fromkeys(OF_ANSWERS, 6)
        | {"audit": 3, "prompt_sheet": 3, "steering_geometry": 6}
        | {"latent_metrics": 24, "similarity": 24, "pca": 24},
    ),
    "a model less": (
        {"models": ["toy-qwen2"]},
        once("accuracy_table", "letters_table", "table1", "correlations", "claims", *FIGURES),
    ),
    "a data set less": (
        {"datasets": ["toy-belebele", "toy-mmmlu"]},
        once("accuracy_table", "letters_table", "table1", "table3", "audit_table", "correlations", "claims", *FIGURES),
    ),
    "a gamma more": (
        {"steering": {"conditions": [*STEERED, *CONTROLS, {"layers": [2], "gammas": [8]}]}},
        {"inference": 30},
    ),
    # Two models, three data sets, five languages that are steered
    "a random vector more": (
        {"steering": {"conditions": [*STEERED, *CONTROLS, {"layers": "middle", "gammas": [3], "vector": "random"}]}},
        {"inference": 30},
    ),
    "another language's vector": (
        {
            "steering": {
                "conditions": [*STEERED, *CONTROLS, {"layers": "middle", "gammas": [2], "vector": {"language": "es"}}]
            }
        },
        {"inference": 24},
    ),
    "another data set's vector": (
        {
            "steering": {
                "conditions": [*STEERED, *CONTROLS, {"layers": [2], "gammas": [2], "vector": {"dataset": "toy-mmmlu"}}]
            }
        },
        {"inference": 20},
    ),
    "a patch of one model": (
        {
            "steering": {
                "conditions": [*STEERED, *CONTROLS, {"layers": "grid", "vector": "patch", "models": ["toy-qwen2"]}]
            }
        },
        {"inference": 15},
    ),
    "fewer states": ({"states": {"questions": 150}}, {"hidden_states": 36}),
    "fewer questions a vector": ({"steering": {"questions": 40}}, {"steering_vectors": 30}),
    "fewer points": ({"pca": {"questions": 40}}, {"pca": 24}),
    "other aggregation": ({"lens": {"aggregate": "mean_prob"}}, {"latent_metrics": 24, "latent_thirds": 6}),
    "other layers in table 2": ({"correlations": {"layers": [2, 4]}}, {"correlations": 1, "claims": 1}),
    "more bootstrap": (
        {"intervals": {"bootstrap": 300}},
        dict.fromkeys(OF_ANSWERS, 6) | {"latent_metrics": 24},
    ),
    "wider intervals": (
        {"intervals": {"level": 0.9}},
        dict.fromkeys(OF_ANSWERS, 6) | {"latent_metrics": 24, "similarity": 24} | once("correlations"),
    ),
    "fewer layers in a figure": ({"figures": {"pca": {"layers": [2, 4]}}}, once("figure_pca")),
    "another throughput": ({"plan": {"throughput": {"a100": 100}}}, once("methods")),
    "another seed": (
        {"seed": 1},
        {"questions": 18, "table3": 1, "hidden_states": 36, "inference": 36, "pca": 24, "similarity": 24}
        | dict.fromkeys(OF_ANSWERS, 6)
        | {"similarity_relation": 6},
    ),
    "a smaller control": ({"lens": {"control_questions": 50}}, {"inference": 36}),
    "a further prompt for the lens": (
        {"lens": {"prompts": ["without_choices"]}},
        {"inference": 36},
    ),
    "no further prompt for the lens": (
        {"lens": {"prompts": []}},
        {"inference": 36},
    ),
    "permuted choices": ({"ceiling": {"questions": 20}}, {"inference": 36}),
    "no permuted choices": ({"ceiling": {"questions": 0}}, {"inference": 36}),
    "no controls of steering": ({"steering": {"conditions": STEERED}}, {"inference": 30}),
    "a third random vector": (
        {"steering": {"conditions": [*STEERED, {**RANDOM, "seeds": 3}, OTHER_LANGUAGE, PATCH]}},
        {"inference": 30},
    ),
    "controls of one model": (
        {"steering": {"conditions": [*STEERED, {**RANDOM, "models": ["toy-qwen2"]}, OTHER_LANGUAGE, PATCH]}},
        {"inference": 15},
    ),
    "the vector of the next language in a list": (
        {
            "steering": {
                "conditions": [*STEERED, RANDOM, {**OTHER_LANGUAGE, "vector": {"language": ["fr", "es"]}}, PATCH]
            }
        },
        {"inference": 30},
    ),
    "a list of languages with the same first one": (
        {"steering": {"conditions": [*STEERED, RANDOM, {**OTHER_LANGUAGE, "vector": {"language": "de"}}, PATCH]}},
        once("methods"),
    ),
    "the lens at fewer layers": ({"lens": {"layers": [2, 4]}}, {"inference": 36}),
    "a chat template": ({"prompt": {"chat_template": True}}, {"hidden_states": 36, "inference": 36, "prompt_sheet": 3}),
    "another letter form": (
        {"prompt": {"letter_form": "(A)"}},
        {"questions": 18, "hidden_states": 36, "inference": 36, "prompt_sheet": 3, "table3": 1},
    ),
    "examples before every question": (
        {"prompt": {"examples": {"number": 2}}},
        {"questions": 18, "hidden_states": 36, "inference": 36, "prompt_sheet": 3, "table3": 1},
    ),
    "instructions in each language": (
        {"prompt": {"instruction_language": "native"}},
        {"questions": 15, "hidden_states": 30, "inference": 30, "prompt_sheet": 3},
    ),
}


# Overlay -> a figure that it leaves nothing to show
NOT_DRAWN = {"no further prompt for the lens": {"figure_log_ratio_by_prompt"}}


def assert_exactly(
    jobs: dict[str, int], affected: dict[str, int], also: set[str] = frozenset(), without: set[str] = frozenset()
) -> None:
    """The affected jobs, and every rule that reads from them but ``without``; no other."""
    assert {rule: jobs.get(rule, 0) for rule in affected} == affected
    assert set(jobs) == (with_readers(set(affected)) | also) - without


@pytest.mark.parametrize("edit", CONFIG_EDITS)
def test_an_edit_of_the_config_reruns_what_it_affects(demo, tmp_path, edit):
    values, affected = CONFIG_EDITS[edit]
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump(values))
    jobs = planned_jobs(demo, *(["--configfile", str(overlay)] if values else []))
    assert_exactly(jobs, affected, {"methods"} if values else set(), NOT_DRAWN.get(edit, set()))


# File, what is replaced in it, by what; the affected jobs.
PACKAGE = "workflow/scripts/crosslens"
FILE_EDITS = {
    "a comment": (f"{PACKAGE}/engine/lens.py", '"""', '# A remark.\n"""', {}),
    "a docstring": (f"{PACKAGE}/engine/lens.py", '"""', '"""Now: ', {}),
    "the lens": (f"{PACKAGE}/engine/lens.py", "\n\n\n", "\n\n\nUNUSED = 1\n", {"hidden_states": 36, "inference": 36}),
    "similarity": (f"{PACKAGE}/metrics/similarity.py", "\n\n\n", "\n\n\nUNUSED = 1\n", {"similarity": 24}),
    "what exceeds chance": (
        f"{PACKAGE}/metrics/pairs.py",
        "\n\n\n",
        "\n\n\nUNUSED = 1\n",
        {"output_metrics": 6, "group_metrics": 6},
    ),
    "preferences for letters": (f"{PACKAGE}/metrics/letters.py", "\n\n\n", "\n\n\nUNUSED = 1\n", {"letter_metrics": 6}),
    "the letter shift": (f"{PACKAGE}/metrics/letter_shift.py", "\n\n\n", "\n\n\nUNUSED = 1\n", {"steered_metrics": 6}),
    "normalisations": (
        f"{PACKAGE}/metrics/log_ratios.py",
        "\n\n\n",
        "\n\n\nUNUSED = 1\n",
        {"latent_metrics": 24, "latent_thirds": 6},
    ),
    "thirds of the depth": (
        f"{PACKAGE}/metrics/latent_thirds.py",
        "\n\n\n",
        "\n\n\nUNUSED = 1\n",
        {"latent_thirds": 6},
    ),
    "differences": (f"{PACKAGE}/metrics/differences.py", "\n\n\n", "\n\n\nUNUSED = 1\n", once("claims")),
    "a language's family": (
        "config/languages.tsv",
        "Indonesian\tLatn\tAustronesian",
        "Indonesian\tLatn\tMalayic",
        dict.fromkeys(OF_ANSWERS, 6)
        | {"latent_metrics": 24, "similarity": 24}
        | once("correlations", "figure_transfer_heatmap"),
    ),
    "a language's name": (
        "config/languages.tsv",
        "Indonesian\tLatn",
        "Bahasa Indonesia\tLatn",
        {"prompt_sheet": 3}
        | once("methods", "figure_transfer_heatmap", "figure_pca", *(STEERING - {"figure_steering_size"}), *VECTORS),
    ),
    "a mapping": (
        "config/datasets.yaml",
        "question: Question\n",
        "question: {column: Question}\n",
        {"questions": 5, "prompt_sheet": 1, "hidden_states": 10, "inference": 10, "similarity": 8},
    ),
    "names of parts": ("config/datasets.yaml", "<ctx>", "<context>", {"table3": 1}),
    "a figure": (f"{PACKAGE}/report/figures/pca.py", "\n\n\n", "\n\n\nUNUSED = 1\n", once("figure_pca")),
    "a column's description": (f"{PACKAGE}/tables/report.py", "mean accuracy over languages, %", "in per cent", {}),
    "a column of the metrics of answers": (
        f"{PACKAGE}/tables/output_metrics.py",
        "\nLANGUAGE_METRICS",
        '\nUNUSED = Column("unused", FLOAT64, doc="nothing")\nLANGUAGE_METRICS',
        dict.fromkeys(("output_metrics", "letter_metrics", "group_metrics", "similarity_relation"), 6)
        | once("letters_table")
        | once("correlations", "accuracy_table", "table1", "table2", "table3", "audit_table", "methods", *FIGURES),
    ),
    "a column up to inference": (
        f"{PACKAGE}/tables/inference.py",
        "\nQUESTIONS",
        '\nUNUSED = Column("unused", STRING, doc="nothing")\nQUESTIONS',
        {"questions": 18, "hidden_states": 36, "steering_vectors": 30, "inference": 36, "table3": 1},
    ),
    "a caption": ("workflow/report/table1.rst", "toys", "tiny models", once(*REPORTS)),
    "the report's wording": ("workflow/report/page/report.html", "Key numbers", "Numbers", once("report")),
    "the report's verdicts": (f"{PACKAGE}/report/verdicts.py", "\n\n\n", "\n\n\nUNUSED = 1\n", once("report")),
    "a model's title": (
        "config/models.yaml",
        "Toy Qwen 2",
        "Tiny Qwen 2",
        once("table1", "table2", "claims", "methods", *FIGURES),  # captions name toys
    ),
    "a model's series": (
        "config/models.yaml",
        "  title: Toy Qwen 2\n",
        "  title: Toy Qwen 2\n  series: Toys\n",
        once("claims"),
    ),
    "the rule for verdicts": (f"{PACKAGE}/findings/verdicts.py", "\n\n\n", "\n\n\nUNUSED = 1\n", once("claims")),
    "a model's GPU": ("config/models.yaml", "gpu: none", "gpu: a100", {}),
    "a data set's estimates": ("config/datasets.yaml", "prompt_tokens: ", "prompt_tokens: 1", {}),
}


@pytest.mark.parametrize("edit", FILE_EDITS)
def test_an_edit_of_a_file_reruns_what_it_affects(demo, edit):
    path, old, new, affected = FILE_EDITS[edit]
    file = demo / path
    original = file.read_text(encoding="utf-8")
    assert old in original
    try:
        file.write_text(original.replace(old, new, 1), encoding="utf-8")
        jobs = planned_jobs(demo)
    finally:
        file.write_text(original, encoding="utf-8")
    assert_exactly(jobs, affected)


def test_a_new_module_of_data_sets_reruns_nothing(demo):
    file = demo / PACKAGE / "data/formats/another.py"
    try:
        shutil.copy(file.with_name("fields.py"), file)
        assert planned_jobs(demo) == {}
    finally:
        file.unlink()


# Snakemake alone takes finished results for right whose inputs cannot be had, and plans only what comes after.
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("models", "{demo: qwen2}", "{path: nowhere}", "'toy-qwen2.source.path': there is no folder 'nowhere'"),
        ("datasets", "{demo: belebele}", "{path: nowhere}", "no file 'nowhere/data/eng_Latn.jsonl' for language 'en'"),
        ("datasets", "codes: mmmlu", "codes: mmlu", "has no column 'mmlu'"),
        (
            "datasets",
            "hi, sw]",
            "hi, sw, fr]",
            "'toy-belebele.languages': the workflow writes this data set in en, de,",
        ),
    ],
)
def test_what_cannot_be_had_is_an_error_after_the_run_too(demo, file, old, new, message):
    catalogue = demo / f"config/{file}.yaml"
    original = catalogue.read_text(encoding="utf-8")
    assert old in original
    try:
        catalogue.write_text(original.replace(old, new, 1), encoding="utf-8")
        done = snakemake(demo, "--dry-run", check=False)
    finally:
        catalogue.write_text(original, encoding="utf-8")
    assert done.returncode != 0
    assert message in " ".join(done.stdout.split())


def test_results_beside_a_fresh_copy_of_the_project_are_up_to_date(demo, tmp_path):
    """Code and config are newer than all results, and the folder is another; Snakemake's records came along."""
    copy_project(tmp_path)
    for folder in ("results", ".snakemake"):
        shutil.copytree(demo / folder, tmp_path / folder, symlinks=True)
    for file in tmp_path.glob("workflow/scripts/**/*.py"):
        file.touch()
    assert "Nothing to be done" in snakemake(tmp_path, "--dry-run").stdout


def test_weights_that_are_overwritten_in_a_folder_of_the_users_are_read_again(project):
    catalogue = project / "config/models.yaml"
    entries = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    entries["toy-qwen2"]["source"] = {"path": "mine"}
    catalogue.write_text(yaml.safe_dump(entries), encoding="utf-8")
    place = "toy-qwen2/toy-mmmlu/en"
    states = f"results/demo/hidden_states/{place}.arrow"
    tables = [f"results/demo/inference/{place}/{name}.arrow" for name in ("answers", "lens", "steered")]
    weights, questions = "mine/model.safetensors", "results/demo/questions/toy-mmmlu/en.arrow"
    for seconds, path in enumerate([weights, "mine/tokenizer.json", questions, states, *tables]):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(b"1")
        os.utime(project / path, (10**9 + seconds,) * 2)
    os.utime(project / "mine", (10**9,) * 2)
    version.record(project / "results/demo")
    targets = ["--allowed-rules", "hidden_states", "inference", "--cores", "1", states, tables[0]]
    assert planned_jobs(project, *targets) == {}
    (project / weights).write_bytes(b"2")
    assert (project / "mine").stat().st_mtime == 10**9
    assert planned_jobs(project, *targets) == {"hidden_states": 1, "inference": 1}
