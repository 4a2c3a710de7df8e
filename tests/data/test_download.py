"""Downloads from a hub on this machine: the files that arrive, their receipts, and the message for each refusal.

What the library `datasets` loads is in test_splits.py.
"""

import errno
import json
import os
import random
import shutil
from pathlib import Path

import pytest
from crosslens.data import download
from crosslens.errors import CrosslensError
from crosslens.tables import files
from downloads import TOKEN, closed_port, fetch
from fake_hub import COMMIT, FakeHub
from hub_files import belebele_row, write_jsonl
from huggingface_hub.constants import DOWNLOAD_CHUNK_SIZE
from readings import reading

INDEX = "model.safetensors.index.json"
ORDINARY = ["config.json", "tokenizer.json", "chat_template.jinja", INDEX]
SHARDS = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
MODEL = {
    "config.json": b'{"model_type": "qwen2"}',
    "tokenizer.json": b"{}",
    "chat_template.jinja": b"{{ messages }}",
    INDEX: json.dumps({"weight_map": {"a": SHARDS[0], "b": SHARDS[1], "c": SHARDS[1]}}).encode(),
    **{shard: bytes(range(i, 256)) * 4000 for i, shard in enumerate(SHARDS)},
    "consolidated.safetensors": b"the same weights again",
    "pytorch_model.bin": b"the same weights, pickled",
    "README.md": b"# A model",
}


@pytest.fixture()
def hub(tmp_path):
    """Start a hub with one model and one data set of three questions."""
    questions = Path(write_jsonl(tmp_path / "deu.jsonl", [belebele_row(n) for n in range(3)])).read_bytes()
    with FakeHub({"models/lab/model": dict(MODEL), "datasets/lab/data": {"data/deu.jsonl": questions}}) as hub:
        yield hub


def fetch_model(
    tmp_path: Path, endpoint: str, hub: str = "lab/model", revision: str = "main", **settings
) -> tuple[int, str]:
    return fetch("fetch_model", tmp_path, endpoint, hub=hub, revision=revision, **settings)


def fetch_questions(tmp_path: Path, endpoint: str, **changed) -> tuple[int, str]:
    settings = {
        "hub": "lab/data",
        "revision": "main",
        "file": "data/deu.jsonl",
        "reading": reading("belebele"),
        "rows": 3,
        "licence": None,
    }
    return fetch("fetch_questions", tmp_path, endpoint, **{**settings, **changed})


def test_a_model_arrives_once_with_its_commit_recorded(hub, tmp_path):
    status, log = fetch_model(tmp_path, hub.url)
    assert status == 0 and f"commit {COMMIT}" in log
    folder = tmp_path / "model"
    assert {file.name for file in folder.iterdir()} == {*ORDINARY, *SHARDS, "crosslens.json"}
    assert all((folder / shard).read_bytes() == MODEL[shard] for shard in SHARDS)
    recorded = json.loads((folder / "crosslens.json").read_text())
    assert recorded == {"hub": "lab/model", "revision": "main", "commit": COMMIT}


def test_a_pinned_commit_is_fetched_as_such(hub, tmp_path):
    status, _ = fetch_model(tmp_path, hub.url, revision=COMMIT)
    assert status == 0 and json.loads((tmp_path / "model/crosslens.json").read_text())["commit"] == COMMIT


def test_the_token_goes_to_the_hub_and_nowhere_else(hub, tmp_path):
    hub.gated.add("models/lab/model")
    fetch_model(tmp_path, hub.url)  # asserts that it is not in the log
    assert hub.headers.get("authorization") == f"Bearer {TOKEN}"
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files and all(TOKEN.encode() not in file.read_bytes() for file in files)


def test_questions_arrive_whole(hub, tmp_path):
    status, log = fetch_questions(tmp_path, hub.url)
    assert status == 0 and f"commit {COMMIT}" in log
    folder = tmp_path / "data"
    assert (folder / "deu.jsonl").read_bytes() == hub.repositories["datasets/lab/data"]["data/deu.jsonl"]
    recorded = json.loads((folder / "deu.jsonl.crosslens.json").read_text())
    assert recorded == {"hub": "lab/data", "revision": "main", "commit": COMMIT}
    assert len(list(folder.iterdir())) == 2, "nothing partial is left"


def test_a_broken_connection_resumes_where_it_broke(hub, tmp_path):
    """Only complete chunks are kept, so the file is longer than two of them."""
    weights = random.Random(0).randbytes(2 * DOWNLOAD_CHUNK_SIZE + 1000)
    hub.repositories["models/lab/model"][SHARDS[0]] = weights
    hub.broken.add(SHARDS[0])
    status, log = fetch_model(tmp_path, hub.url)
    assert status == 0, log
    assert (tmp_path / "model" / SHARDS[0]).read_bytes() == weights
    assert hub.ranges == [f"bytes={DOWNLOAD_CHUNK_SIZE}-"]
    assert hub.downloads(SHARDS[0]) == 2 and hub.downloads(SHARDS[1]) == 1


def test_a_second_try_keeps_what_arrived(hub, tmp_path):
    hub.failing.add(SHARDS[1])
    status, log = fetch_model(tmp_path, hub.url)
    assert (
        status == 1
        and "HTTP status 500. The hub itself has a fault" in log
        and "What has been downloaded is kept" in log
    )
    assert not (tmp_path / "model").exists()
    hub.failing.clear()
    assert fetch_model(tmp_path, hub.url)[0] == 0
    assert hub.downloads(SHARDS[0]) == 1


def test_a_cache_serves_when_the_hub_is_gone(hub, tmp_path):
    assert fetch_questions(tmp_path, hub.url)[0] == 0
    (tmp_path / "data/deu.jsonl").unlink()
    assert fetch_questions(tmp_path, closed_port())[0] == 0


def test_out_of_reach(tmp_path):
    status, log = fetch_model(tmp_path, closed_port())  # a data set gives the same after half a minute of retries
    assert status == 1 and "could not be reached" in log and "Run again where there is a network" in log
    assert "source: {path: ...}" in log


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS])
def test_a_cache_that_cannot_be_written_is_not_a_hub_out_of_reach(tmp_path, monkeypatch, code):
    refusal = OSError(code, os.strerror(code), "/cache/blob")

    def refuse(*_, **__):
        raise refusal

    for name in ("hf_hub_download", "snapshot_download"):
        monkeypatch.setattr(download, name, refuse)
    with pytest.raises(CrosslensError) as of_model:
        download.fetch_model(tmp_path / "model", "lab/model", "main")
    with pytest.raises(CrosslensError) as of_file:
        download.fetch_questions(
            tmp_path / "deu.jsonl", "lab/data", "main", "deu.jsonl", reading("belebele"), None, None
        )
    for error in (of_model.value, of_file.value):
        assert "the download to /cache/blob could not be written" in str(error) and os.strerror(code) in str(error)
        assert str(error).endswith(files.not_written(refusal)), "with the remedy"
        assert "network" not in str(error) and "reached" not in str(error)


def test_a_full_disk_is_named_by_the_xet_client_too(tmp_path, monkeypatch):
    def full(*_, **__):
        raise RuntimeError("Task error: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(download, "snapshot_download", full)
    with pytest.raises(
        CrosslensError, match="could not be written .*No space left.* Is there room on the disk"
    ) as error:
        download.fetch_model(tmp_path / "model", "lab/model", "main")
    assert "XET" not in str(error.value)


def test_a_full_disk_of_the_project_is_named(hub, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(CrosslensError, match=r"deu.jsonl: could not be written .*No space left"):
        files.copy_file(tmp_path / "new/deu.jsonl", tmp_path / "deu.jsonl")
    assert list((tmp_path / "new").iterdir()) == []


def test_gated(hub, tmp_path):
    hub.gated |= set(hub.repositories)
    for fetch_it, name in ((fetch_model, "lab/model"), (fetch_questions, "lab/data")):
        status, log = fetch_it(tmp_path, hub.url)
        assert status == 1
        assert f"{name} is gated: accept its terms at https://huggingface.co/{name} and set HF_TOKEN" in log


def test_no_such_repository(hub, tmp_path):
    for fetch_it in (fetch_model, fetch_questions):
        status, log = fetch_it(tmp_path, hub.url, hub="lab/typo")
        assert status == 1 and "error: lab/typo is not on the hub, or is private: check the name and HF_TOKEN." in log


def test_no_such_revision(hub, tmp_path):
    for fetch_it in (fetch_model, fetch_questions):
        status, log = fetch_it(tmp_path, hub.url, revision="v9")
        assert status == 1 and "v9" in log and "Check `revision` in the catalogue." in log


def test_no_such_file(hub, tmp_path):
    status, log = fetch_questions(tmp_path, hub.url, file="data/xxx.jsonl")
    assert status == 1 and "data/xxx.jsonl" in log and "Check `files` and the language's code." in log


def test_a_model_without_safetensors_is_refused(hub, tmp_path):
    for weights in [INDEX, *SHARDS]:
        del hub.repositories["models/lab/model"][weights]
    status, log = fetch_model(tmp_path, hub.url)
    assert status == 1 and "lab/model at main has no safetensors weights" in log


NO_NAMES = {
    "lab/my model": None,
    "lab/model/x": "model/x",
    "https://huggingface.co/lab/model": "lab/model",
    "https://huggingface.co/lab/model/tree/main": "lab/model",
    "https://user:secret@huggingface.co/datasets/lab/data/": "lab/data",
    "lab/model/": "lab/model",
    " lab/model": "lab/model",
    "datasets/lab/data": "lab/data",
    "lab--x/y": None,
    "lab/mödel": None,
    "": None,
}


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_cannot_be_the_name_of_a_repository_is_refused_before_the_hub_is_asked(tmp_path, name):
    for fetched in (
        lambda: download.fetch_model(tmp_path / "model", name, "main"),
        lambda: download.fetch_questions(tmp_path / "q", name, "main", "q.jsonl", reading("belebele"), None, None),
    ):
        with pytest.raises(CrosslensError, match="is not the name of a repository. Write `hub: owner/name`") as error:
            fetched()
        meant = f"; did you mean '{NO_NAMES[name]}'?" if NO_NAMES[name] else "."
        assert str(error.value).endswith(f"address{meant}") and "secret" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_revision_is_refused_before_the_hub_is_asked(tmp_path):
    with pytest.raises(CrosslensError, match="lab/model: `revision` is empty. Write a branch, a tag or a commit"):
        download.fetch_model(tmp_path / "model", "lab/model", "")


@pytest.mark.parametrize("end", ["\nHost: elsewhere", " x", "é"])
def test_a_token_that_no_request_can_carry_is_not_shown(hub, tmp_path, end):
    status, log = fetch_model(tmp_path, hub.url, environment={"HF_TOKEN": TOKEN + end})
    assert status == 1 and "the access token of the hub" in log and "Copy it again" in log and hub.asked == []


STATUSES = {
    401: "HF_TOKEN is missing, wrong or expired",
    403: "HF_TOKEN does not allow it: accept the repository's terms",
    404: "The address does not exist: check the name and, if you have set it, HF_ENDPOINT",
    418: "Check HF_ENDPOINT",
}


@pytest.mark.parametrize("code", STATUSES)
def test_a_refusal_without_a_reason_is_explained_by_its_status(hub, tmp_path, code):
    hub.statuses = {repository: [code] for repository in hub.repositories}
    for fetch_it, name in ((fetch_model, "lab/model"), (fetch_questions, "lab/data")):
        status, log = fetch_it(tmp_path, hub.url)
        assert status == 1 and f"{name}: the hub refuses the download with HTTP status {code}. {STATUSES[code]}" in log
        assert "reached" not in log and not (tmp_path / "model").exists() and not (tmp_path / "data").exists()


BUSY = {
    429: "It was asked too often: wait five minutes and run again, with HF_TOKEN set",
    503: "The hub itself has a fault: run again later",
}


@pytest.mark.parametrize("code", BUSY)
def test_a_busy_hub_is_asked_again_and_then_given_up(hub, tmp_path, code):
    hub.statuses["models/lab/model"] = [code]
    status, log = fetch_model(tmp_path, hub.url)
    assert status == 1 and f"lab/model: the hub refuses the download with HTTP status {code}. {BUSY[code]}" in log
    assert log.count(f"cannot list the files of lab/model now ({code}): trying again in") == 2
    hub.statuses["models/lab/model"] = [code, code, 200]
    assert fetch_model(tmp_path, hub.url)[0] == 0


def test_an_xet_store_out_of_reach(hub, tmp_path):
    hub.in_xet = {SHARDS[0]: closed_port(), "data/deu.jsonl": closed_port()}
    once = {"HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "1", "HF_XET_CLIENT_RETRY_BASE_DELAY": "10ms"}
    for fetch_it, name in ((fetch_model, "lab/model"), (fetch_questions, "lab/data")):
        status, log = fetch_it(tmp_path, hub.url, environment=once)
        assert status == 1 and f"{name}: the download from the Xet store" in log and "set HF_HUB_DISABLE_XET=1" in log
        assert not (tmp_path / name.removeprefix("lab/")).exists()
        assert fetch_it(tmp_path, hub.url, environment={"HF_HUB_DISABLE_XET": "1"})[0] == 0


def cached_model(tmp_path) -> Path:
    """Return the folder of the cache that holds the model's files."""
    return next((tmp_path / "hf/hub").glob(f"models--lab--model/snapshots/{COMMIT}"))


@pytest.mark.parametrize("listing", ["kept", "lost"])
@pytest.mark.parametrize("missing", ["tokenizer.json", "config.json", INDEX, SHARDS[1]])
def test_a_part_of_a_model_in_an_offline_cache_is_not_a_model(hub, tmp_path, missing, listing):
    """Caches of older versions of huggingface_hub have no listing of the repository's files."""
    assert fetch_model(tmp_path, hub.url)[0] == 0
    shutil.rmtree(tmp_path / "model")
    (cached_model(tmp_path) / missing).unlink()
    if listing == "lost":
        shutil.rmtree(cached_model(tmp_path).parents[1] / "trees")
    status, log = fetch_model(tmp_path, hub.url, offline="1")
    assert status == 1 and "only a part" in log and "run again where there is a network" in log.lower()
    assert "without HF_HUB_OFFLINE" in log and not (tmp_path / "model").exists()
    assert missing in log or listing == "kept"
    assert fetch_model(tmp_path, hub.url)[0] == 0, "where there is a network, the rest is downloaded"


def test_a_model_that_is_not_in_an_offline_cache(hub, tmp_path):
    for fetch_it, name in ((fetch_model, "lab/model"), (fetch_questions, "lab/data")):
        status, log = fetch_it(tmp_path, hub.url, offline="1")
        assert status == 1 and f"{name} is not in the cache" in log and "HF_HUB_OFFLINE forbids" in log
        assert hub.asked == []


def test_a_damaged_index_is_named(hub, tmp_path):
    hub.repositories["models/lab/model"][INDEX] = b'{"weight_map": [}'
    status, log = fetch_model(tmp_path, hub.url)
    assert status == 1 and f"{INDEX} is damaged. Delete it and run again." in log and not (tmp_path / "model").exists()


def test_a_link_that_leads_nowhere_is_replaced(hub, tmp_path):
    """It stays behind when a disk is taken away or a cache is deleted."""
    (tmp_path / "model").symlink_to(tmp_path / "gone")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/deu.jsonl").symlink_to(tmp_path / "gone")
    assert fetch_model(tmp_path, hub.url)[0] == fetch_questions(tmp_path, hub.url)[0] == 0
    assert (tmp_path / "model" / SHARDS[0]).is_file() and (tmp_path / "data/deu.jsonl").is_file()
    assert not (tmp_path / "gone").exists()


def test_links_into_a_cache_that_was_deleted_are_made_again(hub, tmp_path):
    assert fetch_model(tmp_path, hub.url)[0] == 0
    shutil.rmtree(tmp_path / "hf")
    assert not (tmp_path / "model" / SHARDS[0]).exists()
    assert fetch_model(tmp_path, hub.url)[0] == 0 and (tmp_path / "model" / SHARDS[0]).is_file()


def test_a_folder_that_is_a_link_to_nowhere_is_named(hub, tmp_path):
    (tmp_path / "data").symlink_to(tmp_path / "gone")
    status, log = fetch_questions(tmp_path, hub.url)
    assert status == 1 and f"{tmp_path / 'data'} is a link to {tmp_path / 'gone'}, which is not there" in log


BAD_QUESTIONS = {
    "other number": (b"", "data/deu.jsonl has 3 rows, but config/datasets.yaml says 900", {"rows": 900}),
    "page": (b"<!DOCTYPE html><title>Sign in</title>", "an HTML page, such as a server's error or login page", {}),
    "other shape": (b'{"question": "Q?"}\n', "field 'link' is missing", {}),
}


@pytest.mark.parametrize("bad", BAD_QUESTIONS)
def test_questions_that_are_not_what_the_catalogue_says(hub, tmp_path, bad):
    contents, message, settings = BAD_QUESTIONS[bad]
    hub.repositories["datasets/lab/data"]["data/deu.jsonl"] = contents or _german(hub)
    status, log = fetch_questions(tmp_path, hub.url, **settings)
    assert status == 1 and "lab/data: data/deu.jsonl" in log and message in log, log
    assert not (tmp_path / "data").exists()


CARD = b"---\nlicense: cc-by-sa-4.0\nlanguage: [de]\n---\n# A data set\n"


def test_the_licence_that_the_card_states_is_logged_and_must_be_the_catalogues(hub, tmp_path):
    hub.repositories["datasets/lab/data"]["README.md"] = CARD
    status, log = fetch_questions(tmp_path, hub.url, licence="CC-BY-SA-4.0")
    assert status == 0 and "licence of lab/data: cc-by-sa-4.0" in log
    (tmp_path / "data/deu.jsonl").unlink()
    status, log = fetch_questions(tmp_path, hub.url, licence="MIT")
    assert status == 1 and not (tmp_path / "data/deu.jsonl").exists()
    assert "lab/data: its licence is 'cc-by-sa-4.0', but config/datasets.yaml says 'MIT'. Read the licence" in log


def test_one_of_several_licences_is_enough(hub, tmp_path):
    hub.repositories["datasets/lab/data"]["README.md"] = b"---\nlicense: [apache-2.0, mit]\n---\n"
    status, log = fetch_questions(tmp_path, hub.url, licence="MIT")
    assert status == 0 and "licence of lab/data: apache-2.0, mit" in log
    status, log = fetch_questions(tmp_path, hub.url, licence="CC-BY-4.0")
    assert status == 1 and "its licence is 'apache-2.0, mit', but config/datasets.yaml says 'CC-BY-4.0'" in log


CARDS_WITHOUT = {
    "no card": None,
    "no metadata": b"# A data set",
    "not YAML": b"---\nlicense: [mit\n---\n",
    "no mapping": b"---\n- mit\n---\n",
    "not UTF-8": b"---\nlicense: \xff\n---\n",
}


@pytest.mark.parametrize("card", CARDS_WITHOUT)
def test_a_card_that_does_not_state_a_licence(hub, tmp_path, card):
    if CARDS_WITHOUT[card] is not None:
        hub.repositories["datasets/lab/data"]["README.md"] = CARDS_WITHOUT[card]
    status, log = fetch_questions(tmp_path, hub.url, licence="MIT")
    assert status == 0 and "licence of lab/data: not stated" in log


def test_a_card_that_cannot_be_downloaded_leaves_no_file(hub, tmp_path):
    hub.repositories["datasets/lab/data"]["README.md"] = CARD
    hub.failing.add("README.md")
    status, log = fetch_questions(tmp_path, hub.url, licence="MIT")
    assert status == 1 and "lab/data: the hub refuses the download with HTTP status 500" in log
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_card_is_not_waited_for_when_the_data_came_from_the_cache(hub, tmp_path, offline):
    """hf_hub_download would log five tries, which take 20 s."""
    assert fetch_questions(tmp_path, hub.url)[0] == 0
    status, log = fetch_questions(tmp_path, closed_port(), licence="MIT", offline=offline)
    assert status == 0 and "licence of lab/data: not stated" in log and "Retrying" not in log


def _german(hub: FakeHub) -> bytes:
    return hub.repositories["datasets/lab/data"]["data/deu.jsonl"]
