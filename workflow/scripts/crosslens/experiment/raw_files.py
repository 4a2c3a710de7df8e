"""The raw files of a run's data sets: where they are, what they must hold, and how they are read.

Functions of an `Experiment`, for the rules that fetch and read files. Opens none of them.
"""

from collections.abc import Mapping

from crosslens.data import patterns
from crosslens.experiment import sources
from crosslens.experiment.experiment import Experiment
from crosslens.experiment.languages import raw_file, rows


def raw_path(experiment: Experiment, dataset: str, language: str, entry: Mapping | None = None) -> str:
    """Return the file of a data set's folder that holds the questions in a language; maybe a pattern of several.

    entry: the data set's entry, or that of its examples.
    """
    file = raw_file(experiment.known_languages, language, dataset, entry or experiment.datasets[dataset])
    return f"{experiment.dataset_folder(dataset)}/{file}"


def raw_input(experiment: Experiment, dataset: str, language: str) -> list[str]:
    """Return the language's raw files and the pivot's, also those of examples; for a generated data set its folder."""
    entry = experiment.datasets[dataset]
    if "demo" in entry["source"]:
        return [experiment.dataset_folder(dataset)]
    tags = [language, experiment.pivot_of(dataset, language)]
    entries = filter(None, [entry, experiment.examples_entry(dataset)])
    paths = [raw_path(experiment, dataset, tag, each) for each in entries for tag in tags]
    return [file for path in dict.fromkeys(paths) for file in patterns.files(path)]


def raw_rows(experiment: Experiment, dataset: str, language: str) -> dict[str, int | None]:
    """Return the numbers of rows that the language's raw file and the pivot's must have; None where unknown."""
    entry, both = experiment.datasets[dataset], (language, experiment.pivot_of(dataset, language))
    files = [raw_file(experiment.known_languages, tag, dataset, entry) for tag in both]
    return {f"{experiment.dataset_folder(dataset)}/{file}": rows(entry, file) for file in files}


def file_settings(experiment: Experiment, dataset: str, file: str) -> dict:
    """Return the arguments, besides the path, of `download.fetch_questions` or `splits.fetch_split` for a file."""
    return sources.file_settings(dataset, file_entry(experiment, dataset, file), file, experiment.known_languages)


def file_entry(experiment: Experiment, dataset: str, file: str) -> Mapping:
    """Return the entry that a data set's ``file`` is read with: that of its examples if no question is in the file."""
    entry, split = experiment.datasets[dataset], experiment.examples_entry(dataset)
    known = experiment.known_languages
    questions = (raw_file(known, tag, dataset, entry) for tag in experiment.languages(dataset))
    return split if split and not any(file in patterns.expand(each) for each in questions) else entry


def demo_files(experiment: Experiment, dataset: str) -> dict[str, str]:
    """Return the raw file of every language of a data set that the workflow writes."""
    entry = experiment.datasets[dataset]
    return {tag: raw_file(experiment.known_languages, tag, dataset, entry) for tag in entry["languages"]}


def reading_settings(experiment: Experiment, dataset: str, language: str) -> dict:
    """Return how the questions of a language and of the pivot are read, and what the languages have in common."""
    entry = experiment.datasets[dataset]
    return {"readings": _readings(experiment, dataset, language, entry), "parallel": entry["parallel"]}


def example_settings(experiment: Experiment, dataset: str, language: str) -> dict | None:
    """Return the argument ``examples`` of `alignment.align_with_pivot`; None if prompts have no examples."""
    wanted, split = experiment.config["prompt"]["examples"], experiment.examples_entry(dataset)
    if not wanted["number"]:
        return None
    files = split and {
        "path": raw_path(experiment, dataset, language, split),
        "pivot_path": raw_path(experiment, dataset, experiment.pivot_of(dataset, language), split),
        "readings": _readings(experiment, dataset, language, split),
    }
    without = [str(question_id) for question_id in wanted["not"].get(dataset, [])]
    return {"number": wanted["number"], "without": without, "split": files}


def _readings(experiment: Experiment, dataset: str, language: str, entry: Mapping) -> dict[str, dict]:
    tags = {"language": language, "pivot": experiment.pivot_of(dataset, language)}
    return {name: sources.reading(dataset, entry, tag, experiment.known_languages) for name, tag in tags.items()}


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
