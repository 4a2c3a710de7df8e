"""Load a decoder-only language model from a Hugging Face folder and find its parts by their structure.

Any causal language model whose decoder stack has layers, a final norm and an unembedding is supported, with packed rows
or with plain ones. Runs no forward pass, except a few tokens to try flex_attention.
"""

import inspect
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from crosslens import job
from crosslens.data import receipts
from crosslens.engine import architecture, attention, batches, devices, memory, parts, sharing
from crosslens.engine.folder import check_folder, read_json, short
from crosslens.engine.lens import Unembedding
from crosslens.engine.weights import enough_memory, load_weights
from crosslens.errors import CrosslensError


@dataclass(frozen=True)
class Decoder:
    """A model and its parts.

    windows: per layer, how many positions back it attends (None: all); empty if rows are plain. why_plain: why each
    row is plain (see `plain`), or None if rows are packed.
    """

    model: nn.Module
    stack: nn.Module
    layers: nn.ModuleList
    norm: nn.Module
    head: Unembedding
    windows: list[int | None]
    why_plain: str | None = None

    @property
    def dtype(self) -> torch.dtype:
        return self.head.weight.dtype

    @property
    def device(self) -> torch.device:
        """Return the device of the head, to which states go; a model on several GPUs moves its own inputs."""
        return self.head.weight.device

    @property
    def implementation(self) -> str:
        """Return the attention implementation: sdpa, eager or flex_attention."""
        return self.stack.config._attn_implementation

    @property
    def crossover(self) -> int:
        """Return `sharing.crossover_of` the width: prompts share rows accordingly."""
        in_blocks = self.implementation == "sdpa" and self.device.type == "cpu"
        return sharing.crossover_of(self.head.weight.shape[1], in_blocks)

    def batch_tokens(self, budget: int) -> int:
        """Return how many tokens a batch of several rows has at most: ``budget``, or fewer on a CPU, by its width."""
        if self.device.type != "cpu":
            return budget
        return min(budget, batches.CPU_ELEMENTS // self.head.weight.shape[1])

    @property
    def multiple(self) -> int:
        """Return the number of tokens to a multiple of which batches are padded.

        It is above 1 for flex_attention only, which is compiled again for every new shape.
        """
        return attention.FLEX_BLOCK if self.implementation == "flex_attention" else 1

    @property
    def grows(self) -> bool:
        """Return whether steering copies may join their rows late: flex_attention is compiled for every length."""
        return self.implementation != "flex_attention" and all(map(attention.takes_longer_rows, self.layers))

    def masks(self, positions: Tensor, places: Tensor, ends: Tensor) -> list:
        """Return one attention mask per layer for packed rows, on the layer's device.

        Layers with the same window on the same device share one mask.
        """
        by_window = {
            window: attention.mask(positions, places, ends, window, self.implementation, self.dtype)
            for window in set(self.windows)
        }
        places = [(window, _device(layer)) for window, layer in zip(self.windows, self.layers, strict=True)]
        by_place = {
            (window, device): by_window[window].to(device or positions.device) for window, device in set(places)
        }
        return [by_place[place] for place in places]

    def normed(self, states: Tensor) -> Tensor:
        """Return states after the final norm, which may be on another device, on the head's."""
        return self.norm(states).to(self.device)

    def forget_rows(self) -> None:
        """Reset what the model keeps of earlier rows: the frequencies of a dynamic rotary embedding."""
        for module in self.stack.modules():
            kinds = getattr(module, "rope_type", None)
            for layer, kind in kinds.items() if isinstance(kinds, dict) else [("", kinds)]:
                if kind == "dynamic":
                    prefix = f"{layer}_" if layer else ""
                    setattr(module, f"{prefix}max_seq_len_cached", module.original_max_seq_len)
                    setattr(module, f"{prefix}inv_freq", getattr(module, f"{prefix}original_inv_freq"))


def load(
    folder: str | Path,
    dtype: str,
    n_layers: int,
    implementation: str = "auto",
    forward: str = "auto",
    gpus: int = 1,
) -> Decoder:
    """Return the model from ``folder``, on the GPU if there is one; log how long each step took.

    dtype: a torch dtype's name. n_layers: the number of layers that the catalogue states. implementation: as in
    `attention.choose`. forward: as in `dissect`. gpus: the layers are spread over so many GPUs. Weights stored in
    ``dtype`` are memory-mapped until they are copied to the GPU, so that the host holds no second copy. Raises
    CrosslensError, naming the folder, the reason and what to do, if it lacks config, weights or tokenizer, if one of
    them cannot be read, if the model is not supported, or if memory or the number of GPUs does not suffice.
    """
    check_folder(Path(folder))
    _import_transformers()
    imported = time.perf_counter()
    devices.take(gpus)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        memory.keep_freed()
    config = _load_config(folder)
    with _named(folder):
        packed = forward != "plain" and architecture.why_plain(_text(config)) is None
        chosen = attention.choose(config, implementation, device.type, packed)
    with enough_memory(folder):
        spread = _device_map(gpus, device)
        model = load_weights(folder, dtype, chosen, spread, fall_back=implementation == "auto").eval()
        model = model if spread else model.to(device)
    with _named(folder):
        decoder = dissect(model, forward)
    if len(decoder.layers) != n_layers:
        raise CrosslensError(
            f"{folder}: the model has {len(decoder.layers)} layers, but config/models.yaml says {n_layers}. "
            "Correct the entry."
        )
    if implementation == "auto" and decoder.implementation == "flex_attention":
        try_flex_attention(decoder)
    done = time.perf_counter()
    print(
        f"imports took {imported - job.BEGAN:.1f} s, loading {folder} on {_device_names(decoder)} "
        f"{done - imported:.1f} s; attention: {decoder.implementation}; forward: {_forward(decoder)}",
        flush=True,
    )
    return decoder


def _device_map(gpus: int, device: torch.device) -> str | None:
    """Return accelerate's name for layers that are spread evenly over the GPUs; None if all are on one device."""
    return "balanced" if gpus > 1 and device.type == "cuda" else None


def _import_transformers():
    """Return transformers, which never asks the hub: a folder is complete, or an error."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read once, when the hub's client is imported
    import transformers

    return transformers


def _load_config(folder: str | Path):
    """Return the config. Raises CrosslensError if it cannot be read, or for a model that would run other code."""
    from transformers import AutoConfig

    raw = read_json(Path(folder) / "config.json")
    text = raw.get("text_config")
    nested = text.get("quantization_config") if isinstance(text, dict) else None
    if quantization := raw.get("quantization_config") or nested:
        method = quantization.get("quant_method", "unknown method") if isinstance(quantization, dict) else quantization
        raise CrosslensError(
            f"{folder}: the weights are quantized ({method}); states and log-probabilities would be those of the "
            "approximation. Take the repository with the unquantized weights (bfloat16, float16 or float32)."
        )
    try:
        # False, and not left out: transformers would ask on standard input.
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # config classes raise errors of many types
        raise CrosslensError(f"{folder}: {_why_no_config(raw, error)}") from error
    if why := architecture.why_refused(config.to_dict()):
        raise CrosslensError(f"{folder}: {why}. Remove the model from 'models'.")
    return config


def _text(config) -> dict:
    """Return the config of the text model as a dictionary."""
    return config.get_text_config(decoder=True).to_dict()


def _why_no_config(raw: dict, error: Exception) -> str:
    from transformers import CONFIG_MAPPING, __version__

    kind = raw.get("model_type")
    if kind in CONFIG_MAPPING:
        return f"config.json cannot be read: {short(error)}. Copy or download the folder again."
    if "auto_map" in raw:
        return (
            f"the model (type '{kind}') needs code of its own (auto_map in config.json), which is not run. Take a "
            f"model that transformers {__version__} has itself, or a version of this model in such a format."
        )
    return (
        f"transformers {__version__} does not know model type '{kind}'. Take another model, or a version of "
        "transformers that knows it (envs/model.yaml)."
    )


@contextmanager
def _named(folder: str | Path) -> Iterator[None]:
    """Put the folder before the message of a CrosslensError, and the remedy for an unsupported model after it."""
    try:
        yield
    except CrosslensError as error:
        raise CrosslensError(f"{folder}: {error} Otherwise remove the model from 'models'.") from error


def load_tokenizer(folder: str | Path):
    """Return the tokenizer exactly as it is in the folder's tokenizer.json.

    AutoTokenizer is not used because for some model types, among them Qwen 2, it keeps the file's vocabulary but
    silently replaces its normalization and splitting by those of the model family. Raises CrosslensError if the file
    is not there or cannot be read.
    """
    check_folder(Path(folder), ["tokenizer"])
    settings = read_json(Path(folder) / "tokenizer_config.json")
    try:
        tokenizer = _import_transformers().PreTrainedTokenizerFast.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises plain Exceptions
        raise CrosslensError(
            f"{folder}: the tokenizer cannot be read: {short(error)}. Copy or download tokenizer.json and "
            "tokenizer_config.json again."
        ) from error
    # transformers drops add_bos_token if there is a tokenizer.json; `tokens` looks whether <bos> is there already.
    tokenizer.wants_bos = bool(settings.get("add_bos_token"))
    return tokenizer


@torch.inference_mode()
def try_flex_attention(decoder: Decoder) -> None:
    """Run a few tokens; if flex_attention cannot be compiled for this GPU, log why and switch to eager attention."""
    positions = torch.arange(attention.FLEX_BLOCK, device=decoder.device)[None]
    try:
        masks = decoder.masks(positions, positions, torch.full_like(positions, attention.FLEX_BLOCK))
        with attention.masked_layers(decoder.layers, masks):
            decoder.stack(input_ids=positions * 0, position_ids=positions, attention_mask=masks[0], use_cache=False)
    except Exception as error:  # the compiler may raise anything
        print(f"flex_attention does not run on this device ({type(error).__name__}: {error}); using eager attention")
        decoder.model.set_attn_implementation("eager")


def dissect(model: nn.Module, forward: str = "auto") -> Decoder:
    """Return the parts of a causal language model.

    forward: "packed" or "plain" rows; "auto" means packed ones for models that allow them. Raises CrosslensError,
    naming what is missing, if the model lacks a part, and if "packed" is asked of a model that does not allow it.
    """
    if why := architecture.why_refused(model.config.to_dict()):
        raise CrosslensError(f"{type(model).__name__} is not supported: {why}.")
    stack = parts.stack(model)
    layers, head = parts.layers(stack), parts.unembedding(model, stack.config)
    norm = None if layers is None else parts.final_norm(stack, layers)
    needed = {
        "a decoder stack with layers": layers,
        "a final norm in the decoder stack": norm,
        "an output embedding with a `weight`": head,
    }
    missing = [what for what, part in needed.items() if part is None]
    if missing:
        raise CrosslensError(f"{type(model).__name__} is not supported: it lacks {', '.join(missing)}.")
    if head.weight.is_meta:
        raise CrosslensError("the GPUs have no room for the unembedding. Ask for more of them ('gpus' in the entry).")
    why_plain = _why_plain(stack, layers, forward)
    return Decoder(model, stack, layers, norm, head, [] if why_plain else attention.windows(stack.config), why_plain)


def _why_plain(stack: nn.Module, layers: nn.ModuleList, forward: str) -> str | None:
    """Return why rows of the model are plain, from its config and from what its modules can be given, or None."""
    if forward == "plain":
        return architecture.FORCED
    why = architecture.why_plain(stack.config.to_dict())
    if forward == "packed" and why:
        raise CrosslensError(f"packed rows of the model would be read wrongly, because {why}. Leave out 'forward'.")
    if forward == "packed" or why:
        return why
    if "position_ids" not in inspect.signature(stack.forward).parameters:
        return f"{type(stack).__name__} cannot be told the positions of tokens"
    if not all(map(attention.takes_mask, layers)):
        return f"a layer of {type(stack).__name__} takes no attention mask"
    return None


def describe(decoder: Decoder) -> dict:
    """Return the provenance of what the model computes: type, revision, device, dtype and attention implementation."""
    config = decoder.model.config
    return {
        "model_type": config.model_type,
        "model_revision": downloaded_commit(config._name_or_path),
        "device": _device_names(decoder),
        "dtype": str(decoder.dtype).removeprefix("torch."),
        "attention": decoder.implementation,
        "forward": _forward(decoder),
    }


def _forward(decoder: Decoder) -> str:
    return "packed rows" if decoder.why_plain is None else f"plain rows, because {decoder.why_plain}"


def _device_names(decoder: Decoder) -> str:
    """Return the names of all devices that hold weights."""
    spread = getattr(decoder.model, "hf_device_map", None)
    places = sorted(set(spread.values()), key=str) if spread else [decoder.device]
    return devices.names([f"cuda:{place}" if isinstance(place, int) else str(place) for place in places])


def _device(layer: nn.Module) -> torch.device | None:
    """Return where a layer computes, or None if accelerate brings its weights when it is called."""
    parameter = next(layer.parameters(), None)
    return None if parameter is None or parameter.is_meta else parameter.device


def downloaded_commit(folder: str | Path) -> str | None:
    """Return the hub's commit from the receipt beside the weights, or None if the folder was not downloaded."""
    receipt = receipts.read_receipt(Path(folder) / receipts.RECEIPT)
    return None if receipt is None else receipt["commit"]
