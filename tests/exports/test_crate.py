"""The bundle, read back by the library that writes RO-Crates: its files, what is said of them, the same bytes again."""

import hashlib
import json
import os
import re
import zipfile

import pytest
from crosslens.exports import crate, origins
from rocrate.rocrate import ROCrate
from workflow_runs import ROOT

ANSWERS = {"versions": {"snakemake": "9.27.1"}, "model_revision": "abc123", "dtype": "float32", "tokens": 5}
QUESTIONS = {"sources": {"language": {"hub": "o/d", "revision": "main", "commit": "def456"}}}
ABOUT = {
    "run": "mine",
    "models": {
        "m": {"title": "M", "source": "o/m", "revision": "main", "url": "https://huggingface.co/o/m", "licence": None}
    },
    "datasets": {
        "d": {"title": "D", "source": "o/d", "revision": "main", "url": None, "licence": "CC-BY-4.0"},
        "own": {"title": "Own", "source": "data", "revision": None, "url": None, "licence": None},
    },
}
SETTINGS = {"config.yaml": "run: mine\n", "catalogues.yaml": "models: {}\n"}


@pytest.fixture()
def files(tmp_path):
    """Files of a run and of the project, as names in the bundle and where they are; the newest is from 2001."""
    names = {"tables/table1.csv": b"a,b\n1,2\n", "figures/data/pca.arrow": b"\x00\xff", "report.html": b"<p>\xc3\xa9"}
    project = {crate.WORKFLOW: b"rule all:\n", crate.LICENCE: b"Apache\n", "CITATION.cff": b"title: x\n"}
    for i, (name, content) in enumerate({**names, **project}.items()):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (10**9 + i,) * 2)
    return [{name: tmp_path / name for name in group} for group in (names, project)]


def write(path, files):
    provenance = origins.collected({"m": [ANSWERS]}, {"d": QUESTIONS, "own": {}}, {"tables/t.arrow": {"rule": "t"}})
    crate.write_bundle(path, *files, SETTINGS, provenance, origins.with_commits(ABOUT, provenance))
    return path


def test_every_file_is_listed_with_its_size_and_checksum(files, tmp_path):
    path = write(tmp_path / "mine-crate.zip", files)
    read, folder = ROCrate(path), tmp_path / "unpacked"
    zipfile.ZipFile(path).extractall(folder)
    listed = {entity.id: entity for entity in read.data_entities}
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert there == {*listed, "ro-crate-metadata.json"}
    assert there >= {*files[0], *files[1], *SETTINGS, "provenance.json"}
    for name, entity in listed.items():
        content = (folder / name).read_bytes()
        assert entity["contentSize"] == str(len(content))
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert "/" in entity["encodingFormat"] and entity["encodingFormat"] != "application/octet-stream"
    for name, source in {**files[0], **files[1]}.items():
        assert (folder / name).read_bytes() == source.read_bytes()


def test_the_run_is_described_as_the_profile_asks(files, tmp_path):
    """Workflow Run Crate: the main entity is the workflow, an action used it, with inputs and results."""
    read = ROCrate(write(tmp_path / "mine-crate.zip", files))
    profiles = {entity.id for entity in read.root_dataset["conformsTo"]}
    assert {f"https://w3id.org/ro/wfrun/{kind}/0.5" for kind in ("process", "workflow")} < profiles
    workflow, (action,) = read.mainEntity, read.root_dataset["mentions"]
    assert "ComputationalWorkflow" in workflow.type and workflow.id == "workflow/Snakefile"
    assert workflow["programmingLanguage"]["name"] == "Snakemake"
    assert workflow["programmingLanguage"]["version"] == "9.27.1"
    assert action.type == "CreateAction" and action["instrument"] is workflow
    assert {entity.id for entity in action["result"]} == {*files[0], "provenance.json"}
    assert {entity.id for entity in action["object"]} == {*SETTINGS, "#models-m", "#datasets-d", "#datasets-own"}
    assert read.root_dataset["license"]["name"] == "Not stated" and "creator" not in read.root_dataset
    assert not [entity for entity in read.get_entities() if "Dataset" in entity.type and entity.id.startswith("http")]


def test_models_and_data_sets_have_the_commit_that_was_used_and_their_licence(files, tmp_path):
    read = ROCrate(write(tmp_path / "mine-crate.zip", files))
    model, data, own = (read.get(name) for name in ("#models-m", "#datasets-d", "#datasets-own"))
    assert (model["version"], model["url"]) == ("abc123", "https://huggingface.co/o/m")
    assert (data["version"], data["license"]) == ("def456", "CC-BY-4.0")
    assert "version" not in own and "from data" in own["description"]


def test_the_same_files_give_the_same_bytes_with_the_date_of_the_newest_result(files, tmp_path):
    first, again = (write(tmp_path / name, files).read_bytes() for name in ("a.zip", "b.zip"))
    assert first == again
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        metadata = json.loads(archive.read("ro-crate-metadata.json"))
        assert {entry.date_time[:4] for entry in archive.infolist()} == {(2001, 9, 9, 1)}
    (root,) = [entity for entity in metadata["@graph"] if entity["@id"] == "./"]
    assert root["datePublished"] == "2001-09-09T01:46:42+00:00"


def test_provenance_travels(files, tmp_path):
    with zipfile.ZipFile(write(tmp_path / "a.zip", files)) as archive:
        provenance = json.loads(archive.read("provenance.json"))
    assert provenance["computed"]["m"]["model_revision"] == "abc123" and provenance["computed"]["m"]["tokens"] == "5"
    assert provenance["sources"]["d"]["language"]["hub"] == "o/d"
    assert provenance["tables"] == {"tables/t.arrow": {"rule": "t"}}


def test_the_code_of_the_docs_adds_an_author_and_a_licence(files, tmp_path):
    write(tmp_path / "mine-crate.zip", files)
    text = (ROOT / "docs/exports.md").read_text(encoding="utf-8").split("## The bundle")[1]
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    code = code.replace("results/mine/exports", str(tmp_path)).replace('"mine.zip"', repr(str(tmp_path / "mine.zip")))
    exec(code, {})
    before, after = (ROCrate(tmp_path / name) for name in ("mine-crate.zip", "mine.zip"))
    assert after.creator["name"] == "Your Name" and after.license == "https://creativecommons.org/licenses/by/4.0/"
    assert {entity.id for entity in after.data_entities} == {entity.id for entity in before.data_entities}
