"""Fig. 2b: accuracy of the latent ranking by layer, of native and of pivot choices, against chance."""

import pyarrow as pa
from matplotlib.figure import Figure

from crosslens.figures import average, lines, style
from crosslens.gather import n_choices

LOOKS = {
    "accuracy_native": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o"},
    "accuracy_pivot": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s"},
}


def data(latent_metrics: pa.Table, questions: pa.Table, pivot: str, level: float) -> pa.Table:
    """Mean over the languages other than the pivot (%), with a t-interval at ``level``, per layer and series.

    ``questions`` holds the pivot's questions of every data set: the number of their choices gives chance (%).
    """
    others = average.without(latent_metrics, "language", pivot)
    table = average.percent(average.by_layer({name: (others, name) for name in LOOKS}, level), *average.BOUNDS)
    choices = n_choices(questions)
    return table.append_column("chance", pa.array([100 / choices[name] for name in table["dataset"].to_pylist()]))


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Panels model × data set; the dashed grey line is chance."""
    labels = {"accuracy_native": "native choices", "accuracy_pivot": f"{titles.pivot} choices"}
    looks = {name: look | {"label": labels[name]} for name, look in LOOKS.items()}
    return lines.draw(table, looks, "latent accuracy, %", titles, {"at": "chance", "label": "chance"})
