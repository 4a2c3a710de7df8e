"""Download models and data files from the Hugging Face hub and check what arrived. Nothing else uses the network.

Downloads go through the hub's own cache, so an existing cache (HF_HOME) or a mirror (HF_ENDPOINT) works too. A download
resumes where its connection broke; a job that was killed keeps the files that were complete. The token is read from the
environment by huggingface_hub and is never logged.
"""

import errno
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from httpx2 import ConnectError, HTTPError, TimeoutException
from huggingface_hub import (
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    metadata_load,
    snapshot_download,
    try_to_load_from_cache,
)
from huggingface_hub.constants import HF_HUB_CACHE
from huggingface_hub.errors import (
    GatedRepoError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from yaml import YAMLError

from crosslens.data import receipts
from crosslens.data.reading import read_questions
from crosslens.errors import CrosslensError
from crosslens.tables.files import copy_file, not_written, write_text

# Weights in Hugging Face's naming only: some repositories also hold a copy of them under another name.
MODEL_FILES = ("model*.safetensors", "*.json", "*.jinja", "tokenizer*", "*.model", "LICENSE*")
CARD = "README.md"
# A full disk, a quota or a read-only folder: the network is not to blame.
NOT_WRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)
Downloaded = TypeVar("Downloaded")


def fetch_model(folder: Path, hub: str, revision: str, asked: str | None = None) -> str:
    """Link the model's files into ``folder`` and return the commit that ``revision`` stands for.

    The receipt, ``folder``/crosslens.json, records the commit and the revision asked for: ``asked``, if the catalogue
    had another revision when the model was first downloaded, otherwise ``revision``. Raises CrosslensError if the
    repository is absent, gated, out of reach or without safetensors weights, or if ``folder`` cannot be written.
    """
    snapshot = Path(_ask(hub, lambda: snapshot_download(hub, revision=revision, allow_patterns=list(MODEL_FILES))))
    if not any(snapshot.glob("*.safetensors")):
        raise CrosslensError(f"{hub} at {revision} has no safetensors weights, and no other kind can be loaded.")
    commit = snapshot.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in snapshot.iterdir():
            (folder / file.name).symlink_to(file.resolve())
    except OSError as error:
        raise CrosslensError(f"{folder}: {not_written(error)}") from error
    _write_receipt(folder / receipts.RECEIPT, hub, asked or revision, commit)
    return commit


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
    CrosslensError if the file is absent, gated, out of reach or not readable as ``reading`` says, or has another number
    of rows or another licence; ``path`` is then not written.
    """
    cached = Path(_ask(hub, lambda: hf_hub_download(hub, file, revision=revision, repo_type="dataset")))
    check_arrived(cached, hub, file, reading, rows)
    commit = cached.parts[-len(Path(file).parts) - 1]
    _check_licence(hub, commit, licence)
    _write_receipt(receipts.beside(path), hub, asked or revision, commit)
    copy_file(path, cached)
    return commit


def _write_receipt(path: Path, hub: str, revision: str, commit: str) -> None:
    write_text(path, json.dumps({"hub": hub, "revision": revision, "commit": commit}))


def check_arrived(cached: Path, hub: str, file: str, reading: Mapping, rows: int | None) -> None:
    """Raise CrosslensError if the downloaded file cannot be read as ``reading`` says or does not have ``rows`` rows."""
    try:
        read_questions(cached, reading, rows)
    except CrosslensError as error:
        raise CrosslensError(f"{hub}: {file} was downloaded, but cannot be used: {error}") from error


def _check_licence(hub: str, commit: str, licence: str | None) -> None:
    """Log the licences that the repository's card states; raise CrosslensError if the catalogue's is none of them."""
    card = _ask(hub, lambda: _card(hub, commit))
    try:
        stated = (metadata_load(card) or {}).get("license") if card else None
    except (YAMLError, ValueError):  # not YAML, or not a mapping
        stated = None
    licences = [str(name) for name in (stated if isinstance(stated, list) else [stated]) if name]
    print(f"licence of {hub}: {', '.join(licences) or 'not stated'}")
    if licences and licence and licence.lower() not in map(str.lower, licences):
        raise CrosslensError(
            f"{hub}: its licence is '{', '.join(licences)}', but config/datasets.yaml says '{licence}'. Read the "
            "licence, then correct `licence`."
        )


def _card(hub: str, commit: str) -> str | None:
    """Return the path of the repository's card; None if it has none, or if only the cache can be reached."""
    card = try_to_load_from_cache(hub, CARD, revision=commit, repo_type="dataset")
    if isinstance(card, str):
        return card
    try:
        # Ask once: hf_hub_download would retry for 20 s if the hub is out of reach.
        get_hf_file_metadata(hf_hub_url(hub, CARD, revision=commit, repo_type="dataset"))
    except (RemoteEntryNotFoundError, ConnectError, TimeoutException, OfflineModeIsEnabled):
        return None
    return hf_hub_download(hub, CARD, revision=commit, repo_type="dataset")


def _ask(hub: str, download: Callable[[], Downloaded]) -> Downloaded:
    """Run a download; turn the hub's refusals into errors that say what to do."""
    try:
        return download()
    except GatedRepoError as error:
        raise CrosslensError(
            f"{hub} is gated: accept its terms at https://huggingface.co/{hub} and set HF_TOKEN to a token of that "
            "account, then run again."
        ) from error
    except RepositoryNotFoundError as error:
        raise CrosslensError(f"{hub} is not on the hub, or is private: check the name and HF_TOKEN.") from error
    except RevisionNotFoundError as error:
        raise CrosslensError(f"{hub}: {_first_line(error)} Check `revision` in the catalogue.") from error
    except RemoteEntryNotFoundError as error:
        raise CrosslensError(f"{hub}: {_first_line(error)} Check `files` and the language's code.") from error
    except (HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno in NOT_WRITABLE:
            where = error.filename or HF_HUB_CACHE
            raise CrosslensError(f"{hub}: the download to {where} {not_written(error)}") from error
        raise CrosslensError(
            f"{hub} could not be reached ({type(error).__name__}: {error}). Run again where there is a network: what "
            "has been downloaded is kept. To use a folder that you already have, set `source: {path: ...}`."
        ) from error


def _first_line(error: Exception) -> str:
    """Return what the hub's error says, without its advice and request ids."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "Not Found" in line), lines[0])
