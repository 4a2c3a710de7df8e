"""The record beside everything that was fetched: repository, revision asked for, and the commit that this stood for.

Imports only the standard library, since every parse of the workflow reads records. Fetches nothing: `fetching` does.
"""

import json
from collections.abc import Mapping
from pathlib import Path

RECORD = "crosslens.json"


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
