"""What the report says about a run: its methods page's values, and a hash of the report's texts."""

import hashlib
from pathlib import Path

from crosslens.experiment.experiment import Experiment


def methods(experiment: Experiment) -> dict:
    """Return the values of the methods page that come from the config and the catalogues."""
    config = experiment.config
    return {
        "config": config,
        "pivot": experiment.known_languages[experiment.pivot]["name"],
        "models": {name: _model(experiment, name) for name in config["models"]},
        "datasets": {name: _dataset(experiment, name) for name in config["datasets"]},
    }


def _model(experiment: Experiment, name: str) -> dict:
    entry = experiment.models[name]
    return {
        **{key: entry[key] for key in ("title", "source", "layers")},
        "grid": experiment.layers(name),
        "lens": experiment.lens_layers(name),
        "correlated": experiment.correlation_layers(name),
        "conditions": experiment.conditions(name),
    }


def _dataset(experiment: Experiment, name: str) -> dict:
    entry = experiment.datasets[name]
    return {
        **{key: entry[key] for key in ("title", "source")},
        "languages": experiment.language_names(name),
    }


def text_hash(root: Path, pattern: str) -> str:
    """Return a hash of the files of workflow/report that match: editing a caption makes the report again, only that."""
    files = sorted((root / "workflow/report").glob(pattern))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
