"""What the tables, figures and report consist of: names, titles, files and settings. No rules.

Figures are rows of FIGURES. A pick of the config that cannot be drawn is an error here, before anything runs.
"""

import hashlib
from itertools import product

from crosslens import selection

PANELS = [{"model": model, "dataset": dataset} for model, dataset in RUNS]


def caption_facts(models):
    """What the captions of these models say that is in neither the config nor the params of the rule."""
    toys = [MODELS[name]["title"] for name in models if "demo" in MODELS[name]["source"]]
    return {"pivot": LANGUAGES[config["pivot"]]["name"], "toys": toys}


def pivot_questions():
    """The pivot's questions of every data set; they tell the number of choices."""
    return [out(f"questions/{dataset}/{config['pivot']}.arrow") for dataset in config["datasets"]]


def texts(*patterns):
    """A hash of files of workflow/report: an edited caption makes the report again, and only that."""
    files = sorted(file for pattern in patterns for file in (ROOT / "workflow/report").glob(pattern))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


# Metrics table -> its files.
METRICS = {
    "pair_metrics": "metrics/{model}/{dataset}/pairs.arrow",
    "latent_metrics": "metrics/{model}/{dataset}/latent/layer_{layer}.arrow",
    "similarity": "metrics/{model}/{dataset}/similarity/layer_{layer}.arrow",
    "pca": "metrics/{model}/{dataset}/pca/layer_{layer}.arrow",
    "steering_metrics": "metrics/{model}/{dataset}/steering.arrow",
    "questions": "questions/{dataset}/{pivot}.arrow",
}
# Figure -> its title and number in the paper, its section of the report, the tables that it is made of, and what its
# function `data` wants to know besides the figure's own keys of the config.
FIGURES = {
    "transfer_heatmap": {
        "title": "Positive transfer between languages",
        "paper": "Fig. 1",
        "section": "Consistency and transfer",
        "tables": ["pair_metrics"],
        "settings": [],
    },
    "log_ratio_by_layer": {
        "title": "Log ratio by layer",
        "paper": "Fig. 2a",
        "section": "Latent language",
        "tables": ["latent_metrics"],
        "settings": ["pivot", "level"],
    },
    "latent_accuracy_by_layer": {
        "title": "Latent accuracy by layer",
        "paper": "Fig. 2b",
        "section": "Latent language",
        "tables": ["latent_metrics", "questions"],
        "settings": ["pivot", "level"],
    },
    "pca": {
        "title": "Principal components by layer",
        "paper": "Figs. 3, 6",
        "section": "Hidden states",
        "tables": ["pca"],
        "settings": ["scripts"],
    },
    "similarity_by_layer": {
        "title": "Similarity to the pivot by layer",
        "paper": "-",
        "section": "Hidden states",
        "tables": ["similarity"],
        "settings": ["pivot", "level"],
    },
    "gamma_sweep": {
        "title": "Effect of the multiplier",
        "paper": "Figs. 4, 7",
        "section": "Steering",
        "tables": ["steering_metrics"],
        "settings": ["layers", "level"],
    },
    "steering_accuracy_by_language": {
        "title": "Change of accuracy by language",
        "paper": "Figs. 5, 9",
        "section": "Steering",
        "tables": ["steering_metrics"],
        "settings": ["gamma", "layers", "scripts"],
    },
    "steering_across_layers": {
        "title": "Accuracy by steered layer",
        "paper": "Fig. 8",
        "section": "Steering",
        "tables": ["steering_metrics"],
        "settings": ["gamma", "level"],
    },
    "steering_transfer_change": {
        "title": "Change of positive transfer by language",
        "paper": "Fig. 10",
        "section": "Steering",
        "tables": ["steering_metrics"],
        "settings": ["gamma", "layers", "scripts"],
    },
    "steering_consistency_change": {
        "title": "Change of consistency by language",
        "paper": "Fig. 11",
        "section": "Steering",
        "tables": ["steering_metrics"],
        "settings": ["gamma", "layers", "scripts"],
    },
}


def shown(name):
    """(model, dataset) of every panel of a figure; only models that are steered are in figures of steering."""
    pick, steering = (
        config["figures"][name],
        "steering_metrics" in FIGURES[name]["tables"],
    )
    models = [m for m in config["models"] if conditions(m) or not steering]
    models = selection.names(name, "models", pick["models"], models)
    datasets = selection.names(name, "datasets", pick["datasets"], config["datasets"])
    return list(product(models, datasets))


def check_pick(name):
    """Raise where a figure asks for a gamma or a layer that is not run."""
    pick = config["figures"][name]
    selection.models_of_layers(name, pick.get("layers"), config["models"])
    for model in dict(shown(name)):
        steered = [tuple(condition) for condition in conditions(model)]
        if "gamma" in pick:
            signs = [1, -1] if name == "steering_across_layers" else [1]
            for sign in signs:
                available = sorted({gamma for _, gamma in steered})
                selection.gamma(name, sign * pick["gamma"], model, available)
            steered = [pair for pair in steered if pair[1] == pick["gamma"]]
        if pick.get("layers", "swept") != "swept":
            grid = layers(model) if name == "pca" else [layer for layer, _ in steered]
            selection.layers(name, pick["layers"], model, sorted(set(grid)))


def figure_files(name, table):
    """The files of a figure's table, each with the model and data set that it is about."""
    files = {}
    for model, dataset in shown(name):
        chosen = config["figures"][name]["layers"] if name == "pca" else "all"
        for layer in selection.layers(name, chosen, model, layers(model)):
            values = {"model": model, "dataset": dataset}
            path = METRICS[table].format(**values, layer=layer, pivot=config["pivot"])
            files[out(path)] = {k: v for k, v in values.items() if f"{{{k}}}" in METRICS[table]}
    return files


def figure_settings(name):
    """The arguments of the figure's function `data`, besides tables."""
    tags = {tag for _, dataset in shown(name) for tag in languages(dataset)}
    known = {
        "pivot": config["pivot"],
        "level": config["intervals"]["level"],
        "scripts": {tag: LANGUAGES[tag]["script"] for tag in sorted(tags)},
        **config["figures"][name],
    }
    return {key: known[key] for key in FIGURES[name]["settings"]}


def figure_titles(name):
    """What names are called in the figure. Labels, not settings: they change no plotted value."""
    models, datasets = zip(*shown(name))
    return {
        "models": {model: MODELS[model]["title"] for model in models},
        "datasets": {dataset: DATASETS[dataset]["title"] for dataset in datasets},
        "pivot": LANGUAGES[config["pivot"]]["name"],
    }


def summary():
    """What a finished run prints: accuracies in per cent, and where the report is; nothing while there is no report."""
    from crosslens import summaries
    from crosslens.tables import read_table

    if not all(Path(out(path)).exists() for path in ("report.html", "tables/accuracy.arrow")):
        return ""
    table = read_table(out("tables/accuracy.arrow"), "accuracy_table")
    return f"\nAccuracy (%)\n{summaries.accuracy_text(table)}\n\nReport: {out('report.html')}\n"


try:
    DRAWN = [name for name in FIGURES if shown(name)]
    for name in DRAWN:
        check_pick(name)
    if "pca" in DRAWN:
        configuration.enough_states(config["states"]["questions"], {"pca.questions": config["pca"]["questions"]})
except CrosslensError as error:
    raise WorkflowError(str(error)) from None
