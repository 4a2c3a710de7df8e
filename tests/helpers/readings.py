"""How the catalogue reads a data set's files in a language, for tests that read files without an experiment."""

from collections.abc import Mapping
from pathlib import Path

from crosslens.experiment import languages, sources
from crosslens.experiment.catalogues import load_catalogue
from workflow_runs import ROOT

LANGUAGES = languages.read_languages(ROOT / "config/languages.tsv")
DATASETS = load_catalogue(ROOT, "datasets")
# The paper's three shapes of data sets, by a short name.
SHAPES = {"belebele": "belebele", "mmmlu": "mmmlu", "hellaswag": "mhellaswag"}


def reading(shape: str, language: str = "de") -> dict:
    """Return how a data set of the catalogue, or one of the paper's three shapes, is read in a language."""
    name = SHAPES.get(shape, shape)
    return sources.reading(name, DATASETS[name], language, LANGUAGES)


def both(shape: str, language: str = "de") -> dict[str, dict]:
    """Return how the files of a language and of English, the pivot, are read."""
    return {"language": reading(shape, language), "pivot": reading(shape, "en")}


def own(read: Mapping, language: str = "de") -> dict:
    """Return a reading with a mapping of the test's own."""
    return {"dataset": "mine", "language": language, "read": read}


def parts(name: str) -> dict[str, str]:
    """Return the names of a data set's parts in Table 3, as the catalogue has them."""
    passage = "<passage>" if "passage" in DATASETS[name]["read"] else ""
    return {"passage": passage, "question": "<question>", "choice": "<choice {n}>", **DATASETS[name].get("parts", {})}


def path(folder: Path, name: str, language: str) -> str:
    """Return the path of a data set's file in a language."""
    return str(folder / languages.raw_file(LANGUAGES, language, name, DATASETS[name]))
