"""Read config/languages.tsv: all languages with script, family, resource level and codes in each data set.

Imports only the standard library, since every parse of the workflow reads the file. Does not know which languages are
selected.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from crosslens.errors import CrosslensError

DESCRIPTION = ("language", "name", "script", "family", "resource")  # every other column holds codes in a data set
REQUIRED = ("language", "name", "script", "family")
TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
SCRIPT = re.compile(r"[A-Z][a-z]{3}")
Languages = Mapping[str, Mapping[str, str]]


def read_languages(path: str | Path) -> dict[str, dict[str, str]]:
    """Return the rows of a languages.tsv by tag, each a mapping of column to cell; an empty cell is "".

    Raises CrosslensError, naming the line, for a missing column, a row of the wrong length, a malformed tag or script,
    an empty cell that is required, and for a tag or a code that occurs twice.
    """
    lines = list(_lines(path))
    if not lines:
        raise CrosslensError(f"{path}: holds no header line; it needs at least the columns {', '.join(DESCRIPTION)}.")
    (first, header), *rows = lines
    if missing := [name for name in DESCRIPTION if name not in header]:
        raise CrosslensError(f"{path}: line {first}: column '{missing[0]}' is missing (has {', '.join(header)}).")
    languages: dict[str, dict[str, str]] = {}
    seen: dict[tuple[str, str], int] = {}
    for number, cells in rows:
        where = f"{path}: line {number}"
        if len(cells) != len(header):
            raise CrosslensError(
                f"{where}: {len(cells)} cells, the header has {len(header)}. Separate them by one tab."
            )
        row = dict(zip(header, cells, strict=True))
        _check_row(row, where)
        for column in _code_columns(row):
            earlier = seen.setdefault((column, row[column]), number)
            if row[column] and earlier != number:
                raise CrosslensError(
                    f"{where}: {column} '{row[column]}' is already used in line {earlier}. Remove one of the two."
                )
        languages[row["language"]] = row
    return languages


def code(languages: Languages, language: str, column: str, dataset: str) -> str:
    """Return the code of ``language`` in ``column``; the column `language` holds the tags themselves.

    Raises CrosslensError if the language, the column or the code does not exist.
    """
    if language not in languages:
        raise CrosslensError(f"language '{language}' has no row in config/languages.tsv. Add one, or fix the name.")
    row = languages[language]
    if column not in row:
        raise CrosslensError(
            f"config/languages.tsv has no column '{column}', which `codes` of data set '{dataset}' in "
            f"config/datasets.yaml names (it has {', '.join(_code_columns(row))}). Add it, or fix `codes`."
        )
    if not row[column]:
        raise CrosslensError(
            f"data set '{dataset}' has no language '{language}': its cell in column '{column}' of config/languages.tsv "
            "is empty. Leave the language out of this data set, or fill the cell."
        )
    return row[column]


def raw_file(languages: Languages, language: str, dataset: str, entry: Mapping) -> str:
    """Return the path, inside the folder of ``dataset``, of the file with the questions in ``language``.

    ``entry`` is the data set's entry of config/datasets.yaml. English may be another file (`files.english`).
    """
    name, files = code_of(languages, language, dataset, entry), paths(entry)
    if language == "en" and "english" in files:
        return files["english"]
    return files["translations"].replace("{code}", name)


def paths(entry: Mapping) -> dict[str, str]:
    """Return `files` of a data set's entry as paths; a split of a configuration is stored under the names of both."""
    return {key: file if isinstance(file, str) else split_path(**file) for key, file in entry["files"].items()}


def split_path(config: str, split: str) -> str:
    """Return the path, inside a data set's folder, of what the library `datasets` loads."""
    return f"{config}/{split}.parquet"


def code_of(languages: Languages, language: str, dataset: str, entry: Mapping) -> str:
    """Return the code of ``language`` in a data set: its entry's own one or that in languages.tsv."""
    return entry.get("code_of", {}).get(language) or code(languages, language, entry["codes"], dataset)


def tags(languages: Languages, entry: Mapping) -> list[str]:
    """Return the tags of all languages that a data set has by its ``entry`` of config/datasets.yaml."""
    if entry["languages"] != "all":
        return list(entry["languages"])
    return [tag for tag, row in languages.items() if row[entry["codes"]] or tag in entry.get("code_of", {})]


def rows(entry: Mapping, file: str) -> int | None:
    """Return how many rows a data set's ``file`` must have by its entry of config/datasets.yaml; None if unknown.

    ``file`` is as `raw_file` returns it: a pattern stands for all of its files together.
    """
    files, stated = paths(entry), entry["rows"]
    if file == files.get("english"):
        return stated.get("english")
    translations = stated.get("translations")
    if not isinstance(translations, Mapping):
        return translations
    return {files["translations"].replace("{code}", code): n for code, n in translations.items()}.get(file)


def _lines(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of each line that is neither a comment nor empty."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip() and not line.startswith("#"):
                yield number, [cell.strip() for cell in line.rstrip("\n").split("\t")]


def _code_columns(row: Mapping[str, str]) -> list[str]:
    """Return the columns that hold names of a language in data sets: its tag and its codes."""
    return [column for column in row if column not in DESCRIPTION[1:]]


def _check_row(row: Mapping[str, str], where: str) -> None:
    for column in REQUIRED:
        if not row[column]:
            raise CrosslensError(f"{where}: the cell of column '{column}' is empty. Fill it in.")
    if not TAG.fullmatch(row["language"]):
        raise CrosslensError(f"{where}: '{row['language']}' is not a language tag such as 'sw' or 'zh-Hant'.")
    if not SCRIPT.fullmatch(row["script"]):
        raise CrosslensError(f"{where}: '{row['script']}' is not a script code of ISO 15924 such as 'Latn'.")
