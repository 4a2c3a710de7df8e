"""Similarity of each language's hidden states to the pivot's by layer: linear CKA and cosine. Not in the paper."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.figures import average, lines, style

LOOKS = {
    "cka": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o", "label": "linear CKA (debiased)"},
    "cosine": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s", "label": "cosine"},
}


def data(similarity: pa.Table, pivot: str, level: float) -> pa.Table:
    """Mean over the languages other than the pivot, with a t-interval at ``level``, per layer and measure.

    Both measures are symmetric: a pair counts once, whichever way round the table has it.
    """
    forward = similarity.filter((pc.field("source") == pivot) & (pc.field("target") != pivot))
    backward = similarity.filter((pc.field("target") == pivot) & (pc.field("source") != pivot))
    pairs = forward if len(forward) else backward
    return average.by_layer({name: (pairs, name) for name in LOOKS}, level)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Panels model × data set; 1 means equal up to rotation and scale (CKA) or in direction (cosine)."""
    return lines.draw(table, LOOKS, f"similarity to {titles.pivot}", titles, {"at": 1, "label": "identical"})
