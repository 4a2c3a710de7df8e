"""Download models and data files from the Hugging Face hub and check what arrived. Nothing else uses the network.

Downloads go through the hub's own cache, so an existing cache (HF_HOME) or a mirror (HF_ENDPOINT) works too. A download
resumes where its connection broke; a job that was killed keeps the files that were complete. The token is read from the
environment by huggingface_hub and is never logged.
"""

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from httpx2 import ConnectError, HTTPError, TimeoutException
from huggingface_hub import (
    get_hf_file_metadata,
    get_token,
    hf_hub_download,
    hf_hub_url,
    metadata_load,
    snapshot_download,
    try_to_load_from_cache,
)
from huggingface_hub.constants import HF_HUB_CACHE
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    IncompleteSnapshotError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import validate_repo_id
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
# What the user can do about an HTTP status that the hub gives no reason for.
STATUS = {
    401: "HF_TOKEN is missing, wrong or expired: set it to a token of https://huggingface.co/settings/tokens.",
    403: "HF_TOKEN does not allow it: accept the repository's terms with that account, and let the token read gated "
    "repositories.",
    404: "The address does not exist: check the name and, if you have set it, HF_ENDPOINT.",
    429: "It was asked too often: wait five minutes and run again, with HF_TOKEN set, which raises the limit.",
}
SERVER_ERROR = "The hub itself has a fault: run again later. What has been downloaded is kept."
# Seconds before each further try to list a model's files; huggingface_hub waits as long for single files.
WAITS = (1, 2, 4, 8, 8)
Downloaded = TypeVar("Downloaded")


def fetch_model(folder: Path, hub: str, revision: str, asked: str | None = None) -> str:
    """Link the model's files into ``folder`` and return the commit that ``revision`` stands for.

    The receipt, ``folder``/crosslens.json, records the commit and the revision asked for: ``asked``, if the catalogue
    had another revision when the model was first downloaded, otherwise ``revision``. Raises CrosslensError if the
    repository is misspelt, absent, gated, out of reach or without safetensors weights, if only a part of it is in an
    offline cache, or if ``folder`` cannot be written; ``folder`` is then not there.
    """
    check_request(hub, revision)
    snapshot = Path(_ask(hub, lambda: _listed_patiently(hub, revision)))
    check_complete(snapshot, hub, revision)
    commit = snapshot.name
    try:
        _link(folder, snapshot)
    except OSError as error:
        raise CrosslensError(f"{folder}: {not_written(error)}") from error
    _write_receipt(folder / receipts.RECEIPT, hub, asked or revision, commit)
    return commit


def check_request(hub: str, revision: str) -> None:
    """Raise CrosslensError, before the hub is asked, unless name, revision and token can be those of a repository.

    The token is not shown: an HTTP library that refuses one would print it.
    """
    try:
        validate_repo_id(hub)
    except HFValidationError:
        shown = re.sub(r"//[^/@]*@", "//", hub)  # without the password of an address
        end = re.search(r"([\w.-]+/[\w.-]+)/?$", re.sub(r"/(tree|blob|resolve)/.*", "", hub.strip()), re.ASCII)
        raise CrosslensError(
            f"'{shown}' is not the name of a repository. Write `hub: owner/name` in the catalogue, the end of the "
            "repository's address" + (f"; did you mean '{end[1]}'?" if end and end[1] != hub else ".")
        ) from None
    if not revision.strip():
        raise CrosslensError(f"{hub}: `revision` is empty. Write a branch, a tag or a commit, for example main.")
    if not re.fullmatch(r"[!-~]*", get_token() or ""):
        raise CrosslensError(
            "the access token of the hub (HF_TOKEN, or the file of `hf auth login`) has spaces, line breaks or letters "
            "that no token has. Copy it again."
        )


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


def _listed_patiently(hub: str, revision: str) -> str:
    """Return the path of the model's files in the cache; if the hub is too busy to list them, ask again later."""
    for wait in WAITS:
        try:
            return _snapshot(hub, revision)
        except OSError as error:
            refusal = _refusal(error)
            if refusal is None or not _is_busy(refusal) or "/api/" not in str(refusal.response.url):
                raise
            print(
                f"the hub cannot list the files of {hub} now ({refusal.response.status_code}): trying again in {wait} s"
            )
            time.sleep(wait)
    return _snapshot(hub, revision)


def _snapshot(hub: str, revision: str) -> str:
    return snapshot_download(hub, revision=revision, allow_patterns=list(MODEL_FILES))


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
    except IncompleteSnapshotError as error:
        raise CrosslensError(
            f"{hub}: only a part of it is in {error.snapshot_path}, and the hub cannot be asked for the rest. Run "
            "again where there is a network, without HF_HUB_OFFLINE: what has been downloaded is kept."
        ) from error
    except (HTTPError, OSError) as error:
        raise _explained(hub, error) from error
    except RuntimeError as error:  # hf-xet raises nothing more specific
        code = re.search(r"os error (\d+)", str(error))
        if code and int(code[1]) in NOT_WRITABLE:
            raise _explained(hub, OSError(int(code[1]), _first_line(error))) from error
        raise CrosslensError(
            f"{hub}: the download from the Xet store, where the hub keeps large files, failed ({_first_line(error)}). "
            "Run again; if it fails again, set HF_HUB_DISABLE_XET=1, which downloads from the hub itself."
        ) from error


def _explained(hub: str, error: HTTPError | OSError) -> CrosslensError:
    """Return the error for a refusal that only its HTTP status explains, a folder that cannot be written, or no hub."""
    if isinstance(error, OSError) and error.errno in NOT_WRITABLE:
        return CrosslensError(f"{hub}: the download to {error.filename or HF_HUB_CACHE} {not_written(error)}")
    refusal = _refusal(error)
    if refusal is not None:
        status = refusal.response.status_code
        advice = STATUS.get(status, SERVER_ERROR if status >= 500 else "Check HF_ENDPOINT, if you have set it.")
        return CrosslensError(f"{hub}: the hub refuses the download with HTTP status {status}. {advice}")
    if isinstance(error.__cause__, OfflineModeIsEnabled):
        return CrosslensError(
            f"{hub} is not in the cache {HF_HUB_CACHE}, and HF_HUB_OFFLINE forbids to ask the hub. Run again where "
            "there is a network, without HF_HUB_OFFLINE, or set HF_HOME to the cache that has it."
        )
    return CrosslensError(
        f"{hub} could not be reached ({type(error).__name__}: {error}). Run again where there is a network: what "
        "has been downloaded is kept. To use a folder that you already have, set `source: {path: ...}`."
    )


def _refusal(error: BaseException | None) -> HfHubHTTPError | None:
    """Return the hub's answer that ``error`` comes from, if there was one: huggingface_hub hides it behind others."""
    while error is not None and not isinstance(error, HfHubHTTPError):
        error = error.__cause__
    return error


def _is_busy(refusal: HfHubHTTPError) -> bool:
    return refusal.response.status_code == 429 or refusal.response.status_code >= 500


def _first_line(error: Exception) -> str:
    """Return what the hub's error says, without its advice and request ids."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "Not Found" in line), lines[0] if lines else type(error).__name__)
