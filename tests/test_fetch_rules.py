"""The rules that fetch, with Snakemake and a hub on this machine: what is asked for, and when it is asked for again."""

import json
import os

import pytest
import yaml
from fake_hub import COMMIT, FakeHub
from hub_files import belebele_row, write_jsonl
from workflow_runs import planned_jobs, snakemake

RAW = "resources/data/belebele/data/deu_Latn.jsonl"


@pytest.fixture()
def hub(tmp_path, monkeypatch):
    """A hub without repositories, at which the workflow asks; its cache is new."""
    with FakeHub({}) as hub:
        for name in [name for name in os.environ if name.startswith("HF_")]:
            monkeypatch.delenv(name)
        for name, value in {"ENDPOINT": hub.url, "HOME": str(tmp_path / "hf")}.items():
            monkeypatch.setenv(f"HF_{name}", value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield hub


def edit(project, catalogue: str, name: str, changes: dict) -> None:
    """Puts ``changes`` into an entry of a catalogue; None takes a key out."""
    file = project / f"config/{catalogue}.yaml"
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    entries[name] = {key: value for key, value in (entries.get(name, {}) | changes).items() if value is not None}
    file.write_text(yaml.safe_dump(entries), encoding="utf-8")


def contents(tmp_path, rows: list[dict], write=write_jsonl) -> bytes:
    """A file of a data set as bytes."""
    path = tmp_path / "contents"
    write(path, rows)
    return path.read_bytes()


def planned(project, *targets: str) -> dict[str, int]:
    return planned_jobs(project, "--cores", "1", *targets)


def test_only_the_repository_and_its_revision_are_reasons_to_fetch_again(project, tmp_path, hub):
    hub.repositories["datasets/facebook/belebele"] = {
        "data/deu_Latn.jsonl": contents(tmp_path, [belebele_row(n) for n in range(3)])
    }
    edit(project, "datasets", "belebele", {"rows": None, "licence": None})
    snakemake(project, "--cores", "1", RAW)
    assert planned(project, RAW) == {}
    edit(project, "datasets", "belebele", {"rows": {"translations": 900}, "licence": "CC-BY-SA-4.0"})
    assert planned(project, RAW) == {}
    for hub_id, revision, jobs in [
        ("facebook/belebele", COMMIT, {}),
        ("facebook/belebele", "6" * 40, {"fetch_questions": 1}),
        ("lab/belebele", "main", {"fetch_questions": 1}),
    ]:
        edit(project, "datasets", "belebele", {"source": {"hub": hub_id, "revision": revision}})
        assert planned(project, RAW) == jobs


def test_pinning_the_commit_that_was_fetched_is_no_reason_to_fetch_again(project, hub):
    folder = "resources/models/gemma-2-2b"
    hub.repositories["models/lab/model"] = {"config.json": b"{}", "model.safetensors": b"weights"}

    def ask(revision: str) -> dict[str, int]:
        edit(project, "models", "gemma-2-2b", {"source": {"hub": "lab/model", "revision": revision}})
        return planned(project, folder)

    assert ask("main") == {"fetch_model": 1}
    snakemake(project, "--cores", "1", folder)
    assert ask("main") == ask(COMMIT) == {}
    assert ask("6" * 40) == {"fetch_model": 1}
    edit(project, "models", "gemma-2-2b", {"source": {"hub": "lab/model", "revision": COMMIT}})
    hub.asked.clear()
    snakemake(project, "--cores", "1", "--force", folder)
    assert not any("main" in request for request in hub.asked), "the pin is fetched, not what main is by now"
    assert ask(COMMIT) == {}
    assert json.loads((project / folder / "crosslens.json").read_text())["commit"] == COMMIT
