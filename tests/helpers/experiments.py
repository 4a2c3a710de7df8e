"""Experiments of the repository's own config, with changes, as Snakemake would merge them."""

import copy

import yaml
from crosslens.experiment.experiment import Experiment
from snakemake.utils import update_config
from workflow_runs import ROOT


def experiment(*overlays: dict | str) -> Experiment:
    """Return the embedded default under ``overlays``: mappings, or names of files of config/."""
    config = _file("config")
    for overlay in overlays:
        update_config(config, copy.deepcopy(overlay) if isinstance(overlay, dict) else _file(overlay))
    return Experiment.load(config, [ROOT / "config/config.yaml"], ROOT)


def _file(name: str) -> dict:
    return yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))
