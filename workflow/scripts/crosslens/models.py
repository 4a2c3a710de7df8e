"""Loads a decoder-only language model from a Hugging Face folder and finds its parts by structure.

Any causal language model fits whose decoder stack has layers, a final norm and an unembedding. Runs no forward pass.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from crosslens import attention, devices, fetched, logs
from crosslens.errors import CrosslensError
from crosslens.lens import Unembedding


@dataclass(frozen=True)
class Decoder:
    """A model's parts. windows: per layer, how many positions it sees back (None: all)."""

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
        """The attention implementation: sdpa, eager or flex_attention."""
        return self.stack.config._attn_implementation

    @property
    def multiple(self) -> int:
        """Batches are padded to a multiple of so many tokens: flex_attention is compiled anew for every shape."""
        return attention.FLEX_BLOCK if self.implementation == "flex_attention" else 1

    def masks(self, positions: Tensor, ends: Tensor) -> list:
        """One attention mask a layer for packed rows; layers with the same window share theirs."""
        made = {
            window: attention.mask(positions, ends, window, self.implementation, self.dtype)
            for window in set(self.windows)
        }
        return [made[window] for window in self.windows]


def load(folder: str | Path, dtype: str, n_layers: int, implementation: str = "auto") -> tuple[Decoder, object]:
    """The model and its tokenizer from ``folder``, on the GPU where there is one; logs what the time went into.

    dtype: a torch dtype's name. n_layers: what the catalogue says. implementation: as in `attention.choose`. Weights
    stored in ``dtype`` are mapped, not read, until they are copied to the GPU: the host holds no second copy.
    Raises CrosslensError for a folder without config, weights or tokenizer, and for a model that does not fit.
    """
    _check_folder(Path(folder))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the hub's client is imported
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
            f"{folder}: cannot be loaded as a causal language model: {error}. Copy or fetch the folder again."
        ) from error
    if report["missing_keys"]:
        # They would be filled with random numbers.
        raise CrosslensError(
            f"{folder}: the weights lack {', '.join(sorted(report['missing_keys']))}. Fetch the folder again."
        )
    decoder = dissect(model.to(device).eval())
    if len(decoder.layers) != n_layers:
        raise CrosslensError(
            f"{folder}: the model has {len(decoder.layers)} layers, config/models.yaml says {n_layers}. "
            "Correct the entry."
        )
    if implementation == "auto" and chosen == "flex_attention":
        try_flex_attention(decoder)
    done = time.perf_counter()
    print(
        f"imports {imported - logs.BEGAN:.1f} s, loading {folder} on {device} {done - imported:.1f} s; "
        f"attention: {decoder.implementation}",
        flush=True,
    )
    return decoder, load_tokenizer(folder)


def load_tokenizer(folder: str | Path):
    """The tokenizer exactly as the folder's tokenizer.json has it.

    Not through AutoTokenizer: for some model types, Qwen 2 among them, that keeps the vocabulary of the file but puts
    the family's own normalization and splitting in place of the file's, without a word.
    """
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(folder)


def _check_folder(folder: Path) -> None:
    wanted = {"config.json": "config.json", "weights": "*.safetensors", "tokenizer": "tokenizer.json"}
    for what, pattern in wanted.items():
        if not any(folder.glob(pattern)):
            raise CrosslensError(
                f"{folder}: no {what} ({pattern}) in the model's folder. A complete Hugging Face folder with "
                "safetensors weights is needed; check the model's entry in config/models.yaml."
            )


@torch.inference_mode()
def try_flex_attention(decoder: Decoder) -> None:
    """Run a few tokens; where flex_attention cannot be compiled for this GPU, say why and take eager instead."""
    positions = torch.arange(attention.FLEX_BLOCK, device=decoder.device)[None]
    try:
        masks = decoder.masks(positions, torch.full_like(positions, attention.FLEX_BLOCK))
        with attention.masked_layers(decoder.layers, masks):
            decoder.stack(input_ids=positions * 0, position_ids=positions, attention_mask=masks[0], use_cache=False)
    except Exception as error:  # whatever the compiler raises
        print(f"flex_attention does not run here ({type(error).__name__}: {error}); using eager attention")
        decoder.model.set_attn_implementation("eager")


def dissect(model: nn.Module) -> Decoder:
    """Find a causal language model's parts; raises CrosslensError naming what is missing."""
    stack, unembedding = model.get_decoder(), model.get_output_embeddings()
    found = {
        "a decoder stack with `layers`": getattr(stack, "layers", None),
        "a final `norm` in the decoder stack": getattr(stack, "norm", None),
        "an output embedding with a `weight`": getattr(unembedding, "weight", None),
    }
    missing = [what for what, part in found.items() if part is None]
    if missing:
        raise CrosslensError(f"{type(model).__name__} cannot be used: it lacks {', '.join(missing)}.")
    config = stack.config
    head = Unembedding(
        unembedding.weight.detach(), getattr(unembedding, "bias", None), _logit_scale(config), _softcap(config)
    )
    return Decoder(model, stack, stack.layers, stack.norm, head, attention.windows(config))


def describe(decoder: Decoder) -> dict:
    """Provenance of whatever the model computed: its type, revision, device, dtype and attention implementation."""
    config = decoder.model.config
    cuda = decoder.device.type == "cuda"
    return {
        "model_type": config.model_type,
        "model_revision": fetched_commit(config._name_or_path),
        "device": torch.cuda.get_device_name(decoder.device) if cuda else "cpu",
        "dtype": str(decoder.dtype).removeprefix("torch."),
        "attention": decoder.implementation,
    }


def fetched_commit(folder: str | Path) -> str | None:
    """The hub's commit that `fetching` recorded beside the weights; None for a folder that was not fetched."""
    record = fetched.read_record(Path(folder) / fetched.RECORD)
    return None if record is None else record["commit"]


def _softcap(config) -> float | None:
    return getattr(config, "final_logit_softcapping", None)


def _logit_scale(config) -> float:
    """Cohere multiplies its logits, Granite divides them."""
    return getattr(config, "logit_scale", 1.0) / getattr(config, "logits_scaling", 1.0)
