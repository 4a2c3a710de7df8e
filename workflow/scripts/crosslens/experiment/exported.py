"""What of a run is exported: its tables, the vectors of some models and data sets, and what the files say of them."""

import hashlib
from collections.abc import Mapping

from crosslens.experiment.experiment import Experiment

# Files of the project that go into a bundle, with their names in it.
PROJECT = {
    "Snakefile": "workflow/Snakefile",
    "envs/lock.txt": "workflow/lock.txt",
    "CITATION.cff": "CITATION.cff",
    "LICENSE": "LICENSE",
}


def tables(experiment: Experiment) -> list[str]:
    """Return the names of the run's tables: tables/{name}.arrow, .csv and .tex."""
    with_ratio = any(experiment.parallel(name).has("choices") for name in experiment.config["datasets"])
    return ["accuracy", "letters", "table1", *(["table2"] if with_ratio else []), "table3", "audit", "claims"]


def titles(experiment: Experiment) -> dict[str, dict[str, str]]:
    """Return the titles of the run's models and data sets, by column and name."""
    of_column = {"model": experiment.models, "dataset": experiment.datasets}
    return {
        column: {name: entries[name]["title"] for name in experiment.config[f"{column}s"]}
        for column, entries in of_column.items()
    }


def steered(experiment: Experiment) -> list[tuple[str, str]]:
    """Return the (model, data set) whose steering vectors are exported: those with a gamma above 0 to choose from."""
    return [
        (model, dataset)
        for model, dataset in experiment.evaluations
        if experiment.parallel(dataset).has("questions")
        and any(gamma > 0 for _, gamma in experiment.own_conditions(model))
    ]


def described(experiment: Experiment, model: str, dataset: str) -> dict:
    """Return what the config and the catalogues say about exported vectors of a model and data set."""
    entries = {"model": experiment.models[model], "dataset": experiment.datasets[dataset]}
    named = {"model": model, "dataset": dataset}
    for kind, entry in entries.items():
        named |= {f"{kind}_title": entry["title"], f"{kind}_source": _source(entry["source"])}
    licence = experiment.datasets[dataset].get("licence")
    return named | {
        "dataset_licence": licence,
        "pivot": experiment.pivot,
        "licence_note": "Computed from the states of the model on questions of the data set: the terms of both apply. "
        f"Licence of the data set: {licence or 'see its page'}. Licence of the model: see its page.",
    }


def steered_names(experiment: Experiment, dataset: str) -> dict[str, str]:
    """Return the names of the languages of a data set that are steered, by tag."""
    names = experiment.described("name", dataset)
    return {tag: names[tag] for tag in experiment.steered_languages(dataset)}


def bundle(experiment: Experiment) -> dict:
    """Return what the bundle says about the run: its name, and the models and data sets with source and licence."""
    chosen = _chosen(experiment)
    return {
        "run": experiment.config["run"],
        "models": {name: _entry(entry, "https://huggingface.co/") for name, entry in chosen["models"].items()},
        "datasets": {
            name: _entry(entry, "https://huggingface.co/datasets/") for name, entry in chosen["datasets"].items()
        },
    }


def settings(experiment: Experiment) -> dict:
    """Return the settings of the run by file: its config with all defaults, and what it uses of the catalogues."""
    return {"config.yaml": experiment.config, "catalogues.yaml": _chosen(experiment)}


def _chosen(experiment: Experiment) -> dict[str, dict[str, Mapping]]:
    catalogues = {"models": experiment.models, "datasets": experiment.datasets}
    return {kind: {name: entries[name] for name in experiment.config[kind]} for kind, entries in catalogues.items()}


def project_hash(experiment: Experiment) -> str:
    """Return a hash of the project's files in a bundle."""
    read = b"".join((experiment.root / name).read_bytes() for name in PROJECT)
    return hashlib.sha256(read).hexdigest()[:16]


def _entry(entry: Mapping, hub: str) -> dict:
    source = entry["source"]
    return {
        "title": entry["title"],
        "source": _source(source),
        "revision": source.get("revision"),
        "url": f"{hub}{source['hub']}" if "hub" in source else None,
        "licence": entry.get("licence"),
    }


def _source(source: Mapping) -> str:
    """Return where a model or data set comes from: a repository of the Hub, a folder, or the workflow itself."""
    if "demo" in source:
        return f"made by crosslens (demo: {source['demo']})"
    english = source.get("english")
    return source.get("path") or source["hub"] + (f", English: {english['hub']}" if english else "")
