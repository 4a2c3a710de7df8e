"""Download models and data files from the Hugging Face hub and check what arrived.

Downloads go through the hub's own cache, so an existing cache (HF_HOME) or a mirror (HF_ENDPOINT) works too. A download
resumes where its connection broke; a job that was killed keeps the files that were complete.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from huggingface_hub import hf_hub_download, snapshot_download

from crosslens.data import receipts
from crosslens.data.hub import ask, check_arrived, check_licence, check_request, is_busy, refusal, write_receipt
from crosslens.errors import CrosslensError
from crosslens.tables.files import copy_file, not_written

# Weights in Hugging Face's naming only: some repositories also hold a copy of them under another name.
MODEL_FILES = ("model*.safetensors", "*.json", "*.jinja", "tokenizer*", "*.model", "LICENSE*")
# Seconds before each further try to list a model's files; huggingface_hub waits as long for single files.
WAITS = (1, 2, 4, 8, 8)


def fetch_model(folder: Path, hub: str, revision: str, asked: str | None = None) -> str:
    """Link the model's files into ``folder`` and return the commit that ``revision`` stands for.

    The receipt, ``folder``/crosslens.json, records the commit and the revision asked for: ``asked``, if the catalogue
    had another revision when the model was first downloaded, otherwise ``revision``. Raises CrosslensError if the
    repository is misspelt, absent, gated, out of reach or without safetensors weights, if only a part of it is in an
    offline cache, or if ``folder`` cannot be written; ``folder`` is then not there.
    """
    check_request(hub, revision)
    snapshot = Path(ask(hub, lambda: _listed_patiently(hub, revision)))
    check_complete(snapshot, hub, revision)
    commit = snapshot.name
    try:
        _link(folder, snapshot)
    except OSError as error:
        raise CrosslensError(f"{folder}: {not_written(error)}") from error
    write_receipt(folder / receipts.RECEIPT, hub, asked or revision, commit)
    return commit


def check_complete(snapshot: Path, hub: str, revision: str) -> None:
    """Raise CrosslensError if config, tokenizer or some of the weights are not in the folder ``snapshot``.

    The hub's cache keeps the files that were complete when a download was broken off, and offline it may return them.
    """
    files = {file.name for file in snapshot.iterdir() if file.exists()}  # false for a link to a file that was deleted
    if not any(re.fullmatch(r"model.*\.safetensors(\.index\.json)?", name) for name in files):
        raise CrosslensError(f"{hub} at {revision} has no safetensors weights, and no other kind can be loaded.")
    if missing := sorted(_needed(snapshot, files) - files):
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise CrosslensError(
            f"{hub} at {revision} lacks {shown}. If the repository has them, the download was broken off and "
            f"{snapshot} holds only a part: run again where there is a network, without HF_HUB_OFFLINE."
        )


def _needed(snapshot: Path, files: set[str]) -> set[str]:
    """Return the files that a model cannot be loaded without, the shards that its index lists among them."""
    index = "model.safetensors.index.json"
    shards = {name for name in files if re.fullmatch(r"model-\d+-of-\d+\.safetensors", name)}
    needed = {"config.json", "tokenizer.json"} | ({index} if shards and "model.safetensors" not in files else set())
    if index not in files:
        return needed
    try:
        return needed | set(json.loads((snapshot / index).read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CrosslensError(f"{snapshot / index} is damaged. Delete it and run again.") from error


def _link(folder: Path, snapshot: Path) -> None:
    """Make ``folder`` with links to the files of ``snapshot``; a link that leads nowhere is replaced by it."""
    if folder.is_symlink() and not folder.exists():
        folder.unlink()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Linked under another name first: a job that is killed leaves no folder that looks like a model.
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    temporary.mkdir()
    try:
        for file in snapshot.iterdir():
            (temporary / file.name).symlink_to(file.resolve())
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def fetch_questions(
    path: Path,
    hub: str,
    revision: str,
    file: str,
    reading: Mapping,
    rows: int | None,
    licence: str | None,
    asked: str | None = None,
) -> str:
    """Copy one file of a data set to ``path`` and return the commit that ``revision`` stands for.

    The receipt is written beside the file, with ``asked`` as in `fetch_model`. ``rows`` is the number of rows that the
    file must have, and ``licence`` what the repository's card must state; None if that is not known. Raises
    CrosslensError if the repository is misspelt, if the file is absent, gated, out of reach or not readable as
    ``reading`` says, or has another number of rows or another licence; ``path`` is then not written.
    """
    check_request(hub, revision)
    cached = Path(ask(hub, lambda: hf_hub_download(hub, file, revision=revision, repo_type="dataset")))
    check_arrived(cached, hub, file, reading, rows)
    commit = cached.parts[-len(Path(file).parts) - 1]
    check_licence(hub, commit, licence)
    write_receipt(receipts.beside(path), hub, asked or revision, commit)
    copy_file(path, cached)
    return commit


def _listed_patiently(hub: str, revision: str) -> str:
    """Return the path of the model's files in the cache; if the hub is too busy to list them, ask again later."""
    for wait in WAITS:
        try:
            return _snapshot(hub, revision)
        except OSError as error:
            refused = refusal(error)
            if refused is None or not is_busy(refused) or "/api/" not in str(refused.response.url):
                raise
            print(
                f"the hub cannot list the files of {hub} now ({refused.response.status_code}): trying again in {wait} s"
            )
            time.sleep(wait)
    return _snapshot(hub, revision)


def _snapshot(hub: str, revision: str) -> str:
    return snapshot_download(hub, revision=revision, allow_patterns=list(MODEL_FILES))
