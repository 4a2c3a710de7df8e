"""Fig. 2b: accuracy of the latent ranking of native and of pivot choices by layer, against chance."""

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.report.figures import average, lines, style
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables import gather
from crosslens.tables.columns import FLOAT64, Column, Table

LOOKS = {
    "accuracy_native": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o"},
    "accuracy_pivot": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s"},
}
CHANCE = Column("chance", FLOAT64, doc="accuracy of guessing, mean over questions of 1 / number of choices, %")
PLOTTED = Table("figure_latent_accuracy_by_layer", [*BY_LAYER, CHANCE])


def data(latent_metrics: pa.Table, questions: pa.Table, pivot: str, level: float) -> pa.Table:
    """Return means (%) over the languages other than the pivot, with t-intervals at ``level``, per layer and series.

    ``questions`` holds the pivot's questions of every data set; their numbers of choices give chance (%).
    """
    others = average.without(latent_metrics, "language", pivot)
    table = average.percent(average.by_layer({name: (others, name) for name in LOOKS}, level), *average.BOUNDS)
    by_dataset = gather.chance(questions)
    return table.append_column("chance", pa.array([100 * by_dataset[name] for name in table["dataset"].to_pylist()]))


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; the dashed grey line is chance."""
    labels = {"accuracy_native": "native choices", "accuracy_pivot": f"{titles.pivot} choices"}
    looks = {name: look | {"label": labels[name]} for name, look in LOOKS.items()}
    return lines.draw(table, looks, "latent accuracy, %", titles, {"at": "chance", "label": "chance"})
