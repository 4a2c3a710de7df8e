"""Fig. 2a: log ratio of the native to the pivot choices by layer, and its shuffled-answer control."""

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.figures import average, lines, style

LOOKS = {
    "log_ratio": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o", "label": "log ratio"},
    "log_ratio_control": {
        "color": style.PALETTE[1],
        "linestyle": "--",
        "marker": "s",
        "label": "shuffled-answer control",
    },
}


def data(latent_metrics: pa.Table, pivot: str, level: float) -> pa.Table:
    """Mean over the languages other than the pivot, with a t-interval at ``level``, per layer and series."""
    others = average.without(latent_metrics, "language", pivot)
    return average.by_layer({name: (others, name) for name in LOOKS}, level)


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Panels model × data set; above zero the native choices are the more probable ones."""
    label = f"log p(native) / p({titles.pivot}), nats"
    return lines.draw(table, LOOKS, label, titles, {"at": 0, "label": "equally probable"})
