"""The record beside everything that was fetched: repository, revision asked for, and the commit that this stood for.

Imports only the standard library, since every parse of the workflow reads records. Fetches nothing: `fetching` does.
"""

import json
from collections.abc import Mapping
from pathlib import Path

RECORD = "crosslens.json"


def beside(path: str | Path) -> Path:
    """Where the record of a single file is; that of a model is in its folder."""
    return Path(f"{path}.{RECORD}")


def read_record(path: str | Path) -> dict[str, str] | None:
    """The record at ``path``, a mapping of hub, revision and commit; None where there is none."""
    path = Path(path)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def first_asked(source: Mapping[str, str], record: str | Path) -> dict[str, str]:
    """The repository and revision of a catalogue's ``source``, as they were asked for when it was fetched.

    They differ only where the catalogue now pins the very commit that was fetched, which changes nothing.
    """
    asked = {key: source[key] for key in ("hub", "revision")}
    found = read_record(record)
    same = found is not None and (found["hub"], found["commit"]) == (asked["hub"], asked["revision"])
    return asked | {"revision": found["revision"]} if same else asked


def sources(path: str | Path, pivot_path: str | Path) -> dict[str, dict[str, str]]:
    """The records of a language's file and of the pivot's, for provenance; without those that were not fetched.

    Warns in the log where the two are of different commits of one repository.
    """
    records = {"language": read_record(beside(path)), "pivot": read_record(beside(pivot_path))}
    found = {name: record for name, record in records.items() if record is not None}
    if len(found) == 2 and found["language"]["hub"] == found["pivot"]["hub"]:
        commits = [record["commit"] for record in found.values()]
        if commits[0] != commits[1]:
            print(
                f"warning: {path} is of commit {commits[0]} of {found['pivot']['hub']}, {pivot_path} of commit "
                f"{commits[1]}: questions may have changed between them. Delete the older file to fetch it again, or "
                "pin `revision` in config/datasets.yaml."
            )
    return found
