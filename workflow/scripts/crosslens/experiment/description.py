"""What is said about a run: its methods page's values, what it leaves out, and a hash of the report's texts."""

import hashlib
from pathlib import Path

from crosslens.experiment import examples, figure_picks, layers, raw_files
from crosslens.experiment.experiment import Experiment
from crosslens.report.figures.catalogue import FIGURES
from crosslens.tables.conditions import ADD, OWN

# What is said of data sets whose languages do not share the key.
NOT_COMPUTED = {
    "questions": "Only letters and accuracy are computed",
    "choices": "Without consistency, negative transfer, log ratio and the pivot's choices in the lens",
}


def methods(experiment: Experiment) -> dict:
    """Return the values of the methods page that come from the config and the catalogues."""
    config = experiment.config
    return {
        "config": config,
        "pivot": experiment.known_languages[experiment.pivot]["name"],
        "models": {name: _model(experiment, name) for name in config["models"]},
        "datasets": {name: _dataset(experiment, name) for name in config["datasets"]},
        "left_out": left_out(experiment),
    }


def report(experiment: Experiment) -> dict:
    """Return the values of the report that come from the config and the catalogues."""
    return {**methods(experiment), "languages": experiment.described("name")}


def middle_of_the_lens(experiment: Experiment, model: str) -> int:
    """Return the layer of the lens that is nearest to half of a model's depth, whose log ratio is a key number."""
    available, n_layers = experiment.lens_layers(model), experiment.models[model]["layers"]
    return layers.resolve("middle", available, n_layers, "lens.layers", model)[0]


def left_out(experiment: Experiment) -> list[str]:
    """Return a sentence on everything that the run does not compute because of what languages do not share."""
    facts = figure_picks.caption_facts(experiment, needs=NOT_COMPUTED)
    missing = [name for name, figure in FIGURES.items() if not _any_has(experiment, figure.needs)]
    if not _any_has(experiment, "choices"):
        missing.append("table2")
    sentences = [facts["lacking"]] if facts["lacking"] else []
    return sentences + ([f"Not made, because no data set has what they show: {', '.join(missing)}."] if missing else [])


def _any_has(experiment: Experiment, needed: str) -> bool:
    return any(experiment.parallel(name).has(needed) for name in experiment.config["datasets"])


def _model(experiment: Experiment, name: str) -> dict:
    entry = experiment.models[name]
    return {
        **{key: entry[key] for key in ("title", "source", "layers")},
        "grid": experiment.layers(name),
        "lens": experiment.lens_layers(name),
        "correlated": experiment.correlation_layers(name),
        "conditions": experiment.own_conditions(name),
        "controls": _controls(experiment, name),
    }


def _controls(experiment: Experiment, name: str) -> dict[str, list]:
    """Return the pairs [layer, gamma] of every other vector and operation than the language's own, added."""
    found: dict[str, list] = {}
    for each in experiment.conditions(name):
        if (each.vector, each.operation) != (OWN, ADD):
            found.setdefault(f"{each.vector}, {each.operation}", []).append([each.layer, each.gamma])
    return found


def _dataset(experiment: Experiment, name: str) -> dict:
    entry = experiment.datasets[name]
    return {
        **{key: entry[key] for key in ("title", "source")},
        "languages": experiment.described("name", name),
        "shares": experiment.parallel(name).shares,
        "examples": examples.origin(entry),
    }


def prompt_remark(experiment: Experiment, dataset: str) -> str:
    """Return what the sheet of a data set's prompts begins with."""
    config, entry = experiment.config, experiment.datasets[dataset]
    number = config["prompt"]["examples"]["number"]
    return (
        f"Prompts of {entry['title']}, run {config['run']}. "
        + (f"Each has {number} examples: {examples.origin(entry)}. " if number else "")
        + (
            "Each model's chat template is put around them, and the answer begins the model's turn."
            if config["prompt"]["chat_template"]
            else "A space and the answer follow."
        )
    )


def table3_settings(experiment: Experiment) -> dict:
    """Return the arguments of `paper_tables.table3` besides the questions."""
    datasets, number = experiment.config["datasets"], experiment.config["prompt"]["examples"]["number"]
    settings = {
        "parts": {name: raw_files.parts(experiment, name) for name in datasets},
        "prompt": experiment.prompt_settings(experiment.pivot),
    }
    notes = {name: f"{number} examples, {examples.origin(experiment.datasets[name])}:" for name in datasets}
    return settings | ({"examples": notes} if number else {})


def text_hash(root: Path, *patterns: str) -> str:
    """Return a hash of the project's files that match: editing a caption makes the reports again, only these."""
    files = sorted(file for pattern in patterns for file in root.glob(pattern))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
