"""Receipts of downloads: which revision counts as asked for, and the warning about two that differ."""

import json

import pytest
from crosslens.data.receipts import beside, first_asked, read_receipt, sources
from crosslens.errors import CrosslensError

OLD, NEW = "1" * 40, "2" * 40


def write_receipt(path, hub="lab/data", revision="main", commit=OLD):
    beside(path).write_text(json.dumps({"hub": hub, "revision": revision, "commit": commit}))


@pytest.mark.parametrize(
    ("hub", "revision", "asked"),
    [("lab/data", OLD, "main"), ("lab/data", NEW, NEW), ("lab/data", "v2", "v2"), ("lab/other", OLD, OLD)],
)
def test_only_a_pin_of_the_commit_that_is_there_keeps_the_revision_asked_for(tmp_path, hub, revision, asked):
    write_receipt(tmp_path / "de.jsonl")
    source = {"hub": hub, "revision": revision, "gated": True}
    assert first_asked(source, beside(tmp_path / "de.jsonl")) == {"hub": hub, "revision": asked}
    assert first_asked(source, tmp_path / "absent") == {"hub": hub, "revision": revision}


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"hub": "lab/data"}', b"\xff"])
def test_a_damaged_receipt_is_named(tmp_path, damaged):
    (tmp_path / "crosslens.json").write_bytes(damaged)
    with pytest.raises(CrosslensError, match="crosslens.json: damaged .* Delete it, and what it describes"):
        read_receipt(tmp_path / "crosslens.json")


def test_links_into_a_cache_that_is_gone_give_one_warning(tmp_path, capsys):
    folder, source = tmp_path / "model", {"hub": "lab/model", "revision": "main"}
    folder.mkdir()
    (folder / "config.json").symlink_to(tmp_path / "cache/blob")
    for _ in range(2):
        assert first_asked(source, folder / "crosslens.json") == source
    warning = f"{folder / 'config.json'} is a link to {tmp_path / 'cache/blob'}, which is not there. Delete {folder}"
    assert capsys.readouterr().err.count(warning) == 1


def test_two_commits_of_one_repository_give_a_warning(tmp_path, capsys):
    german, english = tmp_path / "de.jsonl", tmp_path / "en.jsonl"
    assert sources(german, english) == {}
    write_receipt(german)
    write_receipt(english)
    assert sources(german, english)["pivot"] == {"hub": "lab/data", "revision": "main", "commit": OLD}
    write_receipt(english, hub="lab/english", commit=NEW)
    assert sources(german, english)["pivot"]["hub"] == "lab/english"
    assert capsys.readouterr().out == ""
    write_receipt(english, commit=NEW)
    assert {name: receipt["commit"] for name, receipt in sources(german, english).items()} == {
        "language": OLD,
        "pivot": NEW,
    }
    assert f"{german} is from commit {OLD} of lab/data, but {english} is from commit {NEW}" in capsys.readouterr().out
