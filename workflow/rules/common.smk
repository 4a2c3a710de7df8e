"""Names and lookups that every chapter uses: the checked config, the catalogues, paths, grids and fingerprints.

Decides nothing about files or resources; rules do.
"""

import os
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError


include: "dag_speed.smk"


# A job has one core; libraries that each take all of them would fight. Set the variable to give a single job more.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from crosslens import configuration, fetched, fingerprint as fingerprints, folders, languages as language_table
from crosslens.errors import CrosslensError


def schema(name):
    return configuration.load_schema(ROOT / f"workflow/schemas/{name}.schema.yaml")


def catalogue(name):
    file = f"config/{name}.yaml"
    return configuration.validated(configuration.load_yaml(ROOT / file, file), schema(name), file)


def out(path):
    """A path inside the run's folder."""
    return f"results/{config['run']}/{path}"


@cache
def fingerprint(script):
    return fingerprints.fingerprint(ROOT / "workflow/scripts" / script)


def format_fingerprint(dataset):
    """The fingerprint of the format of a data set's entry, which scripts import by its name."""
    return fingerprint(f"crosslens/formats/{dataset['format']}.py")


@cache
def layers(model):
    """The model's grid of layers, ascending, ending at the last."""
    return configuration.layer_grid(MODELS[model]["layers"], config["layers"]["every"])


@cache
def conditions(model):
    """The model's steering conditions, sorted pairs [layer, gamma]."""
    return configuration.steering_conditions(config["steering"]["conditions"], model, layers(model))


@cache
def languages(dataset):
    """The selected languages that the data set has, the pivot first."""
    return configuration.dataset_languages(dataset, DATASETS[dataset], config["languages"], config["pivot"], LANGUAGES)


def folder(kind, name, source):
    """Where a model's or data set's files are: the user's own folder, fetched ones, or the demo's."""
    if "path" in source:
        return source["path"]
    return f"resources/{kind}/{name}" if "hub" in source else out(f"demo_{kind}/{name}")


def model_folder(model):
    return folder("models", model, MODELS[model]["source"])


def dataset_folder(dataset):
    return folder("data", dataset, DATASETS[dataset]["source"])


@cache
def model_input(model):
    """The model's folder and, of the user's own, its files: overwriting one leaves the time of the folder as it was."""
    own, patterns = "path" in MODELS[model]["source"], ["*.safetensors", "*.json", "*.jinja", "tokenizer*"]
    files = {str(file) for pattern in patterns for file in Path(model_folder(model)).glob(pattern)} if own else ()
    return [model_folder(model), *sorted(files)]


def model_settings(model):
    """What `models.load` needs to know; the slice of the catalogue that changes what a model computes."""
    entry = MODELS[model]
    return {
        "dtype": entry["dtype"],
        "n_layers": entry["layers"],
        "implementation": entry["attention"],
    }


def prompt_settings(language):
    """How prompts in a language are rendered; the slice of the config that changes their text."""
    prompt = config["prompt"]
    return {
        "separator": prompt["separator"],
        "letter_form": prompt["letter_form"],
        "frame": configuration.frame(INSTRUCTIONS, prompt["instruction_language"], language),
    }


def of_all_languages(path):
    """Input function: ``path`` for every language of the wildcards' data set."""
    return lambda w: [out(path).format(**w, language=language) for language in languages(w.dataset)]


def correlation_layers(model):
    """The layers over which a model's log ratio is averaged: of those configured, the ones on its grid."""
    grid, chosen = layers(model), config["correlations"]["layers"]
    found = [layer for layer in grid if chosen == "all" or layer in chosen]
    if not found:
        raise WorkflowError(
            f"config key 'correlations.layers': none of {chosen} is on the grid of {model} "
            f"({', '.join(map(str, grid))}); name one that is, or 'all'."
        )
    return found


def is_steered(w):
    """Whether any condition steers the wildcards' model in their language; the pivot never is."""
    return w.language != config["pivot"] and bool(conditions(w.model))


try:
    # Snakemake has merged the files, and where one has a key twice, it took the last.
    files = {os.path.relpath(file): Path(file) for file in workflow.configfiles}
    for file, path in files.items():
        configuration.check_unique_keys(path, file)
    config = configuration.validated(config, schema("config"), ", ".join(files))
    MODELS, DATASETS, INSTRUCTIONS = map(catalogue, ["models", "datasets", "instructions"])
    LANGUAGES = language_table.read_languages(ROOT / "config/languages.tsv")
    configuration.selected(config["models"], MODELS, "models", "config/models.yaml")
    configuration.selected(config["datasets"], DATASETS, "datasets", "config/datasets.yaml")
    configuration.selected([config["pivot"]], LANGUAGES, "pivot", "config/languages.tsv")
    for entry in config["steering"]["conditions"]:
        configuration.selected(entry.get("models", []), MODELS, "steering.conditions.models", "config/models.yaml")
    for name in config["models"]:
        folders.check_model(name, MODELS[name])
        conditions(name)
    if any(map(conditions, config["models"])):
        configuration.enough_states(
            config["states"]["questions"], {"steering.questions": config["steering"]["questions"]}
        )
    configuration.on_some_grid(config["correlations"]["layers"], [layers(name) for name in config["models"]])
    configuration.used_somewhere(config["languages"], {name: languages(name) for name in config["datasets"]})
    for name in config["datasets"]:
        folders.check_dataset(name, DATASETS[name], languages(name), LANGUAGES)
        for tag in languages(name):
            prompt_settings(tag)
except CrosslensError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    model="[^/]+",
    dataset="[^/]+",
    language="[^/]+",
    layer=r"\d+",
