"""Load a model's weights from its folder; what can go wrong with files and memory becomes an error with a remedy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from crosslens.engine.folder import short
from crosslens.errors import CrosslensError


def load_weights(
    folder: str | Path, dtype: str, implementation: str, spread: str | dict | None, fall_back: bool
) -> nn.Module:
    """Return the model, on the CPU or, if ``spread`` is a device map of accelerate, where that puts it.

    It gets eager attention if it has no sdpa and ``fall_back`` is true. Raises CrosslensError if it cannot be loaded,
    or if weights are missing. Running out of memory is left to `enough_memory`.
    """
    from transformers import AutoModelForCausalLM

    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            attn_implementation=implementation,
            output_loading_info=True,
            device_map=spread,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # refused below, by name
        )
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # damaged files and unknown classes raise errors of many types
        if _is_out_of_memory(error):
            raise
        if implementation != "eager" and "does not support an attention implementation" in str(error):
            return _without(implementation, folder, dtype, spread, fall_back)
        raise CrosslensError(
            f"{folder}: cannot be loaded as a causal language model: {short(error)}. Copy or download the folder "
            "again, or remove the model from 'models'."
        ) from error
    # transformers fills both with random numbers.
    if report["missing_keys"]:
        raise CrosslensError(
            f"{folder}: the weights lack {_few(sorted(report['missing_keys']))}. Copy or download the folder again."
        )
    if report["mismatched_keys"]:
        sizes = [f"{key} ({list(file)}, not {list(ours)})" for key, file, ours in sorted(report["mismatched_keys"])]
        raise CrosslensError(
            f"{folder}: the weights have other sizes than config.json says: {_few(sizes)}. Copy or download the folder "
            "again."
        )
    return model


def _few(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _without(
    implementation: str, folder: str | Path, dtype: str, spread: str | dict | None, fall_back: bool
) -> nn.Module:
    """Return the model with eager attention, because it has not the one that was tried."""
    if not fall_back:
        raise CrosslensError(
            f"{folder}: the model has no {implementation} attention. Set 'attention' to auto or eager in its entry in "
            "config/models.yaml."
        )
    print(f"{folder}: the model has no {implementation} attention; using eager attention", flush=True)
    return load_weights(folder, dtype, "eager", spread, fall_back=False)


@contextmanager
def enough_memory(folder: str | Path) -> Iterator[None]:
    """Raise CrosslensError if memory does not suffice for the weights, on the GPU or on the host."""
    try:
        yield
    except Exception as error:
        if not _is_out_of_memory(error):
            raise
        raise CrosslensError(
            f"{folder}: not enough memory for the weights: {short(error)}. Ask for a GPU with more memory ('gpu' in "
            "the model's entry), for several ('gpus') or a job with more memory, set 'dtype: bfloat16', or take a "
            "smaller model."
        ) from error


def _is_out_of_memory(error: BaseException) -> bool:
    """Return whether the GPU or the host ran out of memory; torch has no class of its own for the host."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError | OSError) and "allocate memory" in str(error)
