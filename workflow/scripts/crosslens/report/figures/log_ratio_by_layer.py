"""Fig. 2a: log ratio of native to pivot choices by layer, its shuffled-answer control, and their paired difference."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.report.figures import lines, style
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables.columns import Table

LOOKS = {
    "log_ratio": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o", "label": "log ratio"},
    "control": {
        "color": style.PALETTE[1],
        "linestyle": "--",
        "marker": "s",
        "label": "shuffled-answer control",
    },
    "corrected": {"color": style.PALETTE[2], "linestyle": ":", "marker": "^", "label": "difference"},
}
PLOTTED = Table("figure_log_ratio_by_layer", BY_LAYER)


def data(log_ratio_means: pa.Table) -> pa.Table:
    """Return the means (nats) of the paper's log ratio by layer and line, so far as they are defined."""
    of_paper = (pc.field("prompt") == "native") & (pc.field("normalisation") == "per_token")
    defined = log_ratio_means.filter(of_paper & pc.is_valid(pc.field("mean")))
    return defined.select([column.name for column in BY_LAYER])


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; above zero, the native choices are more probable than the pivot's."""
    label = f"log p(native) /\np({titles.pivot}), nats"
    return lines.draw(table, LOOKS, label, titles, {"at": 0, "label": "equally probable"})
