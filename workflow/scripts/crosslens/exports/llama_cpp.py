"""Steering vectors as a control vector for llama.cpp, a GGUF file: `llama-cli --control-vector-scaled`.

llama.cpp counts blocks from 0 and adds ``direction.{i}`` after its block i, the (i + 1)-th, so layer k of crosslens is
its ``direction.{k - 1}``. It has no direction for its block 0, and it adds at *all* positions. (Its sources:
common_control_vector_load_one in common/common.cpp, llama_adapter_cvec in src/llama-adapter.cpp.)
"""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter

from crosslens.exports.vectors import Vectors, written

ARCHITECTURE = "controlvector"


def write_gguf(path: str | Path, vectors: Vectors) -> None:
    """Write one float32 tensor per layer from 2 on, ``direction.{k - 1}`` of shape [d_model], and the metadata.

    The vectors are not multiplied by gamma. The key ``crosslens.options`` has llama.cpp's options for the
    chosen layer and gamma.
    """
    written(path, lambda temporary: _write(temporary, vectors))


def options(vectors: Vectors, name: str) -> str:
    """Return llama.cpp's options for the chosen layer and gamma; an explanation if it has none for the layer."""
    block = vectors.layer - 1
    if block == 0:
        return "none: llama.cpp adds no vector after the first block"
    return f"--control-vector-scaled {name}:{vectors.gamma:g} --control-vector-layer-range {block} {block}"


def _write(path: Path, vectors: Vectors) -> None:
    directions = {layer - 1: vector for layer, vector in vectors.by_layer.items() if layer > 1}
    writer = GGUFWriter(path, ARCHITECTURE)
    writer.add_string(f"{ARCHITECTURE}.model_hint", vectors.metadata.get("model_type", ""))
    writer.add_uint32(f"{ARCHITECTURE}.layer_count", len(directions))
    for name, value in {**vectors.metadata, "options": options(vectors, path.name)}.items():
        writer.add_string(f"crosslens.{name}", value)
    for block, vector in directions.items():
        writer.add_tensor(f"direction.{block}", np.ascontiguousarray(vector, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
