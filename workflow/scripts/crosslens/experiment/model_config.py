"""Read what a model's config.json says of it: layers, sizes and data type, and whether the engine can run it at all.

Looks into a model's folder, or into the hub's cache, without network and without importing transformers, because every
parse of the workflow does it. What the file does not tell is found out when the model is loaded.
"""

import importlib.util
import json
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from crosslens.engine import architecture
from crosslens.engine.architecture import text_part
from crosslens.errors import CrosslensError

# Sizes of an entry of config/models.yaml by the names that config.json files give them.
NAMES = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "d_model": ("hidden_size", "n_embd", "d_model", "dim"),
    "vocabulary": ("vocab_size", "n_vocab"),
}
DTYPES = ("float32", "bfloat16", "float16")


def find(source: Mapping[str, str], fetched: Path) -> Path | None:
    """Return the config.json of a model: the user's own, in the folder ``fetched``, or in the hub's cache; or None."""
    if "path" in source:
        return _existing(Path(source["path"]) / "config.json")
    if "hub" not in source:
        return None
    return _existing(fetched / "config.json") or _in_cache(source["hub"], source["revision"])


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _in_cache(repository: str, revision: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository, "config.json", revision=revision)
    return Path(found) if isinstance(found, str) else None


def read(path: Path) -> dict:
    """Return the JSON at ``path``. Raises CrosslensError if it is not a JSON object."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CrosslensError(f"{path}: is not readable as JSON ({error}). Copy or download the model again.") from None
    if not isinstance(config, dict):
        raise CrosslensError(f"{path}: holds no JSON object. Copy or download the model again.")
    return config


def sizes(config: Mapping, folder: Path) -> dict:
    """Return the keys of an entry of config/models.yaml that the config tells: layers, d_model, vocabulary, tied, ...

    ``folder`` is the config's own; headers of safetensors files there tell parameters and whether the unembedding is
    tied to the embedding.
    """
    text = text_part(config)
    told = {key: next((text[name] for name in names if name in text), None) for key, names in NAMES.items()}
    dtype = text.get("dtype") or text.get("torch_dtype") or config.get("dtype") or config.get("torch_dtype")
    told["dtype"] = dtype if dtype in DTYPES else None
    tensors = _tensors(folder)
    told["tied"] = not any("lm_head" in name for name in tensors) if tensors else text.get("tie_word_embeddings")
    told["parameters"] = sum(tensors.values()) / 1e9 if tensors else None
    return {key: value for key, value in told.items() if value is not None}


def _tensors(folder: Path) -> dict[str, int]:
    """Return the number of parameters of every tensor of the safetensors files, from their headers."""
    counted = {}
    for file in sorted(folder.glob("*.safetensors")):
        with open(file, "rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            try:
                header = json.loads(opened.read(length)) if length < 1 << 27 else {}
            except ValueError:
                return {}  # truncated weights are reported when they are loaded
        for name, tensor in header.items():
            if name != "__metadata__":
                counted[name] = _product(tensor["shape"])
    return counted


def _product(shape: list[int]) -> int:
    n = 1
    for size in shape:
        n *= size
    return n


def check_supported(config: Mapping, model: str, path: Path) -> None:
    """Raise CrosslensError, with the reason and a remedy, if the config shows that the engine cannot run the model."""
    refuse = f"model '{model}' cannot be run: {path} "
    if quantized := text_part(config).get("quantization_config"):
        method = quantized.get("quant_method", "unknown method") if isinstance(quantized, dict) else quantized
        raise CrosslensError(
            f"{refuse}says that its weights are quantized ({method}), but states and log-probabilities are computed "
            "from plain weights. Use the unquantized model."
        )
    _check_type(config, refuse)
    if why := architecture.why_refused(config):
        raise CrosslensError(f"{refuse}says that {why}. Take the model out of `models`.")


def _check_type(config: Mapping, refuse: str) -> None:
    """Raise CrosslensError for a type of model that transformers does not have itself."""
    kind, known = str(config.get("model_type")), _known_types()
    if "auto_map" in config and kind not in known:
        raise CrosslensError(
            f"{refuse}names Python code of its own (auto_map), which is never executed. Use a version of the model "
            "that transformers supports itself, often named '-hf'."
        )
    if known and "model_type" in config and kind not in known:
        raise CrosslensError(
            f"{refuse}says that its type is '{kind}', which the installed transformers does not know. Take another "
            "model, or a version of transformers that knows it (envs/model.yaml)."
        )


@cache
def _known_types() -> frozenset[str]:
    """Return the model types of the installed transformers; none if it is not installed where the workflow is parsed.

    They are in a file that imports nothing. Importing transformers itself would take seconds.
    """
    package = importlib.util.find_spec("transformers")
    file = Path(package.submodule_search_locations[0], "models/auto/auto_mappings.py") if package else None
    if file is None or not file.is_file():
        return frozenset()
    return frozenset(runpy.run_path(str(file))["CONFIG_MAPPING_NAMES"])


def why_plain(config: Mapping, wanted: str, where: str) -> str | None:
    """Return why rows of the model are plain, or None if they are packed, as far as the config tells.

    wanted: key `forward` of the model's entry; ``where`` is that key's place. Raises CrosslensError if packed rows are
    wanted of a model that would read them wrongly.
    """
    if wanted == "plain":
        return architecture.FORCED
    why = architecture.why_plain(config)
    if wanted == "packed" and why:
        raise CrosslensError(
            f"{where}: packed rows of the model would be read wrongly, because {why}. Leave the key out."
        )
    return why
