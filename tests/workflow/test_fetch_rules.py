"""The download rules with Snakemake and a hub on this machine: what they request, and when they request it again."""

import json
import os

import pytest
import yaml
from crosslens.tables.files import read_provenance, read_table
from crosslens.tables.inference import QUESTIONS
from fake_hub import COMMIT, FakeHub
from hub_files import (
    belebele_row,
    english_hellaswag_row,
    hellaswag_row,
    mmlu_row,
    mmmlu_row,
    write_csv,
    write_jsonl,
    write_parquet,
)
from workflow_runs import planned_jobs, snakemake

RAW = "resources/data/belebele/data/deu_Latn.jsonl"


@pytest.fixture()
def hub(tmp_path, monkeypatch):
    """Start a hub without repositories and point the workflow at it, with an empty cache."""
    with FakeHub({}) as hub:
        for name in [name for name in os.environ if name.startswith("HF_")]:
            monkeypatch.delenv(name)
        for name, value in {"ENDPOINT": hub.url, "HOME": str(tmp_path / "hf"), "UPDATE_DOWNLOAD_COUNTS": "0"}.items():
            monkeypatch.setenv(f"HF_{name}", value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield hub


def edit(project, catalogue: str, name: str, changes: dict) -> None:
    """Apply ``changes`` to an entry of a catalogue; None removes a key."""
    file = project / f"config/{catalogue}.yaml"
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    entries[name] = {key: value for key, value in (entries.get(name, {}) | changes).items() if value is not None}
    file.write_text(yaml.safe_dump(entries), encoding="utf-8")


def contents(tmp_path, rows: list[dict], write=write_jsonl) -> bytes:
    """Return a data set's file as bytes."""
    path = tmp_path / "contents"
    write(path, rows)
    return path.read_bytes()


def planned(project, *targets: str) -> dict[str, int]:
    return planned_jobs(project, "--cores", "1", *targets)


def test_only_the_repository_and_its_revision_are_reasons_to_download_again(project, tmp_path, hub):
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


def test_pinning_the_downloaded_commit_is_no_reason_to_download_again(project, hub):
    folder = "resources/models/gemma-2-2b"
    hub.repositories["models/lab/model"] = dict.fromkeys(("config.json", "tokenizer.json", "model.safetensors"), b"{}")

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
    assert not any("main" in request for request in hub.asked), "the pinned commit is downloaded, not the current main"
    assert ask(COMMIT) == {}
    assert json.loads((project / folder / "crosslens.json").read_text())["commit"] == COMMIT


N = 30
# Data set: its repository and the one of its English file, both with their files.
ENGLISH_ELSEWHERE = {
    "mmmlu": {
        "datasets/openai/MMMLU": {
            "test/mmlu_DE-DE.csv": ([mmmlu_row(n) for n in range(N)], write_csv),
            "test/mmlu_SW-KE.csv": ([mmmlu_row(n) for n in range(N)], write_csv),
        },
        "datasets/cais/mmlu": {
            "all/test-00000-of-00001.parquet": ([mmlu_row(n) for n in range(N)], write_parquet),
        },
    },
    "mhellaswag": {
        "datasets/alexandrainst/m_hellaswag": {
            "data/de/val.jsonl": ([hellaswag_row(n) for n in range(1, N)], write_jsonl),
            "data/es/val.jsonl": ([hellaswag_row(n) for n in range(N)], write_jsonl),
        },
        "datasets/Rowan/hellaswag": {
            "data/validation-00000-of-00001.parquet": ([english_hellaswag_row(n) for n in range(N)], write_parquet),
        },
    },
}


@pytest.mark.parametrize("name", ENGLISH_ELSEWHERE)
def test_english_is_asked_of_its_own_repository(project, tmp_path, hub, name):
    """The catalogue's entries are unchanged, except for the numbers of rows."""
    for repository, files in ENGLISH_ELSEWHERE[name].items():
        hub.repositories[repository] = {path: contents(tmp_path, *file) for path, file in files.items()}
    main, english = (repository.removeprefix("datasets/") for repository in ENGLISH_ELSEWHERE[name])
    source = yaml.safe_load((project / "config/datasets.yaml").read_text())[name]["source"]
    pinned, pinned_english = source["revision"], source["english"]["revision"]
    hub.commits |= {pinned, pinned_english}
    translations = {"mmmlu": N, "mhellaswag": {"de": N - 1, "es": N}}[name]
    edit(project, "datasets", name, {"rows": {"english": N, "translations": translations}})
    tags = {"mmmlu": ["de", "sw"], "mhellaswag": ["de", "es"]}[name]
    edit(project, "datasets", name, {"languages": ["en", *tags]})
    overlay = project / "mine.yaml"
    overlay.write_text(yaml.safe_dump({"run": "mine", "datasets": [name], "languages": tags, "figures": {}}))
    tables = {tag: f"results/mine/questions/{name}/{tag}.arrow" for tag in ["en", *tags]}
    snakemake(project, "--cores", "1", *tables.values(), "--configfile", str(overlay))
    for tag, table in tables.items():
        rows = N - (name == "mhellaswag" and tag == "de")
        assert read_table(project / table, QUESTIONS).num_rows == rows
        pivot = {"hub": english, "revision": pinned_english, "commit": pinned_english}
        own = pivot if tag == "en" else {"hub": main, "revision": pinned, "commit": pinned}
        assert read_provenance(project / table)["sources"] == {"language": own, "pivot": pivot}
    asked = [request for request in hub.asked if request.endswith(".parquet")]
    assert asked and all(f"/datasets/{english}/" in request for request in asked)


DECLARED = """---
configs:
- {config_name: eng_Latn, data_files: [{split: test, path: eng_Latn/*}]}
- {config_name: deu_Latn, data_files: [{split: test, path: deu_Latn/*}]}
---
"""


def test_a_split_of_a_configuration_is_loaded_and_read_like_a_file(project, tmp_path, hub):
    shards = {
        f"{code}/part-{i}.parquet": contents(tmp_path, [belebele_row(n) for n in rows], write_parquet)
        for code in ("eng_Latn", "deu_Latn")
        for i, rows in enumerate((range(3), range(3, 5)))
    }
    hub.repositories["datasets/lab/belebele"] = {"README.md": DECLARED.encode(), **shards}
    source, files = {"hub": "lab/belebele", "revision": "main"}, {"config": "{code}", "split": "test"}
    changed = {"source": source, "files": {"translations": files}, "rows": {"english": 5, "translations": 5}}
    edit(project, "datasets", "belebele", {**changed, "languages": ["en", "de"]})
    overlay = project / "mine.yaml"
    overlay.write_text(yaml.safe_dump({"run": "mine", "datasets": ["belebele"], "languages": ["de"], "figures": {}}))
    wanted = ["results/mine/questions/belebele/de.arrow", "--configfile", str(overlay)]
    assert planned(project, *wanted) == {"fetch_questions": 2, "questions": 1}
    snakemake(project, "--cores", "1", *wanted)
    assert read_table(project / wanted[0], QUESTIONS).num_rows == 5
    receipt = {**source, "commit": COMMIT}
    assert read_provenance(project / wanted[0])["sources"] == {"language": receipt, "pivot": receipt}
    edit(project, "datasets", "belebele", {"source": {**source, "revision": COMMIT}})
    assert planned(project, *wanted) == {}
    edit(project, "datasets", "belebele", {"files": {"translations": {**files, "split": "dev"}}})
    assert planned(project, *wanted)["fetch_questions"] == 2


REFUSED = {
    "a row is missing": ({}, [belebele_row(n) for n in range(899)], "data/deu_Latn.jsonl has 899 rows"),
    "a page": ({}, None, "is an HTML page, such as a server's error or login page"),
    "another licence": ({"licence": "MIT"}, [belebele_row(n) for n in range(900)], "its licence is 'cc-by-sa-4.0'"),
}


@pytest.mark.parametrize("bad", REFUSED)
def test_a_file_that_contradicts_the_catalogue_gives_one_message_and_is_not_kept(project, tmp_path, hub, bad):
    changes, rows, message = REFUSED[bad]
    hub.repositories["datasets/facebook/belebele"] = {
        "data/deu_Latn.jsonl": contents(tmp_path, rows) if rows else b"<!DOCTYPE html><title>Sign in</title>",
        "README.md": b"---\nlicense: cc-by-sa-4.0\n---\n",
    }
    edit(project, "datasets", "belebele", changes)
    done = snakemake(project, "--cores", "1", RAW, check=False)
    assert done.returncode != 0
    assert done.stdout.count("error: ") == 1 and message in done.stdout.split("error: ")[1]
    assert "Traceback" not in done.stdout
    assert not [path for path in (project / "resources/data").rglob("*") if path.is_file()]
