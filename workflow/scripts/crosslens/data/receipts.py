"""Receipts of downloads: the repository, the revision asked for, and the commit that it stood for.

A receipt is a JSON file beside every downloaded data file and in every downloaded model's folder. Imports nothing
outside the standard library, since every parse of the workflow reads receipts. `download` writes them.
"""

import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from crosslens.data import patterns
from crosslens.errors import CrosslensError

RECEIPT = "crosslens.json"


def beside(path: str | Path) -> Path:
    """Return the path of a single file's receipt; a model's receipt is inside its folder."""
    return Path(f"{path}.{RECEIPT}")


def read_receipt(path: str | Path) -> dict[str, str] | None:
    """Return the receipt at ``path``, a mapping of hub, revision and commit; None if there is none.

    Raises CrosslensError if it is damaged.
    """
    path = Path(path)
    if not path.is_file():
        return None
    try:
        receipt = json.loads(path.read_text(encoding="utf-8"))
        return {key: receipt[key] for key in ("hub", "revision", "commit")}
    except (ValueError, KeyError, TypeError) as error:
        raise CrosslensError(
            f"{path}: damaged ({error!r}). Delete it, and what it describes, to download it again."
        ) from None


def first_asked(source: Mapping[str, str], receipt: str | Path) -> dict[str, str]:
    """Return the repository and revision of a catalogue's ``source`` as they were asked for in the download.

    The revision differs from the catalogue's only if the catalogue now pins the very commit that was downloaded:
    pinning it is no reason to download again. Prints a warning if files of the folder that the receipt is in are gone.
    """
    _warn_of_lost_files(Path(receipt).parent)
    asked = {key: source[key] for key in ("hub", "revision")}
    past = read_receipt(receipt)
    pinned = past is not None and (past["hub"], past["commit"]) == (asked["hub"], asked["revision"])
    return asked | {"revision": past["revision"]} if pinned else asked


@cache
def _warn_of_lost_files(folder: Path) -> None:
    """Print a warning, once, if ``folder`` has links that lead nowhere: the hub's cache was deleted or moved."""
    lost = [file for file in folder.glob("*") if file.is_symlink() and not file.exists()]
    if lost:
        print(
            f"warning: {lost[0]} is a link to {lost[0].readlink()}, which is not there. Delete {folder} to download it "
            "again, or put the hub's cache back.",
            file=sys.stderr,
        )


def sources(path: str | Path, pivot_path: str | Path) -> dict[str, dict[str, str]]:
    """Return the receipts of a language's file and of the pivot's, for provenance; files without one are left out.

    A path may be a pattern of several files, of which the first speaks for all.

    Prints a warning, which goes to the log, if the two come from different commits of one repository.
    """
    both = {"language": _receipt_of(path), "pivot": _receipt_of(pivot_path)}
    receipts = {name: receipt for name, receipt in both.items() if receipt is not None}
    if len(receipts) == 2 and receipts["language"]["hub"] == receipts["pivot"]["hub"]:
        commit, pivot_commit = (receipt["commit"] for receipt in receipts.values())
        if commit != pivot_commit:
            print(
                f"warning: {path} is from commit {commit} of {receipts['pivot']['hub']}, but {pivot_path} is from "
                f"commit {pivot_commit}: questions may have changed between them. Delete the older file to download "
                "it again, or pin `revision` in config/datasets.yaml."
            )
    return receipts


def _receipt_of(path: str | Path) -> dict[str, str] | None:
    files = patterns.files(str(path))
    return read_receipt(beside(files[0])) if files else None
