"""Rows of `steering_metrics` at the conditions that a figure shows. A condition that was not run is an error."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from crosslens import selection


def at_gamma(steering_metrics: pa.Table, figure: str, gamma: float) -> pa.Table:
    """The rows steered with ``gamma``, all layers. Raises CrosslensError where a model has none."""
    for model in pc.unique(steering_metrics["model"]).to_pylist():
        steered = steering_metrics.filter(pc.field("model") == model)["gamma"]
        selection.gamma(figure, gamma, model, pc.unique(steered).to_pylist())
    return steering_metrics.filter(pc.field("gamma") == pa.scalar(gamma, pa.float32()))


def at_layers(rows: pa.Table, figure: str, layers: str | Sequence[int] | Mapping[str, Sequence[int]]) -> pa.Table:
    """The rows of each model's layers as ``figures.<figure>.layers`` picks them from those in ``rows``.

    Raises CrosslensError where a picked layer was not steered.
    """
    parts = []
    for model in pc.unique(rows["model"]).to_pylist():
        own = rows.filter(pc.field("model") == model)
        chosen = selection.layers(figure, layers, model, pc.unique(own["layer"]).to_pylist())
        parts.append(own.filter(pc.is_in(own["layer"], pa.array(chosen, pa.int16()))))
    return pa.concat_tables(parts)
