"""A run whose data sets share questions and choices, questions alone, or nothing between languages."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pyarrow.compute as pc
import pytest
import tiny_models
import yaml
from crosslens.demo import checkpoint
from crosslens.report.figures.catalogue import FIGURES
from crosslens.tables.files import read_table
from crosslens.tables.inference import ANSWERS, FORMS, LENS, STEERED
from crosslens.tables.metrics import TABLES
from crosslens.tables.output_metrics import EXPECTATIONS
from crosslens.tables.report import ACCURACY_TABLE, CORRELATIONS, LETTERS_TABLE, TABLE1
from demo_tokenizer import demo_tokenizer
from unparallel_data import write
from workflow_runs import copy_project, snakemake

SMALL = {
    "run": "mixed",
    "models": ["tiny"],
    "languages": ["de", "hi"],
    "questions": {"max": 20},
    "layers": {"every": 4},
    "steering": {"conditions": [{"layers": "grid", "gammas": [-2, 2]}]},
    "intervals": {"bootstrap": 20},
}
# A figure that permuted choices lack, and two of which they have a part.
DRAWN = ["log_ratio_by_layer", "latent_accuracy_by_layer", "gamma_sweep"]
TARGETS = [f"figures/data/{name}.arrow" for name in DRAWN]
TARGETS += [f"tables/{name}.csv" for name in ("accuracy", "letters", "table1", "table2")] + ["methods.html"]
WHY = {"own": "each of its languages has questions of its own", "permuted": "the order of its choices differs"}


def overlay(project: Path, *datasets: str) -> list[str]:
    """Write a random model and the data sets to ``project``; return the options of a run of ``datasets``."""
    folder = project / "model"
    if not folder.exists():
        sizes = {"vocab_size": len(demo_tokenizer()), "max_position_embeddings": 512, "initializer_range": 0.05}
        checkpoint.save(folder, tiny_models.make("qwen2", **sizes), demo_tokenizer())
    model = {"source": {"path": "model"}, "gpu": "none", "dtype": "float32"}
    config = SMALL | {"datasets": list(datasets)}
    config["define"] = {"models": {"tiny": model}, "datasets": write(project / "data")}
    (project / "mixed.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    return ["--configfile", "mixed.yaml"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The folder of a finished run of all three kinds, whose output is in mixed.txt."""
    project = copy_project(tmp_path_factory.mktemp("mixed"))
    targets = [f"results/mixed/{path}" for path in TARGETS]
    output = snakemake(project, "--cores", "2", *targets, *overlay(project, "own", "same", "permuted")).stdout
    (project / "mixed.txt").write_text(output, encoding="utf-8")
    return project


LAST = ("methods", "report", "workflow_report", "latex_tables")


def test_languages_with_questions_of_their_own_need_only_their_answers(project):
    """No job of states, vectors, lens or similarity, no figure and no Table 2."""
    options = overlay(project, "own")
    tables = (
        "audit",
        "prompt_sheet",
        "output_metrics",
        "letter_metrics",
        "group_metrics",
        "accuracy_table",
        "letters_table",
    )
    tables += ("table1", "table3", "audit_table", "claims")
    expected = {"questions": 2, "inference": 2} | dict.fromkeys((*tables, *LAST), 1)
    output = snakemake(project, "--dry-run", *options).stdout
    counted = re.search(r"^Job stats:\n(.*?)\n\n", output, re.MULTILINE | re.DOTALL)[1].splitlines()[2:]
    jobs = {rule: int(n) for rule, n in map(str.split, counted)}
    assert {rule: n for rule, n in jobs.items() if rule not in ("all", "total")} == expected
    said = re.sub(r"\s+", " ", output)
    assert f"Only letters and accuracy are computed: The own set ({WHY['own']})." in said
    assert f"Not made, because no data set has what they show: {', '.join(FIGURES)}, table2." in said


def test_a_target_that_is_not_defined_for_the_data_set_is_refused_with_the_reason(project):
    target = "results/mixed/metrics/tiny/own/similarity/layer_4.arrow"
    done = snakemake(project, "--dry-run", target, *overlay(project, "own"), check=False)
    assert done.returncode != 0 and f"data set 'own' has no such metrics, because {WHY['own']}" in done.stdout


def test_the_run_makes_what_each_data_set_has_and_no_more(mixed):
    results = mixed / "results/mixed"
    kinds = ("hidden_states", "steering_vectors", "inference", "metrics")
    made = {kind: {path.name for path in (results / kind / "tiny").iterdir()} for kind in kinds}
    assert made["inference"] == made["metrics"] == {"own", "same", "permuted"}
    assert made["hidden_states"] == made["steering_vectors"] == {"same", "permuted"}
    assert not (results / "metrics/tiny/own/latent").exists()
    tags = {"own": ["de", "hi"], "same": ["de", "en"], "permuted": ["de", "en"]}
    # Own choices after the question's prompt and without its choices; the pivot's prompt only if choices are the same
    forms = {"own": {}, "permuted": {"native": 40}, "same": {**dict.fromkeys(FORMS, 20), "native": 60, "pivot": 60}}
    for dataset, languages in tags.items():
        folders = {path.name: path for path in (results / f"inference/tiny/{dataset}").iterdir()}
        assert sorted(folders) == languages
        for tag, folder in folders.items():
            assert len(read_table(folder / "answers.arrow", ANSWERS)) == 20
            assert Counter(read_table(folder / "lens.arrow", LENS)["form"].to_pylist()) == forms[dataset], folder
            steered = len(read_table(folder / "steered.arrow", STEERED))
            assert (steered > 0) == (dataset != "own" and tag != "en"), folder


def test_tables_have_missing_values_where_nothing_is_defined(mixed):
    results = mixed / "results/mixed"
    rows = {row["dataset"]: row for row in read_table(results / "tables/table1.arrow", TABLE1).to_pylist()}
    measures = ("accuracy_mean", "consistency", "positive_transfer", "negative_transfer")
    defined = {name: [rows[name][measure] is not None for measure in measures] for name in rows}
    assert defined == {"own": [True] + [False] * 3, "same": [True] * 4, "permuted": [True, False, True, False]}
    assert (rows["own"]["n_languages"], rows["own"]["n_questions"]) == (2, 40)
    accuracy = read_table(results / "tables/accuracy.arrow", ACCURACY_TABLE).to_pylist()
    assert [row["n"] for row in accuracy if row["dataset"] == "own"] == [20, 20]
    letters = read_table(results / "tables/letters.arrow", LETTERS_TABLE).to_pylist()
    assert [row["n"] for row in letters if row["dataset"] == "own"] == [20, 20]
    assert {(row["dataset"], row["n_twice"]) for row in letters} == {("own", 0), ("permuted", 0), ("same", 20)}
    assert len(letters) == 6
    correlated = read_table(results / "tables/correlations.arrow", CORRELATIONS)
    assert set(correlated["dataset"].to_pylist()) == {"same"}
    expected = read_table(results / "metrics/tiny/own/expectations.arrow", EXPECTATIONS).to_pylist()
    assert [row["metric"] for row in expected if row["mean"] is not None] == ["accuracy"]


@pytest.mark.parametrize("name", DRAWN)
def test_figures_show_the_data_sets_that_have_what_they_need(mixed, name):
    declared = import_module(f"crosslens.report.figures.{name}").PLOTTED
    plotted = read_table(mixed / f"results/mixed/figures/data/{name}.arrow", declared)
    shown = set(plotted["dataset"].to_pylist())
    assert shown == ({"same"} if name == "log_ratio_by_layer" else {"same", "permuted"})
    if name == "gamma_sweep":
        measures = plotted.filter(pc.field("dataset") == "permuted")["measure"].to_pylist()
        assert set(measures) == {"accuracy", "positive_transfer_from_pivot"}
    if name == "latent_accuracy_by_layer":
        series = plotted.filter(pc.field("dataset") == "permuted")["series"].to_pylist()
        assert set(series) == {"accuracy_native"}


def test_steered_and_latent_metrics_of_permuted_choices_have_no_ranks(mixed):
    folder = mixed / "results/mixed/metrics/tiny/permuted"
    for path, name in (
        (folder / "latent/layer_4.arrow", "latent_metrics"),
        (folder / "steering.arrow", "steered_metrics"),
        (folder / "steering_by_half.arrow", "steering_by_half"),
    ):
        table = read_table(path, TABLES[name])
        # Bounds of changes need a right answer in every replicate, which these few questions do not give.
        columns = [column for column in table.column_names if "_change_" not in column]
        empty = {column for column in columns if table[column].null_count == len(table)}
        undefined = ("log_ratio", "consistency", "negative_transfer", "accuracy_pivot")
        assert empty == {column for column in columns if column.removeprefix("unsteered_").startswith(undefined)}


def test_the_output_and_the_methods_page_say_what_is_missing_and_why(mixed):
    methods = (mixed / "results/mixed/methods.html").read_text(encoding="utf-8")
    assert all(f"<td>{shared}</td>" in methods for shared in ("questions, choices", "questions", "nothing"))
    output = (mixed / "mixed.txt").read_text(encoding="utf-8")
    assert all(reason in text for reason in WHY.values() for text in (methods, output))
