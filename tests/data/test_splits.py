"""Splits that the library `datasets` loads from a hub on this machine, over HTTP: rows, receipts and refusals."""

import errno
import io
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from crosslens.data import splits
from crosslens.data.readers import read_records
from crosslens.errors import CrosslensError
from datasets import ClassLabel, Dataset, Features, Image, Value
from datasets.exceptions import DatasetGenerationError
from downloads import TOKEN, closed_port, fetch
from fake_hub import COMMIT, FakeHub
from readings import own

OLD, CONVERTED = "4" * 40, "refs/convert/parquet"
READ = {
    "id": "id",
    "question": "question",
    "choices": {"range": "option_{a..b}"},
    "answer": {"column": "answer", "as": "index"},
}
CARD = b"""---
license: mit
configs:
- config_name: eng
  data_files:
  - {split: test, path: eng/test-*}
- config_name: deu
  data_files:
  - {split: test, path: deu/test-*}
  - {split: dev, path: deu/dev-*}
---
# A data set
"""


def row(n: int, language: str, **changed) -> dict:
    return {
        "id": f"q{n}",
        "question": f"{language} {n}?",
        "option_a": "None",
        "option_b": "0.50",
        "answer": 1,
    } | changed


def parquet(rows: list[dict] | Dataset) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink) if isinstance(rows, list) else rows.to_parquet(sink)
    return sink.getvalue()


def shards(language: str, split: str = "test") -> dict[str, bytes]:
    """Return a split in two files of three rows each."""
    name = f"{language}/{split}-0000{{}}-of-00002.parquet"
    return {name.format(i): parquet([row(3 * i + n, language) for n in range(3)]) for i in range(2)}


@pytest.fixture()
def hub():
    """Start a hub with a data set of two configurations, one of which has two splits, each in two files."""
    files = {"README.md": CARD, **shards("eng"), **shards("deu"), **shards("deu", "dev")}
    with FakeHub({"datasets/lab/data": files}) as hub:
        yield hub


def repository(hub: FakeHub) -> dict[str, bytes]:
    return hub.repositories["datasets/lab/data"]


def fetch_split(tmp_path, endpoint: str, **changed) -> tuple[int, str]:
    settings = {"hub": "lab/data", "revision": "main", "config": "deu", "split": "test", "rows": 6, "licence": "MIT"}
    settings["reading"] = own(READ) | {"dataset": "mine"}
    return fetch("fetch_split", tmp_path, endpoint, **{**settings, **changed})


def refused(tmp_path, endpoint: str, **changed) -> str:
    """Return the log of a download that fails and must leave no file."""
    status, log = fetch_split(tmp_path, endpoint, **changed)
    assert status == 1, log
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    return log


def stored(tmp_path) -> list[dict]:
    return [dict(record.fields) for record in read_records(tmp_path / "data/deu/test.parquet")]


def test_the_shards_of_a_split_arrive_as_one_file_with_its_commit(hub, tmp_path):
    status, log = fetch_split(tmp_path, hub.url)
    assert status == 0 and f"commit {COMMIT}" in log and "licence of lab/data: mit" in log, log
    assert stored(tmp_path) == [row(n, "deu") for n in range(6)]
    recorded = json.loads((tmp_path / "data/deu/test.parquet.crosslens.json").read_text())
    assert recorded == {"hub": "lab/data", "revision": "main", "commit": COMMIT}
    assert not any("eng/test-0" in request for request in hub.asked), "of no other configuration"
    assert hub.headers.get("authorization") == f"Bearer {TOKEN}"


def test_a_pinned_revision_is_what_is_asked_for(hub, tmp_path):
    hub.commits.add(OLD)
    status, log = fetch_split(tmp_path, hub.url, revision=OLD, asked="v1")
    assert status == 0, log
    recorded = json.loads((tmp_path / "data/deu/test.parquet.crosslens.json").read_text())
    assert recorded == {"hub": "lab/data", "revision": "v1", "commit": OLD}
    assert not any("main" in request or COMMIT in request for request in hub.asked)


def test_a_folder_of_the_repositorys_name_is_not_taken_for_it(hub, tmp_path):
    folder = tmp_path / "lab/data/deu"
    folder.mkdir(parents=True)
    (folder / "test-00000-of-00001.parquet").write_bytes(parquet([row(99, "another")]))
    assert fetch_split(tmp_path, hub.url)[0] == 0
    assert len(stored(tmp_path)) == 6


def test_class_labels_stay_numbers_and_images_are_left_out(hub, tmp_path):
    features = Features(
        {
            **dict.fromkeys(("id", "question", "option_a", "option_b"), Value("string")),
            "answer": ClassLabel(names=["A", "B"]),
        }
    )
    rows = [row(n, "deu") | {"image": {"bytes": b"not a picture", "path": None}} for n in range(6)]
    for file in list(shards("deu")) + list(shards("deu", "dev")):
        del repository(hub)[file]
    repository(hub)["deu/test-00000-of-00001.parquet"] = parquet(
        Dataset.from_list(rows, features=Features({**features, "image": Image()}))
    )
    repository(hub)["deu/dev-00000-of-00001.parquet"] = repository(hub)["deu/test-00000-of-00001.parquet"]
    status, log = fetch_split(tmp_path, hub.url)
    assert status == 0 and "left out columns that are stored encoded" in log and ": image" in log, log
    assert stored(tmp_path) == [row(n, "deu") for n in range(6)]


def test_json_lines_of_a_repository_without_configs_are_its_default(hub, tmp_path):
    lines = "".join(json.dumps(row(n, "deu", answer=0) | {"seen": ["x", n]}) + "\n" for n in range(6))
    hub.repositories["datasets/lab/data"] = {"test.jsonl": lines.encode()}
    status, log = fetch_split(tmp_path, hub.url, config="default", licence=None)
    assert status == 0 and ": seen" in log, log
    assert stored(tmp_path) == [row(n, "deu", answer=0) for n in range(6)]


UNKNOWN = {
    "config": ({"config": "fra"}, "lab/data has no config 'fra'; there are eng, deu. Correct `config` in `files`"),
    "split": ({"split": "train"}, "config 'deu' has no split 'train'; there are test, dev. Correct `split` in `files`"),
    "revision": ({"revision": "v9"}, "Check `revision` in the catalogue."),
    "repository": ({"hub": "lab/typo"}, "lab/typo is not on the hub, or is private: check the name and HF_TOKEN."),
    "name": ({"hub": "lab/data/deu"}, "is not the name of a repository"),
    "rows": ({"rows": 7}, "lab/data: split 'test' of config 'deu' was downloaded, but cannot be used"),
    "licence": ({"licence": "Apache-2.0"}, "its licence is 'mit', but config/datasets.yaml says 'Apache-2.0'"),
    "column": ({"reading": own(READ | {"id": "key"})}, "field 'key' is missing"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_there_is_named_with_what_is(hub, tmp_path, name):
    changed, message = UNKNOWN[name]
    assert message in refused(tmp_path, hub.url, **changed)
    if name in ("config", "split", "licence"):
        assert not any(".parquet" in request for request in hub.asked), "before anything is downloaded"


def test_a_script_is_not_run(hub, tmp_path):
    hub.repositories["datasets/lab/data"] = {"data.py": b"raise SystemExit('run')", "README.md": b"# A data set"}
    log = refused(tmp_path, hub.url, licence=None)
    assert "lab/data is loaded by code, data.py, and no code of a repository is run" in log
    assert f"set `revision: {CONVERTED}` and name the converted files in `files`" in log


def test_converted_files_declare_no_configs(hub, tmp_path):
    files = {f"{code}/test/0000.parquet": parquet([row(1, code)]) for code in ("deu", "eng")}
    hub.repositories["datasets/lab/data"] = files
    hub.commits.add(CONVERTED)
    log = refused(tmp_path, hub.url, revision=CONVERTED, licence=None)
    assert "lab/data has no config 'deu'; there are default. Correct `config` in `files`" in log
    assert "or name the repository's files there" in log


def test_csv_is_refused_since_the_library_changes_texts(hub, tmp_path):
    text = "id,question,option_a,option_b,answer\n" + "".join(f"q{n},Q?,None,0.50,1\n" for n in range(6))
    for path in [path for path in repository(hub) if path.endswith(".parquet")]:
        repository(hub)[path.replace(".parquet", ".csv")] = text.encode()
        del repository(hub)[path]
    log = refused(tmp_path, hub.url)
    assert "its files are CSV" in log and "for example deu/test-00000-of-00002.csv, deu/test-00001-of-00002.csv" in log


def test_gated(hub, tmp_path):
    hub.gated.add("datasets/lab/data")
    assert "lab/data is gated: accept its terms at https://huggingface.co/lab/data" in refused(tmp_path, hub.url)


@pytest.mark.parametrize("path", ["data.py", "deu/test-00000-of-00002.parquet"])
def test_gated_but_for_the_card(hub, tmp_path, path):
    hub.gated.add(path)
    assert "lab/data is gated: accept its terms" in refused(tmp_path, hub.url)


DAMAGED = {
    "not parquet": (b"<!DOCTYPE html><title>Sign in</title>", "Parquet magic bytes not found"),
    "other columns": (parquet([{"another": "column"}]), "because column names don't match"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_shard_that_cannot_be_loaded(hub, tmp_path, name):
    repository(hub)["deu/test-00001-of-00002.parquet"], message = DAMAGED[name]
    log = refused(tmp_path, hub.url)
    assert "lab/data: the library `datasets` cannot load config 'deu' (" in log and message in log
    assert "Name the repository's files in `files`" in log


def test_a_repository_without_data(hub, tmp_path):
    hub.repositories["datasets/lab/data"] = {"README.md": b"# Soon"}
    assert "the library `datasets` cannot load config 'deu'" in refused(tmp_path, hub.url, licence=None)


def test_a_fault_of_the_hub_is_not_one_of_the_data(hub, tmp_path):
    hub.failing.add("deu/test-00001-of-00002.parquet")
    assert "the hub refuses the download with HTTP status 500" in refused(tmp_path, hub.url)


def test_a_full_disk_is_not_a_fault_of_the_data(tmp_path, monkeypatch):
    def full(*_, **__):
        raise DatasetGenerationError("") from OSError(errno.ENOSPC, "No space left on device", "/cache/part")

    monkeypatch.setattr(splits, "snapshot_download", lambda *_, **__: f"/cache/{COMMIT}")
    monkeypatch.setattr(splits, "check_licence", lambda *_: None)
    monkeypatch.setattr(splits, "load_dataset_builder", full)
    with pytest.raises(CrosslensError, match="lab/data: the download to /cache/part could not be written"):
        splits.fetch_split(tmp_path / "x.parquet", "lab/data", "main", "deu", "test", own(READ), None, None)


def test_an_xet_store_out_of_reach(hub, tmp_path):
    hub.in_xet = {"deu/test-00000-of-00002.parquet": closed_port()}
    once = {"HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "1", "HF_XET_CLIENT_RETRY_BASE_DELAY": "10ms"}
    assert "set HF_HUB_DISABLE_XET=1" in refused(tmp_path, hub.url, environment=once)


def test_the_librarys_cache_serves_offline(hub, tmp_path):
    assert fetch_split(tmp_path, hub.url)[0] == 0
    shutil.rmtree(tmp_path / "data")
    status, log = fetch_split(tmp_path, closed_port(), offline="1")
    assert status == 0 and f"commit {COMMIT}" in log, log
    assert stored(tmp_path) == [row(n, "deu") for n in range(6)]


def test_offline_only_what_is_in_the_cache_is_there(hub, tmp_path):
    assert "HF_HUB_OFFLINE forbids to ask the hub" in refused(tmp_path, hub.url, offline="1")
    assert hub.asked == []
    assert fetch_split(tmp_path, hub.url)[0] == 0
    shutil.rmtree(tmp_path / "data")
    assert "lab/data: config 'eng' is not in the cache" in refused(tmp_path, hub.url, offline="1", config="eng")
    assert "has no split 'train'; there are test, dev" in refused(tmp_path, hub.url, offline="1", split="train")


def test_offline_another_commit_is_not_taken_for_the_one_asked_for(hub, tmp_path):
    """Left to itself, the library takes the commit that it loaded last."""
    hub.commits.add(OLD)
    for revision in (OLD, "main"):
        assert fetch_split(tmp_path, hub.url, revision=revision)[0] == 0
        shutil.rmtree(tmp_path / "data")
    log = refused(tmp_path, closed_port(), offline="1", revision=OLD)
    assert f"lab/data: the latest of config 'deu' in the cache is commit {COMMIT}, not {OLD}" in log
