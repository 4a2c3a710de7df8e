"""A steering vector in the form that the steered models of lm-eval read: `lm_eval --model steered`.

lm-eval adds the vector at *all* positions, crosslens at the last prompt token only; after the last block this is the
same. Loads no weights.
"""

import os
from pathlib import Path

import numpy as np
import torch

from crosslens.engine import parts
from crosslens.errors import CrosslensError
from crosslens.exports.vectors import Vectors, written


def write_pt(path: str | Path, vectors: Vectors, module: str) -> None:
    """Write the vector of the chosen layer, with gamma as its coefficient; ``module`` is the layer's `module_name`.

    ``torch.load(path, weights_only=True)`` can read the file. lm-eval ignores its metadata.
    """
    entry = {
        "action": "add",
        "steering_vector": torch.from_numpy(np.array(vectors.by_layer[vectors.layer])),
        "steering_coefficient": vectors.gamma,
        "bias": None,
        "head_index": None,
        "crosslens": dict(vectors.metadata),
    }
    written(path, lambda temporary: torch.save({module: entry}, temporary))


def module_name(folder: str | Path, layer: int) -> str:
    """Return the name of decoder layer ``layer`` (1..L) of the model in ``folder``, where lm-eval looks for it.

    lm-eval looks among the modules of ``model.base_model``: "layers.11" for most types, "language_model.layers.11"
    beside an image encoder, "h.11" in GPT-2. The model is built from its config.json without weights.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read once, when the hub's client is imported
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    layers = parts.layers(parts.stack(model))
    names = [name for name, module in model.base_model.named_modules() if layers and module is layers[layer - 1]]
    if not names:
        raise CrosslensError(
            f"{folder}: lm-eval finds no decoder layers in {type(model.base_model).__name__}, so its file cannot be "
            "written. Leave the vectors of this model out of the targets."
        )
    return names[0]
