"""The raw files of a run's data sets: where they are, what they must hold, and how they are read.

Functions of an `Experiment`, for the rules that fetch and read files. Opens none of them.
"""

from crosslens.data import patterns
from crosslens.experiment import sources
from crosslens.experiment.experiment import Experiment
from crosslens.experiment.languages import raw_file, rows


def raw_path(experiment: Experiment, dataset: str, language: str) -> str:
    """Return the file of a data set's folder that holds the questions in a language; maybe a pattern of several."""
    file = raw_file(experiment.known_languages, language, dataset, experiment.datasets[dataset])
    return f"{experiment.dataset_folder(dataset)}/{file}"


def raw_input(experiment: Experiment, dataset: str, language: str) -> list[str]:
    """Return the language's raw files and the pivot's; for a generated data set its folder, a single output."""
    if "demo" in experiment.datasets[dataset]["source"]:
        return [experiment.dataset_folder(dataset)]
    alone = experiment.datasets[dataset]["parallel"] == "none"
    paths = [
        raw_path(experiment, dataset, tag)
        for tag in dict.fromkeys([language] if alone else [language, experiment.pivot])
    ]
    return [file for path in dict.fromkeys(paths) for file in patterns.files(path)]


def raw_rows(experiment: Experiment, dataset: str, language: str) -> dict[str, int | None]:
    """Return the numbers of rows that the language's raw file and the pivot's must have; None where unknown."""
    entry = experiment.datasets[dataset]
    files = [raw_file(experiment.known_languages, tag, dataset, entry) for tag in (language, experiment.pivot)]
    return {f"{experiment.dataset_folder(dataset)}/{file}": rows(entry, file) for file in files}


def file_settings(experiment: Experiment, dataset: str, file: str) -> dict:
    """Return the arguments, besides the path, of `download.fetch_questions` or `splits.fetch_split` for a file."""
    return sources.file_settings(dataset, experiment.datasets[dataset], file, experiment.known_languages)


def demo_files(experiment: Experiment, dataset: str) -> dict[str, str]:
    """Return the raw file of every language of a data set that the workflow writes."""
    entry = experiment.datasets[dataset]
    return {tag: raw_file(experiment.known_languages, tag, dataset, entry) for tag in entry["languages"]}


def reading_settings(experiment: Experiment, dataset: str, language: str) -> dict:
    """Return how the questions of a language and of the pivot are read, and what the languages have in common."""
    entry, tags = experiment.datasets[dataset], {"language": language, "pivot": experiment.pivot}
    readings = {name: sources.reading(dataset, entry, tag, experiment.known_languages) for name, tag in tags.items()}
    return {"readings": readings, "parallel": entry["parallel"]}


def parts(experiment: Experiment, dataset: str) -> dict[str, str]:
    """Return the names of the parts of a data set's questions in Table 3, as `prompts.template` takes them."""
    entry = experiment.datasets[dataset]
    passage = "<passage>" if "passage" in entry.get("read", {}) else ""
    return {"passage": passage, "question": "<question>", "choice": "<choice {n}>", **entry.get("parts", {})}


def questions_fingerprint(experiment: Experiment, dataset: str) -> list[str]:
    """Return the fingerprints of the script `questions` and of the module that a data set may name."""
    module = experiment.datasets[dataset].get("module")
    by_name = [experiment.fingerprint(f"crosslens/data/formats/{module}.py")] if module else []
    return [experiment.fingerprint("questions.py"), *by_name]
