"""What the config picks for each figure, resolved to models, data sets, layers, files, settings and titles.

A pick that cannot be drawn raises an error when the workflow is parsed, before anything runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from crosslens.errors import CrosslensError
from crosslens.experiment import layers
from crosslens.experiment.experiment import Experiment
from crosslens.experiment.parallel import lacking
from crosslens.report.figures.catalogue import FIGURES

# Table -> its files in a run's folder.
FILES = {
    "pair_metrics": "metrics/{model}/{dataset}/pairs.arrow",
    "log_ratio_means": "metrics/{model}/{dataset}/log_ratio_means/layer_{layer}.arrow",
    "latent_means": "metrics/{model}/{dataset}/latent_means/layer_{layer}.arrow",
    "similarity_means": "metrics/{model}/{dataset}/similarity_means/layer_{layer}.arrow",
    "pca": "metrics/{model}/{dataset}/pca/layer_{layer}.arrow",
    "steering_by_half": "metrics/{model}/{dataset}/steering_by_half.arrow",
    "steering_gains": "metrics/{model}/{dataset}/steering_gains.arrow",
    "steering_selected": "metrics/{model}/{dataset}/steering_selected.arrow",
    "vector_cosines": "metrics/{model}/{dataset}/vector_cosines.arrow",
    "steering_sizes": "metrics/{model}/{dataset}/steering_sizes.arrow",
    "questions": "questions/{dataset}/{pivot}.arrow",
}
# Those of them that have the layers of the lens.
OF_THE_LENS = ("log_ratio_means", "latent_means")
# Column of config/languages.tsv -> what `Titles` calls it.
FACTS = {"name": "languages", "script": "scripts", "family": "families"}


def drawn(experiment: Experiment) -> list[str]:
    """Return the names of all figures that have a panel. Raises CrosslensError for a pick that cannot be drawn."""
    names = [name for name in FIGURES if shown(experiment, name)]
    for name in names:
        _check_gammas(experiment, name)
        _check_models_of_layers(experiment, name)
        if "layers" in FIGURES[name].picks:
            picked_layers(experiment, name)
    if "pca" in names:
        experiment.check_stored_states("pca.questions", experiment.sample("pca")["questions"])
    return names


def shown(experiment: Experiment, name: str) -> list[tuple[str, str]]:
    """Return (model, data set) of every panel of a figure.

    Figures of steering show only models that are steered, and every figure only data sets whose languages share what it
    needs. Without further prompts of the lens, figures of these show nothing.
    """
    config = experiment.config
    if FIGURES[name].further_prompts and not (config["lens"]["prompts"] and config["lens"]["control_questions"]):
        return []
    models = [model for model in config["models"] if experiment.own_conditions(model) or not FIGURES[name].is_steered]
    datasets = [one for one in config["datasets"] if experiment.parallel(one).has(FIGURES[name].needs)]
    models = _picked_names(experiment, name, "models", models)
    return list(product(models, _picked_names(experiment, name, "datasets", datasets)))


def picked_layers(experiment: Experiment, name: str) -> dict[str, list[int]]:
    """Return the layers of each model that a figure shows. Raises CrosslensError for a layer that is not run."""
    wanted = experiment.config["figures"][name]["layers"]
    return {model: _layers_of(experiment, name, model, wanted) for model in dict(shown(experiment, name))}


def files(experiment: Experiment, name: str, table: str) -> dict[str, dict[str, str]]:
    """Return the files of a figure's table, each with the model and data set that it is about."""
    found, pattern = {}, FILES[table]
    for model, dataset in shown(experiment, name):
        available = experiment.lens_layers(model) if table in OF_THE_LENS else experiment.layers(model)
        for layer in picked_layers(experiment, name)[model] if name == "pca" else available:
            values = {"model": model, "dataset": dataset}
            path = pattern.format(**values, layer=layer, pivot=experiment.pivot)
            found[experiment.out(path)] = {key: value for key, value in values.items() if f"{{{key}}}" in pattern}
    return found


def settings(experiment: Experiment, name: str) -> dict:
    """Return the arguments of the figure's function ``data``, besides tables; layers are a list per model."""
    pick = dict(experiment.config["figures"][name])
    if "layers" in pick:
        pick["layers"] = picked_layers(experiment, name)
    tags = _languages(experiment, name)
    known = {
        "pivot": experiment.pivot,
        "level": experiment.config["intervals"]["level"],
        "n_layers": {model: experiment.models[model]["layers"] for model in dict(shown(experiment, name))},
        "scripts": {tag: experiment.known_languages[tag]["script"] for tag in tags},
        "order": sorted(
            tags, key=lambda tag: [experiment.known_languages[tag][k] for k in ("script", "family", "name")]
        ),
        **pick,
    }
    return {key: known[key] for key in FIGURES[name].settings}


def titles(experiment: Experiment, name: str) -> dict:
    """Return what models, data sets and languages are called in the figure. They change no plotted value."""
    models, datasets = zip(*shown(experiment, name), strict=True)
    return {
        "models": {model: experiment.models[model]["title"] for model in models},
        "datasets": {dataset: experiment.datasets[dataset]["title"] for dataset in datasets},
        "pivot": experiment.known_languages[experiment.pivot]["name"],
        **{
            FACTS[fact]: {tag: experiment.known_languages[tag][fact] for tag in _languages(experiment, name)}
            for fact in FIGURES[name].facts
        },
    }


def _languages(experiment: Experiment, name: str) -> list[str]:
    """The tags of all languages of the data sets that a figure shows."""
    return sorted({tag for _, dataset in shown(experiment, name) for tag in experiment.languages(dataset)})


def figure_facts(experiment: Experiment, name: str) -> dict:
    """Return `caption_facts` of a figure."""
    figure, picked = FIGURES[name], experiment.config["figures"][name]["datasets"]
    needs = {figure.needs: "Not shown"}
    if figure.by_choices:
        needs["choices"] = f"Shown without {figure.by_choices}"
    return caption_facts(experiment, dict(shown(experiment, name)), needs, None if picked == "all" else picked)


def caption_facts(
    experiment: Experiment,
    models: Iterable[str] = (),
    needs: Mapping[str, str] | None = None,
    datasets: Sequence[str] | None = None,
) -> dict:
    """Return what captions say that is neither in the config nor among the rule's parameters.

    models: those that are named if they are toys. needs: what is said of data sets that lack something, as in
    `parallel.lacking`. datasets: those that are meant, by default all of the run.
    """
    names = datasets or experiment.config["datasets"]
    shared = [(experiment.datasets[name]["title"], experiment.parallel(name)) for name in names]
    return {
        "pivot": experiment.known_languages[experiment.pivot]["name"],
        "toys": [experiment.models[name]["title"] for name in models if "demo" in experiment.models[name]["source"]],
        "lacking": lacking(shared, needs or {}),
    }


def _picked_names(experiment: Experiment, name: str, key: str, available: Sequence[str]) -> list[str]:
    wanted = experiment.config["figures"][name][key]
    if wanted == "all":
        return list(available)
    for one in wanted:
        if key == "datasets" and one in experiment.config[key] and one not in available:
            raise CrosslensError(
                f"config key 'figures.{name}.datasets': the figure cannot show '{one}', because "
                f"{experiment.parallel(one).because} (`parallel: {experiment.datasets[one]['parallel']}`). Take it out."
            )
        if one not in available:
            raise CrosslensError(
                f"config key 'figures.{name}.{key}': '{one}' is not in this run, or not shown by this figure. Add it "
                f"to '{key}' or use one of {', '.join(available) or 'no model: none is steered'}."
            )
    return list(wanted)


def _layers_of(experiment: Experiment, name: str, model: str, wanted: object) -> list[int]:
    """The layers of one model, picked from the grid or, in figures of steering, from the layers that are steered."""
    key, n_layers = f"figures.{name}.layers", experiment.models[model]["layers"]
    if isinstance(wanted, Mapping):
        wanted = wanted.get(model, "middle")
    if not FIGURES[name].is_steered:
        return layers.resolve(wanted, experiment.layers(model), n_layers, key, model)
    conditions = experiment.own_conditions(model)
    if wanted == "swept":
        return _swept(conditions)
    gamma = experiment.config["figures"][name].get("gamma")
    steered = {layer for layer, multiplier in conditions if gamma in (None, multiplier)}
    remedy = "layers.every or steering.conditions"
    return layers.resolve(wanted, sorted(steered), n_layers, key, model, "among the steered layers", remedy)


def _swept(conditions: Sequence[Sequence[int | float]]) -> list[int]:
    """The layers that are steered with the most values of gamma."""
    steered = [layer for layer, _ in conditions]
    most = max(map(steered.count, steered))
    return sorted({layer for layer in steered if steered.count(layer) == most})


def _check_gammas(experiment: Experiment, name: str) -> None:
    gamma = experiment.config["figures"][name].get("gamma")
    if gamma is None:
        return
    for model in dict(shown(experiment, name)):
        available = sorted({multiplier for _, multiplier in experiment.own_conditions(model)})
        for wanted in (gamma, -gamma) if name == "steering_across_layers" else (gamma,):
            if wanted not in available:
                raise CrosslensError(
                    f"config key 'figures.{name}.gamma': the figure needs γ = {wanted:g}, but {model} is steered only "
                    f"with {', '.join(f'{value:g}' for value in available)}. Use one of these or add it to "
                    "steering.conditions."
                )


def _check_models_of_layers(experiment: Experiment, name: str) -> None:
    wanted, models = experiment.config["figures"][name].get("layers"), experiment.config["models"]
    for model in wanted if isinstance(wanted, Mapping) else ():
        if model not in models:
            raise CrosslensError(
                f"config key 'figures.{name}.layers': it has layers for '{model}', which is not among this run's "
                f"models: {', '.join(models)}. Take it out, or add it to models."
            )
