"""Similarity of hidden states to the pivot's by layer: CKA, within letters too, MEXA and margin. Not in the paper."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.report.figures import lines, style
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables.columns import Table

LOOKS = {
    "cka": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o", "label": "linear CKA (debiased)"},
    "cka_within_letters": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s", "label": "… within letters"},
    "mexa": {"color": style.PALETTE[2], "linestyle": "-.", "marker": "^", "label": "MEXA"},
    "margin": {"color": style.PALETTE[3], "linestyle": ":", "marker": "D", "label": "margin of cosines"},
}
PLOTTED = Table("figure_similarity_by_layer", BY_LAYER)


def data(similarity_means: pa.Table) -> pa.Table:
    """Return the means over the languages other than the pivot, with their intervals, per layer and measure."""
    shown = pc.is_in(pc.field("measure"), pa.array(list(LOOKS))) & pc.is_valid(pc.field("mean"))
    table = similarity_means.filter((pc.field("pairs") == "pivot") & shown)
    table = table.rename_columns(["series" if name == "measure" else name for name in table.column_names])
    return table.select([column.name for column in PLOTTED.columns])


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; 0 means that the two languages' states of a question are unrelated."""
    return lines.draw(table, LOOKS, f"similarity to {titles.pivot}", titles, {"at": 0, "label": "unrelated"})
