"""Fig. 2b: accuracy of the latent ranking of native and of pivot choices by layer, and without the question."""

import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from crosslens.report.figures import lines, style
from crosslens.report.figures.plotted import BY_LAYER
from crosslens.tables import gather
from crosslens.tables.columns import FLOAT64, Column, Table

LOOKS = {
    "accuracy_native": {"color": style.PALETTE[0], "linestyle": "-", "marker": "o"},
    "accuracy_pivot": {"color": style.PALETTE[1], "linestyle": "--", "marker": "s"},
    "accuracy_native_control": {"color": style.PALETTE[3], "linestyle": ":", "marker": "o"},
    "accuracy_pivot_control": {"color": style.PALETTE[6], "linestyle": "-.", "marker": "s"},
}
CHANCE = Column("chance", FLOAT64, doc="accuracy of guessing, mean over questions of 1 / number of choices, %")
PLOTTED = Table("figure_latent_accuracy_by_layer", [*BY_LAYER, CHANCE])


def data(latent_means: pa.Table, questions: pa.Table) -> pa.Table:
    """Return the means (%) by layer and line, so far as they are defined.

    ``questions`` holds the pivot's questions of every data set; their numbers of choices give chance (%).
    """
    drawn = pc.is_in(pc.field("measure"), pa.array(list(LOOKS)))
    table = latent_means.filter(drawn & pc.is_valid(pc.field("mean")))
    names = ["series" if name == "measure" else name for name in table.column_names]
    table = table.rename_columns(names).select([column.name for column in BY_LAYER])
    for name in ("mean", "low", "high"):
        table = table.set_column(table.column_names.index(name), name, pc.multiply(table[name], 100.0))
    by_dataset = gather.chance(questions)
    return table.append_column("chance", pa.array([100 * by_dataset[name] for name in table["dataset"].to_pylist()]))


def draw(table: pa.Table, titles: style.Titles) -> Figure:
    """Draw a panel per model and data set; the dashed grey line is chance."""
    reference = {"at": "chance", "label": "chance"}
    return lines.draw(table, looks(titles), "latent accuracy, %", titles, reference)


def looks(titles: style.Titles) -> dict[str, dict]:
    """Return the properties of every series' line, with its label."""
    labels = {"accuracy_native": "native choices", "accuracy_pivot": f"{titles.pivot} choices"}
    labels |= {f"{name}_control": f"{label} after another question" for name, label in labels.items()}
    return {name: look | {"label": labels[name]} for name, look in LOOKS.items()}
