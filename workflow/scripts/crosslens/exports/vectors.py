"""A language's steering vectors as safetensors, with all that is needed to use them in the metadata.

`lm_eval` and `llama_cpp` write the same vectors for other programs. Runs no model.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from safetensors.numpy import save_file

from crosslens.errors import CrosslensError
from crosslens.metrics.steering_selection import CHOSEN_BY
from crosslens.sampling import TEST
from crosslens.tables.files import copy_file, matrix

HOOK_POINT = "residual stream after block k, last prompt token"
FORMULA = "v = mean over questions of h(pivot) - h(language); the steered state is h + gamma v"


@dataclass(frozen=True)
class Vectors:
    """The steering vectors of one model, data set and language, by layer, and the condition that was chosen.

    metadata: names and texts, for all three formats.
    """

    by_layer: Mapping[int, Float[np.ndarray, " d_model"]]
    layer: int
    gamma: float
    metadata: Mapping[str, str]


def collect(vectors: pa.Table, selected: pa.Table, by_half: pa.Table, described: Mapping) -> Vectors:
    """Return what is exported of a language.

    vectors, selected, by_half: the tables "steering_vectors", "steering_selected" and "steering_by_half". described:
    further metadata, among them the language's tag as ``language``; values that are None are left out. The chosen layer
    and gamma are those of the greatest mean gain of accuracy on the development half; what is reported of them is
    measured on the test half. Raises CrosslensError as `chosen`.
    """
    row = chosen(selected)
    layers = vectors["layer"].to_pylist()
    by_layer = dict(zip(layers, matrix(vectors, "vector"), strict=True))
    norms = dict(zip(layers, vectors["norm"].to_pylist(), strict=True))
    where = {"layer": row["layer"], "gamma": row["gamma"]}
    used = {
        **where,
        "norm": norms[row["layer"]],
        "norms": json.dumps({str(layer): norm for layer, norm in norms.items()}),
        "questions_averaged_over": vectors["n_questions"][0].as_py(),
        "hook_point": HOOK_POINT,
        "formula": FORMULA,
    }
    gain = {
        "gain": row["mean"],
        "gain_low": row["low"],
        "gain_high": row["high"],
        "gain_is": f"of accuracy, mean over {row['n_languages']} languages, on the test half of the held-out questions",
        **_own_gain(by_half, described["language"], where),
    }
    metadata = {name: str(value) for name, value in {**described, **used, **gain}.items() if value is not None}
    return Vectors(by_layer, row["layer"], row["gamma"], metadata)


def chosen(selected: pa.Table) -> dict:
    """Return the row of accuracy from table "steering_selected". Raises CrosslensError if no condition was chosen."""
    row = next((row for row in selected.to_pylist() if row["measure"] == CHOSEN_BY), None)
    if row is None:
        raise CrosslensError(
            "no layer and gamma were chosen, because no gamma above 0 of the language's own vector has a gain in "
            "accuracy. Add some to 'steering.conditions', or leave the exported vectors out of the targets."
        )
    return row


def _own_gain(by_half: pa.Table, language: str, where: Mapping[str, int | float]) -> dict[str, float | None]:
    """Return the language's own accuracies on the test half, steered and not; nothing if it was not steered there."""
    wanted = {"half": TEST, "language": language, **where}
    for row in by_half.to_pylist():
        if {name: row[name] for name in wanted} == wanted:
            return {"language_accuracy": row["accuracy"], "language_accuracy_unsteered": row["unsteered_accuracy"]}
    return {}


def write_safetensors(path: str | Path, vectors: Vectors) -> None:
    """Write one float32 tensor per layer, ``layer_{k}`` of shape [d_model], and the metadata."""
    tensors = {f"layer_{layer}": np.ascontiguousarray(vector) for layer, vector in vectors.by_layer.items()}
    written(path, lambda temporary: save_file(tensors, temporary, dict(vectors.metadata)))


def written(path: str | Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file in a temporary folder, and put it at ``path`` atomically."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / Path(path).name
        write(temporary)
        copy_file(path, temporary)
