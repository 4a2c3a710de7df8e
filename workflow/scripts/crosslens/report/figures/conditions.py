"""Rows of table "steered_metrics" at the conditions that a figure shows, which were checked at parse time.

All figures are about the language's own vector, added; controls are not drawn.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from crosslens.tables.conditions import ADD, OWN


def at_gamma(steered_metrics: pa.Table, gamma: float) -> pa.Table:
    """Return the rows of all layers that are steered with ``gamma``."""
    return own(steered_metrics).filter(pc.field("gamma") == pa.scalar(gamma, pa.float32()))


def at_layers(rows: pa.Table, layers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return the rows of each model's ``layers``."""
    rows, parts = own(rows), []
    for model in pc.unique(rows["model"]).to_pylist():
        chosen = pc.is_in(rows["layer"], pa.array(layers[model], pa.int16()))
        parts.append(rows.filter(pc.and_(pc.equal(rows["model"], model), chosen)))
    return pa.concat_tables(parts)


def own(rows: pa.Table) -> pa.Table:
    """Return the rows in which the language's own vector is added."""
    return rows.filter((pc.field("vector") == OWN) & (pc.field("operation") == ADD))
