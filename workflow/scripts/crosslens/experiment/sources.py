"""Where the files of models and data sets come from, and whether the user's own ones are there.

Snakemake accepts a finished result even if its input has disappeared, so without these checks a wrong path would go
unnoticed after a complete run. Opens no data and no weights.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from crosslens.demo.lexicon import LANGUAGES as DEMO_LANGUAGES
from crosslens.errors import CrosslensError
from crosslens.experiment import languages

MODEL_FILES = ("*.safetensors", "*.json", "*.jinja", "tokenizer*")


def model_files(folder: str) -> list[str]:
    """Return the files of a model's folder that change what the model computes, sorted."""
    return sorted({str(file) for pattern in MODEL_FILES for file in Path(folder).glob(pattern)})


def repository(entry: Mapping, file: str) -> Mapping:
    """Return the `source` of a data set's ``file``: the English file may have a repository of its own."""
    source, is_english = entry["source"], file == entry["files"].get("english")
    return source.get("english", source) if is_english else source


def file_settings(entry: Mapping, file: str) -> dict:
    """Return where a data set's ``file`` is on the hub, and the format, number of rows and licence it must have."""
    source = repository(entry, file)
    return {
        "hub": source["hub"],
        "revision": source["revision"],
        "format": entry["format"],
        "rows": languages.rows(entry, file),
        # An English repository of its own has its own licence.
        "licence": (entry if source is entry["source"] else source).get("licence"),
    }


def check_model(name: str, entry: Mapping, place: str) -> None:
    """Raise CrosslensError, naming the ``place`` of the entry, if the folder of the user's own model is missing."""
    if "path" not in entry["source"]:
        return
    folder = Path(entry["source"]["path"])
    if not folder.is_dir():
        raise CrosslensError(
            f"{place} key '{name}.source.path': there is no folder '{folder}'. Fix the path (a relative one starts "
            "where Snakemake is started), or take the model out of `models`."
        )


def check_dataset(name: str, entry: Mapping, tags: Sequence[str], known: languages.Languages, place: str) -> None:
    """Raise CrosslensError if a language of ``tags`` has no code or, in a folder of the user's own, no file.

    ``place`` is where the data set's ``entry`` is, ``known`` config/languages.tsv. A data set that the workflow writes
    can have only the languages of its world.
    """
    source = entry["source"]
    if "demo" in source and not set(entry["languages"]) <= set(DEMO_LANGUAGES):
        raise CrosslensError(
            f"{place} key '{name}.languages': the workflow writes this data set in "
            f"{', '.join(DEMO_LANGUAGES)} only. Take the others out."
        )
    for tag in tags:
        file = Path(source.get("path", ""), languages.raw_file(known, tag, name, entry))
        if "path" in source and not file.is_file():
            raise CrosslensError(
                f"data set '{name}' has no file '{file}' for language '{tag}'. Put it there, fix the data set's "
                f"`source.path` or `files` in {place} or the language's code in config/languages.tsv, or take the "
                "language out of the data set's `languages`."
            )
