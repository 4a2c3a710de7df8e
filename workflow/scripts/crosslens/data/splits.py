"""Load a split of a configuration of a data set on the Hugging Face hub, with the library `datasets`.

The library finds the files of a configuration, puts its shards together and keeps them in its cache (HF_DATASETS_CACHE,
HF_HOME); HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean for files. It is always asked for a commit: asked for a
branch, it would take whatever commit its cache has if the hub is out of reach. It runs no code of a repository.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet
from datasets import Dataset, DatasetBuilder, disable_progress_bars, get_dataset_config_names, load_dataset_builder
from datasets.config import HF_DATASETS_CACHE
from datasets.exceptions import DatasetNotFoundError
from datasets.features.features import require_decoding
from httpx2 import HTTPError
from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from crosslens.data import receipts
from crosslens.data.hub import (
    CARD,
    NOT_WRITABLE,
    ask,
    check_arrived,
    check_licence,
    check_request,
    gated,
    write_receipt,
)
from crosslens.errors import CrosslensError
from crosslens.tables.files import copy_file

BY_NAME = "Name the repository's files in `files` instead of `config` and `split`"
Loaded = TypeVar("Loaded")


def fetch_split(
    path: Path,
    hub: str,
    revision: str,
    config: str,
    split: str,
    reading: Mapping,
    rows: int | None,
    licence: str | None,
    asked: str | None = None,
) -> str:
    """Store a split of a configuration at ``path``, as parquet, and return the commit that ``revision`` stands for.

    The receipt, ``rows``, ``licence`` and ``asked`` are as in `download.fetch_questions`. Raises CrosslensError if the
    repository is misspelt, absent, gated or out of reach, lacks the configuration or the split, holds what the library
    cannot load unchanged, or is not as ``reading``, ``rows`` and ``licence`` say; ``path`` is then not there.
    """
    check_request(hub, revision)
    disable_progress_bars()
    commit = _commit(hub, revision)
    check_licence(hub, commit, licence)
    builder = _builder(hub, config, commit)
    _check_split(hub, builder, split)
    _asked(hub, config, builder.download_and_prepare)
    with TemporaryDirectory() as folder:
        loaded = Path(folder) / path.name
        _asked(hub, config, lambda: pa.parquet.write_table(_table(builder.as_dataset(split=split)), loaded))
        check_arrived(loaded, hub, f"split '{split}' of config '{config}'", reading, rows)
        write_receipt(receipts.beside(path), hub, asked or revision, commit)
        copy_file(path, loaded)
    return commit


def _commit(hub: str, revision: str) -> str:
    """Return the commit that a revision stands for, by the hub or, if that cannot be asked, by its cache."""
    return Path(
        ask(hub, lambda: snapshot_download(hub, repo_type="dataset", revision=revision, allow_patterns=[CARD]))
    ).name


def _builder(hub: str, config: str, commit: str) -> DatasetBuilder:
    """Return the library's builder of a configuration. Raises CrosslensError if it cannot give the rows unchanged."""
    builder = _asked(hub, config, lambda: _load_builder(hub, config, commit))
    if builder.hash != commit:
        latest = f"the latest of config '{config}' in the cache is commit {builder.hash}, not {commit}"
        raise _unreachable(hub, latest)
    if builder.info.builder_name == "csv":
        raise CrosslensError(
            f"{hub}: its files are CSV, where the library `datasets` takes texts such as None, NA and 0.50 for missing "
            f"values and numbers. {BY_NAME}{_examples(builder)}."
        )
    return builder


def _load_builder(hub: str, config: str, commit: str) -> DatasetBuilder:
    # With the protocol, a folder owner/name in the working directory is not taken for the repository.
    address = f"hf://datasets/{hub}"
    try:
        return load_dataset_builder(address, config, revision=commit)
    except ValueError as error:  # the library has no error of its own for an unknown configuration
        if "Couldn't find cache" in str(error):
            raise _unreachable(hub, f"config '{config}' is not in the cache") from error
        there = get_dataset_config_names(address, revision=commit)
        if config in there:
            raise
        raise CrosslensError(
            f"{hub} has no config '{config}'; there are {_listed(there)}. Correct `config` in `files` or the "
            "language's code, or name the repository's files there."
        ) from error


def _check_split(hub: str, builder: DatasetBuilder, split: str) -> None:
    """Raise CrosslensError, before any of its files is downloaded, if the configuration has no such split."""
    there = list(builder.config.data_files or builder.info.splits or ())
    if split not in there:
        raise CrosslensError(
            f"{hub}: config '{builder.config.name}' has no split '{split}'; there are {_listed(there)}. Correct "
            "`split` in `files`."
        )


def _table(dataset: Dataset) -> pa.Table:
    """Return the rows as they are stored: class labels are numbers, as in the files.

    Columns that are stored encoded (images, audio, values of several types) are left out, with a line in the log.
    """
    encoded = [name for name, kind in dataset.features.items() if require_decoding(kind, ignore_decode_attribute=True)]
    if encoded:
        print(f"left out columns that are stored encoded (images, audio, values of several types): {_listed(encoded)}")
    return dataset.remove_columns(encoded).with_format("arrow")[:]


def _asked(hub: str, config: str, load: Callable[[], Loaded]) -> Loaded:
    """Run a step of the library; turn its errors, and the hub's refusals, into errors that say what to do."""
    return ask(hub, lambda: _explained(hub, config, load))


def _explained(hub: str, config: str, load: Callable[[], Loaded]) -> Loaded:
    """Run a step of the library; leave to `ask` what the hub, the network or the disk refuses."""
    try:
        return load()
    except CrosslensError:
        raise
    except ConnectionError as error:  # the library's word for a hub out of reach
        raise _unreachable(hub, f"config '{config}' is not in the cache") from error
    except Exception as error:
        if script := re.search(r"scripts are no longer supported, but found (\S+)", str(error)):
            raise CrosslensError(
                f"{hub} is loaded by code, {script[1]}, and no code of a repository is run. If the hub has converted "
                "it, set `revision: refs/convert/parquet` and name the converted files in `files`, for example "
                '"{code}/test/0000.parquet".'
            ) from error
        if isinstance(error, DatasetNotFoundError) and "gated" in str(error):  # here the library hides the cause
            raise gated(hub) from error
        causes = _causes(error)
        for cause in filter(_is_refusal, causes):
            raise cause from None
        said = shorten(str(causes[-1]), 400)
        raise CrosslensError(
            f"{hub}: the library `datasets` cannot load config '{config}' ({type(causes[-1]).__name__}: {said}). "
            f"{BY_NAME}."
        ) from error


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and the errors that it comes from, the first of them last."""
    return [error, *(_causes(error.__cause__) if error.__cause__ else [])]


def _is_refusal(error: BaseException) -> bool:
    """Return whether the hub, the network, the Xet store (with a bare RuntimeError) or the disk is to blame."""
    of_disk = isinstance(error, OSError) and error.errno in NOT_WRITABLE
    return of_disk or isinstance(error, HTTPError | LocalEntryNotFoundError) or type(error) is RuntimeError


def _unreachable(hub: str, problem: str) -> CrosslensError:
    return CrosslensError(
        f"{hub}: {problem} ({HF_DATASETS_CACHE}), and the hub cannot be asked. Run again where there is a network, "
        "without HF_HUB_OFFLINE, or set HF_HOME to the cache that has it."
    )


def _examples(builder: DatasetBuilder) -> str:
    """Return some of the repository's files, as `files` names them."""
    by_split = builder.config.data_files or {}  # none if it comes from the library's cache
    files = [file.partition(f"@{builder.hash}/")[2] for files in by_split.values() for file in files]
    return f", for example {_listed(files, 3)}" if files else ""


def _listed(names: list[str], most: int = 20) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
