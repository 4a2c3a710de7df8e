"""Names and lookups that every chapter uses: the checked config, the catalogues, paths, grids and fingerprints.

Decides nothing about files or resources; rules do.
"""

import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from crosslens import (
    configuration,
    fingerprint as fingerprints,
    languages as language_table,
)
from crosslens.errors import CrosslensError


def schema(name):
    return configuration.load_schema(ROOT / f"workflow/schemas/{name}.schema.yaml")


def catalogue(name):
    file = f"config/{name}.yaml"
    return configuration.validated(
        yaml.safe_load((ROOT / file).read_text(encoding="utf-8")), schema(name), file
    )


def out(path):
    """A path inside the run's folder."""
    return f"results/{config['run']}/{path}"


def fingerprint(script):
    return fingerprints.fingerprint(ROOT / "workflow/scripts" / script)


def layers(model):
    """The model's grid of layers, ascending, ending at the last."""
    return configuration.layer_grid(MODELS[model]["layers"], config["layers"]["every"])


def conditions(model):
    """The model's steering conditions, sorted pairs [layer, gamma]."""
    return configuration.steering_conditions(
        config["steering"]["conditions"], model, layers(model)
    )


def languages(dataset):
    """The selected languages that the data set has, the pivot first."""
    return configuration.dataset_languages(
        dataset, DATASETS[dataset], config["languages"], config["pivot"], LANGUAGES
    )


def folder(kind, name, source):
    """Where a model's or data set's files are: the user's own folder, fetched ones, or the demo's."""
    if "path" in source:
        return source["path"]
    return f"resources/{kind}/{name}" if "hub" in source else out(f"demo_{kind}/{name}")


def model_folder(model):
    return folder("models", model, MODELS[model]["source"])


def dataset_folder(dataset):
    return folder("data", dataset, DATASETS[dataset]["source"])


def model_settings(model):
    """What `models.load` needs to know; the slice of the catalogue that changes what a model computes."""
    entry = MODELS[model]
    return {
        "dtype": entry["dtype"],
        "n_layers": entry["layers"],
        "implementation": entry["attention"],
    }


try:
    config = configuration.validated(config, schema("config"), "config")
    MODELS, DATASETS = catalogue("models"), catalogue("datasets")
    LANGUAGES = language_table.read_languages(ROOT / "config/languages.tsv")
    configuration.selected(config["models"], MODELS, "models", "config/models.yaml")
    configuration.selected(
        config["datasets"], DATASETS, "datasets", "config/datasets.yaml"
    )
    configuration.selected(
        [config["pivot"]], LANGUAGES, "pivot", "config/languages.tsv"
    )
    for name in config["models"]:
        conditions(name)
    for name in config["datasets"]:
        languages(name)
except CrosslensError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    model="[^/]+",
    dataset="[^/]+",
    language="[^/]+",
    layer=r"\d+",
