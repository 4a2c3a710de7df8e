"""What the claims of a run are tested on: the files of its tables, and facts of its models, data sets and languages."""

from crosslens.experiment import figure_picks
from crosslens.experiment.experiment import Experiment
from crosslens.findings import verdicts
from crosslens.findings.results import Key
from crosslens.metrics.means import MIN_FAMILIES

# Table, as claims ask for it -> its files in metrics/{model}/{dataset}, and what the languages must share for them.
FILES = {
    "languages": ("languages.arrow", ""),
    "pairs": ("pairs.arrow", ""),
    "replicates": ("replicates.arrow", ""),
    "pair_replicates": ("pair_replicates.arrow", ""),
    "depth_replicates": ("depth_replicates.arrow", "questions"),
    "depth_pair_replicates": ("depth_pair_replicates.arrow", "questions"),
    "steering_by_half": ("steering_by_half.arrow", "questions"),
    "steering_gains": ("steering_gains.arrow", "questions"),
    "steering_selected": ("steering_selected.arrow", "questions"),
    "steering_sizes": ("steering_sizes.arrow", "questions"),
    "steering_replicates": ("steering_replicates.arrow", "questions"),
    "similarity": ("similarity/layer_{layer}.arrow", "questions"),
    "similarity_means": ("similarity_means/layer_{layer}.arrow", "questions"),
    "log_ratios": ("log_ratios/layer_{layer}.arrow", "choices"),
}


def files(experiment: Experiment) -> dict[Key, str]:
    """Return the files of all tables that claims may read and that the run makes."""
    found = {}
    for model, dataset in experiment.evaluations:
        for table, (name, needed) in FILES.items():
            if table.startswith("steering") and not experiment.conditions_on(model, dataset):
                continue
            if experiment.parallel(dataset).has(needed):
                for layer in _layers(experiment, model, table, name):
                    path = f"metrics/{model}/{dataset}/{name.format(layer=layer)}"
                    found[Key(table, model, dataset, layer)] = experiment.out(path)
    return found


def _layers(experiment: Experiment, model: str, table: str, name: str) -> list[int]:
    """Return the layers that a table has files of; 0 if it has one file of all layers."""
    if "{layer}" not in name:
        return [0]
    return experiment.correlation_layers(model) if table == "log_ratios" else experiment.layers(model)


def facts(experiment: Experiment) -> dict:
    """Return the arguments of `findings.results.Results` besides the tables."""
    config = experiment.config
    return {
        "models": {name: _model(experiment, name) for name in config["models"]},
        "datasets": {name: _dataset(experiment, name) for name in config["datasets"]},
        "families": experiment.described("family"),
        "scripts": experiment.described("script"),
        "resource": experiment.resource_levels(),
        "pivot": experiment.pivot,
        "level": config["intervals"]["level"],
        "seed": config["seed"],
    }


def caption_facts(experiment: Experiment) -> dict:
    """Return `figure_picks.caption_facts` of all models, and the limits of the rule for verdicts."""
    limits = {"languages": verdicts.MIN_LANGUAGES, "families": MIN_FAMILIES, "alpha": verdicts.ALPHA}
    limits["equivalence_level"] = verdicts.EQUIVALENCE_LEVEL
    return figure_picks.caption_facts(experiment, experiment.config["models"]) | {"limits": limits}


def _model(experiment: Experiment, name: str) -> dict:
    entry = experiment.models[name]
    return {
        "series": entry.get("series"),
        "parameters": entry.get("parameters"),
        "layers": entry["layers"],
        "correlated": experiment.correlation_layers(name),
    }


def _dataset(experiment: Experiment, name: str) -> dict:
    parallel = experiment.parallel(name)
    return {"languages": experiment.languages(name), "shares": list(parallel.shares), "because": parallel.because}
