"""Downloads models and data files from the Hugging Face hub and checks what arrived; only this code uses the network.

Downloads go through the hub's own cache, so that an existing cache (HF_HOME) or a mirror (HF_ENDPOINT) serves as well.
A broken connection resumes where it broke; a job that was killed keeps the files that were whole. The token is read
from the environment by huggingface_hub and is never logged.
"""

import errno
import json
from collections.abc import Callable
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

from crosslens import fetched
from crosslens.errors import CrosslensError
from crosslens.formats import check_rows, read_questions
from crosslens.tables import copy_file, not_written, write_text

# Weights in Hugging Face's naming only: some repositories hold them a second time under another name.
MODEL_FILES = ("model*.safetensors", "*.json", "*.jinja", "tokenizer*", "*.model", "LICENSE*")
CARD = "README.md"
# A full disk, a quota, a folder that is not writable: the network is not to blame.
NOT_WRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)
Fetched = TypeVar("Fetched")


def fetch_model(folder: Path, hub: str, revision: str, asked: str | None = None) -> str:
    """Link the model's files into ``folder`` and return the commit that ``revision`` stands for.

    The commit is also recorded in ``folder``/crosslens.json, with ``asked``, the revision that was asked for when it
    was first fetched, where that is another one. Raises CrosslensError for a repository that is absent,
    gated, out of reach or without safetensors weights.
    """
    snapshot = Path(_asking(hub, lambda: snapshot_download(hub, revision=revision, allow_patterns=list(MODEL_FILES))))
    if not any(snapshot.glob("*.safetensors")):
        raise CrosslensError(f"{hub} at {revision} has no safetensors weights; only those are loaded.")
    commit = snapshot.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in snapshot.iterdir():
            (folder / file.name).symlink_to(file.resolve())
    except OSError as error:
        raise CrosslensError(f"{folder}: {not_written(error)}") from error
    _write_record(folder / fetched.RECORD, hub, asked or revision, commit)
    return commit


def fetch_questions(
    path: Path,
    hub: str,
    revision: str,
    file: str,
    format: str,
    rows: int | None,
    licence: str | None,
    asked: str | None = None,
) -> str:
    """Copy one file of a data set to ``path`` and return the commit that ``revision`` stands for.

    The commit is recorded beside the file, with ``asked`` as in `fetch_model`. ``rows``: how many it must have, and
    ``licence``: what the repository's card must state, None where that is not known. Raises CrosslensError for a file
    that is absent, gated, out of reach or unreadable in ``format``, or has another number of rows or another licence;
    ``path`` is then not written.
    """
    cached = Path(_asking(hub, lambda: hf_hub_download(hub, file, revision=revision, repo_type="dataset")))
    check_arrived(cached, hub, file, format, rows)
    commit = cached.parts[-len(Path(file).parts) - 1]
    _check_licence(hub, commit, licence)
    _write_record(fetched.beside(path), hub, asked or revision, commit)
    copy_file(path, cached)
    return commit


def _write_record(path: Path, hub: str, revision: str, commit: str) -> None:
    write_text(path, json.dumps({"hub": hub, "revision": revision, "commit": commit}))


def check_arrived(cached: Path, hub: str, file: str, format: str, rows: int | None) -> None:
    """Raises CrosslensError where the file cannot be read in ``format``, or has not ``rows`` questions."""
    try:
        questions = read_questions(cached, format)
    except CrosslensError as error:
        raise CrosslensError(f"{hub}: {file} arrived, but cannot be used: {error}") from error
    check_rows(questions, rows, f"{hub}: {file}")


def _check_licence(hub: str, commit: str, licence: str | None) -> None:
    """Logs the licences that the repository's card states; an error where the catalogue's is none of them."""
    card = _asking(hub, lambda: _card(hub, commit))
    try:
        stated = (metadata_load(card) or {}).get("license") if card else None
    except (YAMLError, ValueError):  # not YAML, or not a mapping
        stated = None
    licences = [str(name) for name in (stated if isinstance(stated, list) else [stated]) if name]
    print(f"licence of {hub}: {', '.join(licences) or 'not stated'}")
    if licences and licence and licence.lower() not in map(str.lower, licences):
        raise CrosslensError(
            f"{hub}: its licence is '{', '.join(licences)}', config/datasets.yaml says '{licence}'. Read it, then "
            "correct `licence`."
        )


def _card(hub: str, commit: str) -> str | None:
    """The repository's card; None where it has none, or cannot be asked for one as the data came from the cache."""
    card = try_to_load_from_cache(hub, CARD, revision=commit, repo_type="dataset")
    if isinstance(card, str):
        return card
    try:
        # Asked once; hf_hub_download asks a hub that is out of reach for 20 s more.
        get_hf_file_metadata(hf_hub_url(hub, CARD, revision=commit, repo_type="dataset"))
    except (RemoteEntryNotFoundError, ConnectError, TimeoutException, OfflineModeIsEnabled):
        return None
    return hf_hub_download(hub, CARD, revision=commit, repo_type="dataset")


def _asking(hub: str, download: Callable[[], Fetched]) -> Fetched:
    """Run a download; the hub's refusals become errors that say what to do."""
    try:
        return download()
    except GatedRepoError as error:
        raise CrosslensError(
            f"{hub} is gated: accept its terms at https://huggingface.co/{hub} and set HF_TOKEN to a token of that "
            "account, then run again."
        ) from error
    except RepositoryNotFoundError as error:
        raise CrosslensError(f"{hub} is not on the hub, or private: check the name and HF_TOKEN.") from error
    except RevisionNotFoundError as error:
        raise CrosslensError(f"{hub}: {_first_line(error)} Check `revision` in the catalogue.") from error
    except RemoteEntryNotFoundError as error:
        raise CrosslensError(f"{hub}: {_first_line(error)} Check `files` and the language's code.") from error
    except (HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno in NOT_WRITABLE:
            where = error.filename or HF_HUB_CACHE
            raise CrosslensError(f"{hub}: what was fetched to {where} {not_written(error)}") from error
        raise CrosslensError(
            f"{hub} could not be reached ({type(error).__name__}: {error}). Run again where there is a network: what "
            "was fetched is kept. A folder that you have already is used with `source: {path: ...}`."
        ) from error


def _first_line(error: Exception) -> str:
    """What the hub's error says, without its advice and request ids."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "Not Found" in line), lines[0])
