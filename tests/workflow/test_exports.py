"""What leaves the demo: LaTeX tables with every run, and by `snakemake exports` the vectors and the bundle."""

import base64
import re
import zipfile

import pytest
from crosslens.tables.files import matrix, read_table
from crosslens.tables.inference import QUESTIONS, STEERING_VECTORS
from rocrate.rocrate import ROCrate
from safetensors import safe_open
from workflow_runs import planned_jobs, snakemake

TABLES = ("accuracy", "letters", "table1", "table2", "table3", "audit")
FOLDER = "results/demo/exports"
VECTORS, BUNDLE = f"{FOLDER}/toy-gemma2/toy-mmmlu", f"{FOLDER}/demo-crate.zip"
LANGUAGES = ("de", "es", "id", "hi", "sw")


@pytest.fixture(scope="module")
def exports(demo):
    """The folder of the demo's exports: the vectors of one model and data set, and the bundle."""
    snakemake(demo, "--cores", "all", VECTORS, BUNDLE)
    return demo / FOLDER


def test_all_that_can_be_steered_is_exported_once(demo, exports):
    assert planned_jobs(demo, "--cores", "1", VECTORS, BUNDLE) == {}
    assert planned_jobs(demo, "--cores", "1", "exports") == {"export_vectors": 5, "exports": 1}
    assert planned_jobs(demo) == {}, "none of this belongs to a run"


def test_tables_are_there_as_latex_without_being_asked_for(demo):
    for name in TABLES:
        text = (demo / f"results/demo/tables/{name}.tex").read_text(encoding="utf-8")
        assert f"\\label{{tab:{name}}}" in text
        if name in ("accuracy", "letters", "table1", "table2"):
            assert "Toy Gemma 2" in text


def test_every_language_has_its_vectors_in_three_forms(exports):
    expected = {f"{tag}.{kind}" for tag in LANGUAGES for kind in ("safetensors", "pt", "gguf")}
    folder = exports / "toy-gemma2/toy-mmmlu"
    assert {file.name for file in folder.iterdir() if not file.name.startswith(".")} == expected
    table = read_table(exports.parent / "steering_vectors/toy-gemma2/toy-mmmlu/sw.arrow", STEERING_VECTORS)
    with safe_open(folder / "sw.safetensors", "numpy") as file:
        for layer, vector in zip(table["layer"].to_pylist(), matrix(table, "vector"), strict=True):
            assert (file.get_tensor(f"layer_{layer}") == vector).all()
        metadata = file.metadata()
    assert (metadata["model"], metadata["dataset"], metadata["language"]) == ("toy-gemma2", "toy-mmmlu", "sw")
    assert (metadata["model_type"], metadata["dataset_licence"]) == ("gemma2", "Apache-2.0")


def test_the_bundle_has_tables_plotted_values_report_and_settings(exports):
    crate = ROCrate(exports / "demo-crate.zip")
    names = {entity.id for entity in crate.data_entities}
    assert names >= {f"tables/{name}.{kind}" for name in TABLES for kind in ("arrow", "csv", "tex")}
    assert names >= {"report.html", "methods.html", "config.yaml", "provenance.json", "workflow/Snakefile", "LICENSE"}
    assert {"figures/data/pca.arrow", "figures/pca.pdf"} < names
    assert not [name for name in names if name.startswith(("questions", "inference", "prompts", "audit"))]


def decoded(content: bytes) -> str:
    """The text of a file, with what it embeds as base64, as Snakemake's report does with tables and pages."""
    text = content.decode("utf-8", errors="ignore")
    embedded = re.findall(r"base64,([A-Za-z0-9+/=]{16,})", text)
    return "\n".join([text, *(base64.b64decode(part).decode("utf-8", errors="ignore") for part in embedded)])


def texts_of_questions(demo) -> set[str]:
    """Every question of the demo in every language: its prompt behind the instruction, up to the choices."""
    found = set()
    for file in sorted((demo / "results/demo/questions").glob("*/*.arrow")):
        for prompt in read_table(file, QUESTIONS, ["prompt"])["prompt"].to_pylist():
            found.add(prompt.split("Question: ", 1)[1].rsplit(" A: ", 1)[0])
    return found


def test_no_text_of_a_question_is_in_the_bundle(demo, exports):
    """Not every licence allows it. The same search finds them in the prompts, which are not in the bundle."""
    questions = texts_of_questions(demo)
    assert len(questions) > 1000

    def found(text: str) -> list[str]:
        return [question for question in questions if question in text]

    sheet = (demo / "results/demo/prompts/toy-mmmlu.txt").read_bytes()
    assert found(decoded(b"base64," + base64.b64encode(sheet)))
    with zipfile.ZipFile(exports / "demo-crate.zip") as archive:
        for name in archive.namelist():
            assert not found(decoded(archive.read(name))), name
