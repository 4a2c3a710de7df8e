"""Panels with a point per language: the change by steering against un-steered accuracy. Shared by three figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosslens.report.figures import conditions, style

LABELLED = 30  # up to this many languages, points are labelled with their tags


def data(
    steered_metrics: pa.Table,
    measure: str,
    gamma: float,
    layers: Mapping[str, Sequence[int]],
    scripts: Mapping[str, str],
) -> pa.Table:
    """Return, per language, un-steered accuracy (%) and the change of ``measure``, at ``gamma`` and ``layers``.

    layers: the layers of each model. scripts: the script of each language. Languages whose measure is undefined are
    left out.
    """
    rows = conditions.at_layers(conditions.at_gamma(steered_metrics, gamma), layers)
    change = pc.subtract(rows[measure], rows[f"unsteered_{measure}"])
    kept = rows.select(["model", "dataset", "language", "layer", "gamma", "n"])
    kept = kept.append_column("script", pa.array([scripts[name] for name in rows["language"].to_pylist()], pa.string()))
    kept = kept.append_column("unsteered_accuracy", pc.multiply(rows["unsteered_accuracy"], 100.0))
    return kept.append_column("change", change).filter(pc.is_valid(change))


@style.styled
def draw(table: pa.Table, label: str, titles: style.Titles) -> Figure:
    """Draw a row of panels per data set and a column per model and steered layer; colour and marker are the script.

    ``label`` is the label of the y axis, to which gamma is added.
    """
    columns = pc.binary_join_element_wise(table["model"], table["layer"].cast(pa.string()), "\n")
    table = table.append_column("column", columns)
    looks = style.by_script(table["script"].to_pylist())
    rows = len(style.order(table, "dataset"))
    figure, axes = style.panels(rows, len(style.order(table, "column")), height=2.3, sharey="row")
    for dataset, _, panel, part in style.cells(table, "dataset", "column", axes):
        _scatter(panel, part, looks)
        note = f"layer {part['layer'][0]}, {style.counts(part, languages=len(part))}"
        style.title(panel, titles.panel(part["model"][0].as_py(), dataset), note)
        panel.set_xlabel("un-steered accuracy, %")
    for panel in axes[:, 0]:
        panel.set_ylabel(f"{label}\n(γ = {table['gamma'][0].as_py():g})")
    style.legend(figure, [style.point(script, *look) for script, look in looks.items()])
    return figure


def _scatter(axes: Axes, part: pa.Table, looks: Mapping[str, tuple[str, str]]) -> None:
    axes.axhline(0, color=style.QUIET, linewidth=0.8, zorder=1)
    x, y = part["unsteered_accuracy"].to_numpy(), part["change"].to_numpy()
    scripts = np.array(part["script"].to_pylist())
    for script, (color, marker) in looks.items():
        own = scripts == script
        axes.scatter(x[own], y[own], s=26, color=color, marker=marker, edgecolors="white", linewidths=0.4, zorder=2)
    if len(part) <= LABELLED:
        for language, *point in zip(part["language"].to_pylist(), x, y, strict=True):
            axes.annotate(language, point, (4, 3), textcoords="offset points", fontsize=7, color=style.QUIET)
    axes.margins(0.12)
