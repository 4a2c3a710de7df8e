"""Records of what was fetched: what they are compared with, and what is said of two that differ."""

import json

import pytest
from crosslens.fetched import beside, first_asked, sources

OLD, NEW = "1" * 40, "2" * 40


def record(path, hub="lab/data", revision="main", commit=OLD):
    beside(path).write_text(json.dumps({"hub": hub, "revision": revision, "commit": commit}))


@pytest.mark.parametrize(
    ("hub", "revision", "asked"),
    [("lab/data", OLD, "main"), ("lab/data", NEW, NEW), ("lab/data", "v2", "v2"), ("lab/other", OLD, OLD)],
)
def test_only_a_pin_of_what_is_there_is_what_was_asked_for(tmp_path, hub, revision, asked):
    record(tmp_path / "de.jsonl")
    source = {"hub": hub, "revision": revision, "gated": True}
    assert first_asked(source, beside(tmp_path / "de.jsonl")) == {"hub": hub, "revision": asked}
    assert first_asked(source, tmp_path / "absent") == {"hub": hub, "revision": revision}


def test_two_commits_of_one_repository_are_named(tmp_path, capsys):
    german, english = tmp_path / "de.jsonl", tmp_path / "en.jsonl"
    assert sources(german, english) == {}
    record(german)
    record(english)
    assert sources(german, english)["pivot"] == {"hub": "lab/data", "revision": "main", "commit": OLD}
    record(english, hub="lab/english", commit=NEW)
    assert sources(german, english)["pivot"]["hub"] == "lab/english"
    assert capsys.readouterr().out == ""
    record(english, commit=NEW)
    assert {name: found["commit"] for name, found in sources(german, english).items()} == {
        "language": OLD,
        "pivot": NEW,
    }
    assert f"{german} is of commit {OLD} of lab/data, {english} of commit {NEW}" in capsys.readouterr().out
