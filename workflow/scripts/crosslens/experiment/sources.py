"""Where the files of models and data sets come from, and whether the user's own ones are there.

Snakemake accepts a finished result even if its input has disappeared, so without these checks a wrong path would go
unnoticed after a complete run. Opens no data and no weights.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from crosslens.data import patterns
from crosslens.data.mapping import check_mapping
from crosslens.demo.lexicon import LANGUAGES as DEMO_LANGUAGES
from crosslens.errors import CrosslensError
from crosslens.experiment import languages

MODEL_FILES = ("*.safetensors", "*.json", "*.jinja", "tokenizer*")


def model_files(folder: str) -> list[str]:
    """Return the files of a model's folder that change what the model computes, sorted."""
    return sorted({str(file) for pattern in MODEL_FILES for file in Path(folder).glob(pattern)})


def repository(entry: Mapping, file: str) -> Mapping:
    """Return the `source` of a data set's ``file``: the English file may have a repository of its own."""
    source = entry["source"]
    return source.get("english", source) if _is_english(entry, file) else source


def _is_english(entry: Mapping, file: str) -> bool:
    return file in patterns.expand(languages.paths(entry).get("english", ""))


def file_settings(name: str, entry: Mapping, file: str, known: languages.Languages) -> dict:
    """Return where a ``file`` of data set ``name`` is on the hub, how it is read, its number of rows and its licence.

    ``file`` is one of the files that a language's path names; of several, the number of rows is not known. Where it is:
    repository and revision, with `file` or, if the library `datasets` loads it, with `config` and `split`.
    """
    source, tag = repository(entry, file), _language_of(name, entry, file, known)
    is_whole = file == languages.raw_file(known, tag, name, entry)
    return {
        "hub": source["hub"],
        "revision": source["revision"],
        **_place(entry, file),
        "reading": reading(name, entry, tag, known),
        "rows": languages.rows(entry, file) if is_whole else None,
        # An English repository of its own has its own licence.
        "licence": (entry if source is entry["source"] else source).get("licence"),
    }


def _place(entry: Mapping, file: str) -> dict[str, str]:
    """Return what names a ``file`` in its repository, as `languages.split_path` stores a split of a configuration."""
    named = entry["files"]["english" if _is_english(entry, file) else "translations"]
    if isinstance(named, str):
        return {"file": file}
    config, _, split = file.removesuffix(".parquet").rpartition("/")
    return {"config": config, "split": split}


def _language_of(name: str, entry: Mapping, file: str, known: languages.Languages) -> str:
    """Return the first language of a data set whose questions are in ``file``."""
    tags = languages.tags(known, entry)
    has = (tag for tag in tags if file in patterns.expand(languages.raw_file(known, tag, name, entry)))
    return next(has, tags[0])


def reading(name: str, entry: Mapping, tag: str, known: languages.Languages) -> dict:
    """Return how the questions of data set ``name`` in language ``tag`` are read (see `data.reading`)."""
    common = {"dataset": name, "language": tag}
    if "module" in entry:
        return common | {"module": entry["module"]}
    key = "read_english" if tag == "en" and "read_english" in entry else "read"
    mapping = entry[key]
    if "where" in mapping:
        code = languages.code_of(known, tag, name, entry)
        mapping = {**mapping, "where": {column: _coded(value, code) for column, value in mapping["where"].items()}}
    return common | {"key": key, "read": mapping}


def _coded(value: object, code: str) -> object:
    """Return a value of `where` with the language's code in place of {code}."""
    return value.replace("{code}", code) if isinstance(value, str) else value


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


def check_gpus(name: str, entry: Mapping, place: str) -> None:
    """Raise CrosslensError, naming the ``place`` of the entry, if a model for the CPU asks for several GPUs."""
    if entry["gpus"] > 1 and entry["gpu"] == "none":
        raise CrosslensError(
            f"{place} key '{name}.gpus': it is {entry['gpus']}, but 'gpu' is none, which is for a model on a "
            "CPU. Name the kind of GPU in 'gpu', or leave 'gpus' out."
        )


def check_dataset(name: str, entry: Mapping, tags: Sequence[str], known: languages.Languages, place: str) -> None:
    """Raise CrosslensError if a language of ``tags`` has no code or, in a folder of the user's own, no file.

    ``place`` is where the data set's ``entry`` is, ``known`` config/languages.tsv. A data set that the workflow writes
    can have only the languages of its world.
    """
    source = entry["source"]
    _check_splits(f"{place} key '{name}.files", entry)
    _check_reading(name, entry, tags, place)
    if "demo" in source and not set(entry["languages"]) <= set(DEMO_LANGUAGES):
        raise CrosslensError(
            f"{place} key '{name}.languages': the workflow writes this data set in "
            f"{', '.join(DEMO_LANGUAGES)} only. Take the others out."
        )
    for tag in tags:
        file = Path(source.get("path", ""), languages.raw_file(known, tag, name, entry))
        files = patterns.files(str(file))
        if "path" in source and not (files and all(Path(part).is_file() for part in files)):
            raise CrosslensError(
                f"data set '{name}' has no file '{file}' for language '{tag}'. Put it there, fix the data set's "
                f"`source.path` or `files` in {place} or the language's code in config/languages.tsv, or take the "
                "language out of the data set's `languages`."
            )


def _check_reading(name: str, entry: Mapping, tags: Sequence[str], place: str) -> None:
    """Raise CrosslensError for a mistake in how a data set's files are read that shows without the files."""
    where = f"{place} key '{name}"
    if ("read" in entry) == ("module" in entry):
        raise CrosslensError(f"{where}': an entry has either `read` or `module`. See docs/mapping.md.")
    if "module" in entry:
        module = Path(__file__).parents[1] / f"data/formats/{entry['module']}.py"
        if not module.is_file():
            raise CrosslensError(f"{where}.module': there is no '{module.name}' in crosslens/data/formats. Add it.")
        return
    english = [tag for tag in tags if tag == "en" and "read_english" in entry]
    check_mapping(entry["read"], f"{name}.read", [tag for tag in tags if tag not in english], place)
    for tag in english:
        check_mapping(entry["read_english"], f"{name}.read_english", [tag], place)
    _check_files(where, entry)


def _check_splits(where: str, entry: Mapping) -> None:
    """Raise CrosslensError for a configuration and split of what is not on the hub."""
    for key, file in entry["files"].items():
        if not isinstance(file, str) and "hub" not in entry["source"]:
            raise CrosslensError(
                f"{where}.{key}': `config` and `split` need a repository of the Hub (`source.hub`). Name the files of "
                "your folder instead."
            )


def _check_files(where: str, entry: Mapping) -> None:
    """Raise CrosslensError for paths that name no file of one language, or that only a folder can be asked for."""
    files = languages.paths(entry)
    per_language = "{code}" in files["translations"] or "{code}" in str(entry["read"].get("where", ""))
    if not per_language:
        raise CrosslensError(
            f"{where}.files.translations': it has no {{code}}, which stands for the language's code. Write it there, "
            "or in a value of `read.where` if all languages are in one file."
        )
    for key, file in files.items():
        try:
            patterns.expand(file.replace("{code}", "code"))
        except CrosslensError as error:
            raise CrosslensError(f"{where}.files.{key}': {error}") from None
        if patterns.is_glob(file) and "path" not in entry["source"]:
            raise CrosslensError(
                f"{where}.files.{key}': '*' needs a folder of your own (`source.path`). Name the files of a repository "
                "with a range, such as part-{0..3}.parquet."
            )
