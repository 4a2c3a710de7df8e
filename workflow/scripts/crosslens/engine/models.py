"""Load a decoder-only language model from a Hugging Face folder and find its parts by their structure.

Any causal language model whose decoder stack has layers, a final norm and an unembedding is supported. Runs no forward
pass, except a few tokens to try flex_attention.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from crosslens import job
from crosslens.data import receipts
from crosslens.engine import attention, devices
from crosslens.engine.lens import Unembedding
from crosslens.errors import CrosslensError


@dataclass(frozen=True)
class Decoder:
    """A model and its parts. windows: per layer, how many positions back it attends (None: all)."""

    model: nn.Module
    stack: nn.Module
    layers: nn.ModuleList
    norm: nn.Module
    head: Unembedding
    windows: list[int | None]

    @property
    def dtype(self) -> torch.dtype:
        return self.head.weight.dtype

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    @property
    def implementation(self) -> str:
        """Return the attention implementation: sdpa, eager or flex_attention."""
        return self.stack.config._attn_implementation

    @property
    def multiple(self) -> int:
        """Return the number of tokens to a multiple of which batches are padded.

        It is above 1 for flex_attention only, which is compiled again for every new shape.
        """
        return attention.FLEX_BLOCK if self.implementation == "flex_attention" else 1

    def masks(self, positions: Tensor, ends: Tensor) -> list:
        """Return one attention mask per layer for packed rows; layers with the same window share one mask."""
        by_window = {
            window: attention.mask(positions, ends, window, self.implementation, self.dtype)
            for window in set(self.windows)
        }
        return [by_window[window] for window in self.windows]


def load(folder: str | Path, dtype: str, n_layers: int, implementation: str = "auto") -> tuple[Decoder, object]:
    """Return the model and its tokenizer from ``folder``, on the GPU if there is one; log how long each step took.

    dtype: a torch dtype's name. n_layers: the number of layers that the catalogue states. implementation: as in
    `attention.choose`. Weights stored in ``dtype`` are memory-mapped until they are copied to the GPU, so that the host
    holds no second copy. Raises CrosslensError if the folder lacks config, weights or tokenizer, or if the model is not
    supported.
    """
    _check_folder(Path(folder))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read once, when the hub's client is imported
    from transformers import AutoConfig, AutoModelForCausalLM

    imported = time.perf_counter()
    devices.take_one()
    config = AutoConfig.from_pretrained(folder)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    chosen = attention.choose(config, implementation, device.type)
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), attn_implementation=chosen, output_loading_info=True
        )
    except (ValueError, OSError, SafetensorError) as error:
        raise CrosslensError(
            f"{folder}: cannot be loaded as a causal language model: {error}. Copy or download the folder again."
        ) from error
    if report["missing_keys"]:
        # transformers would fill them with random numbers.
        raise CrosslensError(
            f"{folder}: the weights lack {', '.join(sorted(report['missing_keys']))}. "
            "Copy or download the folder again."
        )
    decoder = dissect(model.to(device).eval())
    if len(decoder.layers) != n_layers:
        raise CrosslensError(
            f"{folder}: the model has {len(decoder.layers)} layers, but config/models.yaml says {n_layers}. "
            "Correct the entry."
        )
    if implementation == "auto" and chosen == "flex_attention":
        try_flex_attention(decoder)
    done = time.perf_counter()
    print(
        f"imports took {imported - job.BEGAN:.1f} s, loading {folder} on {device} {done - imported:.1f} s; "
        f"attention: {decoder.implementation}",
        flush=True,
    )
    return decoder, load_tokenizer(folder)


def load_tokenizer(folder: str | Path):
    """Return the tokenizer exactly as it is in the folder's tokenizer.json.

    AutoTokenizer is not used because for some model types, among them Qwen 2, it keeps the file's vocabulary but
    silently replaces its normalization and splitting by those of the model family.
    """
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    # transformers drops add_bos_token if there is a tokenizer.json; `tokens` looks whether <bos> is there already.
    tokenizer.wants_bos = bool(_json(Path(folder) / "tokenizer_config.json").get("add_bos_token"))
    return tokenizer


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _check_folder(folder: Path) -> None:
    needed = {"config.json": "config.json", "weights": "*.safetensors", "tokenizer": "tokenizer.json"}
    for what, pattern in needed.items():
        if not any(folder.glob(pattern)):
            raise CrosslensError(
                f"{folder}: no {what} ({pattern}) in the model's folder. A complete Hugging Face folder with "
                "safetensors weights is needed; check the model's entry in config/models.yaml."
            )


@torch.inference_mode()
def try_flex_attention(decoder: Decoder) -> None:
    """Run a few tokens; if flex_attention cannot be compiled for this GPU, log why and switch to eager attention."""
    positions = torch.arange(attention.FLEX_BLOCK, device=decoder.device)[None]
    try:
        masks = decoder.masks(positions, torch.full_like(positions, attention.FLEX_BLOCK))
        with attention.masked_layers(decoder.layers, masks):
            decoder.stack(input_ids=positions * 0, position_ids=positions, attention_mask=masks[0], use_cache=False)
    except Exception as error:  # the compiler may raise anything
        print(f"flex_attention does not run on this device ({type(error).__name__}: {error}); using eager attention")
        decoder.model.set_attn_implementation("eager")


def dissect(model: nn.Module) -> Decoder:
    """Return the parts of a causal language model. Raises CrosslensError, naming what is missing, if it lacks one."""
    stack, unembedding = model.get_decoder(), model.get_output_embeddings()
    parts = {
        "a decoder stack with `layers`": getattr(stack, "layers", None),
        "a final `norm` in the decoder stack": getattr(stack, "norm", None),
        "an output embedding with a `weight`": getattr(unembedding, "weight", None),
    }
    missing = [what for what, part in parts.items() if part is None]
    if missing:
        raise CrosslensError(f"{type(model).__name__} is not supported: it lacks {', '.join(missing)}.")
    config = stack.config
    head = Unembedding(
        unembedding.weight.detach(), getattr(unembedding, "bias", None), _logit_scale(config), _softcap(config)
    )
    return Decoder(model, stack, stack.layers, stack.norm, head, attention.windows(config))


def describe(decoder: Decoder) -> dict:
    """Return the provenance of what the model computes: type, revision, device, dtype and attention implementation."""
    config = decoder.model.config
    cuda = decoder.device.type == "cuda"
    return {
        "model_type": config.model_type,
        "model_revision": downloaded_commit(config._name_or_path),
        "device": torch.cuda.get_device_name(decoder.device) if cuda else "cpu",
        "dtype": str(decoder.dtype).removeprefix("torch."),
        "attention": decoder.implementation,
    }


def downloaded_commit(folder: str | Path) -> str | None:
    """Return the hub's commit from the receipt beside the weights, or None if the folder was not downloaded."""
    receipt = receipts.read_receipt(Path(folder) / receipts.RECEIPT)
    return None if receipt is None else receipt["commit"]


def _softcap(config) -> float | None:
    return getattr(config, "final_logit_softcapping", None)


def _logit_scale(config) -> float:
    """Return the factor of the logits: Cohere multiplies them by one number, Granite divides them by another."""
    return getattr(config, "logit_scale", 1.0) / getattr(config, "logits_scaling", 1.0)
