"""Rows of table "steered_metrics" at the conditions that a figure shows, which were checked at parse time."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc


def at_gamma(steered_metrics: pa.Table, gamma: float) -> pa.Table:
    """Return the rows of all layers that are steered with ``gamma``."""
    return steered_metrics.filter(pc.field("gamma") == pa.scalar(gamma, pa.float32()))


def at_layers(rows: pa.Table, layers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return the rows of each model's ``layers``."""
    parts = []
    for model in pc.unique(rows["model"]).to_pylist():
        chosen = pc.is_in(rows["layer"], pa.array(layers[model], pa.int16()))
        parts.append(rows.filter(pc.and_(pc.equal(rows["model"], model), chosen)))
    return pa.concat_tables(parts)
