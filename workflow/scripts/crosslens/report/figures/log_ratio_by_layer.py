"""Fig. 2a: log ratio of native to pivot choices by layer, and its shuffled-answer control."""

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.report.figures import average, lines, style
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables.columns import Table

LOOKS = {
    "log_ratio": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o", "label": "log ratio"},
    "log_ratio_control": {
        "color": style.PALETTE[1],
        "linestyle": "--",
        "marker": "s",
        "label": "shuffled-answer control",
    },
}
PLOTTED = Table("figure_log_ratio_by_layer", BY_LAYER)


def data(latent_metrics: pa.Table, pivot: str, level: float) -> pa.Table:
    """Return means (nats) over the languages other than the pivot, with t-intervals at ``level``, by layer and line."""
    others = average.without(latent_metrics, "language", pivot)
    return average.by_layer({name: (others, name) for name in LOOKS}, level)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; above zero, the native choices are more probable than the pivot's."""
    label = f"log p(native) / p({titles.pivot}), nats"
    return lines.draw(table, LOOKS, label, titles, {"at": 0, "label": "equally probable"})
