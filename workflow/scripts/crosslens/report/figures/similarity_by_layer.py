"""Similarity of hidden states to the pivot's by layer: debiased linear CKA and cosine. Not in the paper."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.report.figures import average, lines, style
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables.columns import Table

LOOKS = {
    "cka": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o", "label": "linear CKA (debiased)"},
    "cosine": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s", "label": "cosine"},
}
PLOTTED = Table("figure_similarity_by_layer", BY_LAYER)


def data(similarity: pa.Table, pivot: str, level: float) -> pa.Table:
    """Return means over the languages other than the pivot, with t-intervals at ``level``, per layer and measure.

    Both measures are symmetric: a pair counts once, in whichever direction the table has it.
    """
    forward = similarity.filter((pc.field("source") == pivot) & (pc.field("target") != pivot))
    backward = similarity.filter((pc.field("target") == pivot) & (pc.field("source") != pivot))
    pairs = forward if len(forward) else backward
    return average.by_layer({name: (pairs, name) for name in LOOKS}, level)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; 1 means equal up to rotation and scale (CKA) or in direction (cosine)."""
    return lines.draw(table, LOOKS, f"similarity to {titles.pivot}", titles, {"at": 1, "label": "identical"})
