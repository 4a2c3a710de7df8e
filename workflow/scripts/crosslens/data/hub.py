"""What `download` and `splits` share: requests that can be right, refusals explained, arrivals checked and recorded.

Nothing but these three modules uses the network. The token is read from the environment by huggingface_hub and is never
logged.
"""

import errno
import json
import re
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

from crosslens.data.reading import read_questions
from crosslens.errors import CrosslensError
from crosslens.tables.files import not_written, write_text

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
Downloaded = TypeVar("Downloaded")


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


def ask(hub: str, download: Callable[[], Downloaded]) -> Downloaded:
    """Run a download; turn the hub's refusals into errors that say what to do."""
    try:
        return download()
    except GatedRepoError as error:
        raise gated(hub) from error
    except RepositoryNotFoundError as error:
        raise CrosslensError(f"{hub} is not on the hub, or is private: check the name and HF_TOKEN.") from error
    except RevisionNotFoundError as error:
        raise CrosslensError(f"{hub}: {first_line(error)} Check `revision` in the catalogue.") from error
    except RemoteEntryNotFoundError as error:
        raise CrosslensError(f"{hub}: {first_line(error)} Check `files` and the language's code.") from error
    except IncompleteSnapshotError as error:
        raise CrosslensError(
            f"{hub}: only a part of it is in {error.snapshot_path}, and the hub cannot be asked for the rest. Run "
            "again where there is a network, without HF_HUB_OFFLINE: what has been downloaded is kept."
        ) from error
    except (HTTPError, OSError) as error:
        raise explained(hub, error) from error
    except RuntimeError as error:  # hf-xet raises nothing more specific
        code = re.search(r"os error (\d+)", str(error))
        if code and int(code[1]) in NOT_WRITABLE:
            raise explained(hub, OSError(int(code[1]), first_line(error))) from error
        raise CrosslensError(
            f"{hub}: the download from the Xet store, where the hub keeps large files, failed ({first_line(error)}). "
            "Run again; if it fails again, set HF_HUB_DISABLE_XET=1, which downloads from the hub itself."
        ) from error


def gated(hub: str) -> CrosslensError:
    """Return the error for a repository whose terms have not been accepted."""
    return CrosslensError(
        f"{hub} is gated: accept its terms at https://huggingface.co/{hub} and set HF_TOKEN to a token of that "
        "account, then run again."
    )


def explained(hub: str, error: HTTPError | OSError) -> CrosslensError:
    """Return the error for a refusal that only its HTTP status explains, a folder that cannot be written, or no hub."""
    if isinstance(error, OSError) and error.errno in NOT_WRITABLE:
        return CrosslensError(f"{hub}: the download to {error.filename or HF_HUB_CACHE} {not_written(error)}")
    refused = refusal(error)
    if refused is not None:
        status = refused.response.status_code
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


def refusal(error: BaseException | None) -> HfHubHTTPError | None:
    """Return the hub's answer that ``error`` comes from, if there was one: huggingface_hub hides it behind others."""
    while error is not None and not isinstance(error, HfHubHTTPError):
        error = error.__cause__
    return error


def is_busy(refusal: HfHubHTTPError) -> bool:
    """Return whether the hub may answer if it is asked again later."""
    return refusal.response.status_code == 429 or refusal.response.status_code >= 500


def first_line(error: Exception) -> str:
    """Return what the hub's error says, without its advice and request ids."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "Not Found" in line), lines[0] if lines else type(error).__name__)


def check_arrived(cached: Path, hub: str, file: str, reading: Mapping, rows: int | None) -> None:
    """Raise CrosslensError if the downloaded ``file`` is not as ``reading`` says or does not have ``rows`` rows."""
    try:
        read_questions(cached, reading, rows)
    except CrosslensError as error:
        raise CrosslensError(f"{hub}: {file} was downloaded, but cannot be used: {error}") from error


def check_licence(hub: str, commit: str, licence: str | None) -> None:
    """Log the licences that the repository's card states; raise CrosslensError if the catalogue's is none of them."""
    card = ask(hub, lambda: _card(hub, commit))
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


def write_receipt(path: Path, hub: str, revision: str, commit: str) -> None:
    """Write to ``path`` from which repository a download is, and the commit that ``revision`` stood for."""
    write_text(path, json.dumps({"hub": hub, "revision": revision, "commit": commit}))
