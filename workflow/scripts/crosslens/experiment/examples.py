"""Where the examples before a question come from, by an entry of config/datasets.yaml. Opens no data.

The key `examples` of an entry names files, rows or both that hold questions for nothing else, such as those of a
development split. Without it, examples are taken from the questions that would be asked.
"""

from collections.abc import Mapping

from crosslens.errors import CrosslensError
from crosslens.experiment.languages import paths

MAPPINGS = ("read", "read_english")


def of_split(entry: Mapping) -> dict:
    """Return a data set's ``entry`` as if its examples were its questions; rows of files of their own are not known."""
    stated = entry["examples"]
    mappings = {key: _narrowed(entry[key], stated.get("where", {})) for key in MAPPINGS if key in entry}
    files = {"files": stated["files"], "rows": {}} if "files" in stated else {}
    return {**entry, **mappings, **files}


def origin(entry: Mapping) -> str:
    """Return in words where the examples of a data set come from."""
    if "examples" not in entry:
        return "drawn by hash from its questions, which are then not asked"
    stated = entry["examples"]
    rows = ", ".join(f"{column} is {value}" for column, value in stated.get("where", {}).items())
    return f"drawn by hash from {paths(of_split(entry))['translations']}{f' where {rows}' if rows else ''}"


def check(name: str, entry: Mapping, place: str) -> None:
    """Raise CrosslensError, naming the ``place`` of the entry, for examples that its source or module cannot have."""
    where = f"{place} key '{name}.examples"
    if "demo" in entry["source"]:
        raise CrosslensError(f"{where}': the workflow writes no examples for this data set. Take the key out.")
    if "where" in entry["examples"] and "read" not in entry:
        raise CrosslensError(f"{where}.where': it narrows `read`, which the entry does not have. Name `files` instead.")


def _narrowed(mapping: Mapping, where: Mapping) -> dict:
    return {**mapping, "where": {**mapping.get("where", {}), **where}} if where else {**mapping}
