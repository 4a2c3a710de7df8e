"""Panels with a point per language: the change by steering against un-steered accuracy. Shared by three figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosslens.report.figures import conditions, style
from crosslens.sampling import DEVELOPMENT, TEST

INTERVAL = {"color": style.QUIET, "linewidth": 0.5, "alpha": 0.5, "zorder": 1.5}
LABELLED = 30  # up to this many languages, points are labelled with their tags


def data(
    steering_by_half: pa.Table,
    measure: str,
    gamma: float,
    layers: Mapping[str, Sequence[int]],
    scripts: Mapping[str, str],
) -> pa.Table:
    """Return, per language, un-steered accuracy (%) and the change of ``measure``, at ``gamma`` and ``layers``.

    The former is of the development half of the questions, the latter of the test half: of the same questions, what is
    low by chance would rise by chance. layers: the layers of each model. scripts: the script of each language.
    Languages whose measure is undefined are left out. The change's interval is over questions.
    """
    rows = conditions.at_layers(conditions.at_gamma(steering_by_half, gamma), layers)
    names = ["model", "dataset", "language", "layer", "gamma"]
    before = {
        tuple(row[name] for name in names): (row["n"], row["unsteered_accuracy"])
        for row in rows.filter(pc.field("half") == DEVELOPMENT).to_pylist()
    }
    after = rows.filter(pc.field("half") == TEST)
    found = [before.get(key, (0, None)) for key in zip(*(after[name].to_pylist() for name in names), strict=True)]
    n_development, unsteered = zip(*found, strict=True) if found else ((), ())
    unit = 100.0 if measure == "accuracy" else 1.0
    kept = after.select([*names, "n"])
    for name, values in {
        "script": pa.array([scripts[name] for name in after["language"].to_pylist()], pa.string()),
        "n_development": pa.array(n_development, pa.int32()),
        "unsteered_accuracy": pc.multiply(pa.array(unsteered, pa.float64()), 100.0),
        "change": pc.multiply(pc.subtract(after[measure], after[f"unsteered_{measure}"]), unit),
        **{f"change_{side}": pc.multiply(after[f"{measure}_change_{side}"], unit) for side in ("low", "high")},
    }.items():
        kept = kept.append_column(name, values)
    return kept.filter(pc.field("change").is_valid() & pc.field("unsteered_accuracy").is_valid())


@style.styled
def draw(table: pa.Table, label: str, titles: style.Titles) -> Figure:
    """Draw a row of panels per data set and a column per model and steered layer; colour and marker are the script.

    ``label`` is the label of the y axis, to which gamma is added.
    """
    if not len(table):
        return style.nothing("a half of the questions is empty")
    columns = pc.binary_join_element_wise(table["model"], table["layer"].cast(pa.string()), "\n")
    table = table.append_column("column", columns)
    looks = style.by_script(table["script"].to_pylist())
    rows = len(style.order(table, "dataset"))
    figure, axes = style.panels(rows, len(style.order(table, "column")), height=2.3, sharey="row")
    for dataset, _, panel, part in style.cells(table, "dataset", "column", axes):
        _scatter(panel, part, looks)
        note = f"layer {part['layer'][0]}, {style.counts(part, languages=len(part))}"
        style.title(panel, titles.panel(part["model"][0].as_py(), dataset), note)
        panel.set_xlabel("un-steered accuracy, %\n(development half)")
    for panel in axes[:, 0]:
        panel.set_ylabel(f"{label}\n(γ = {table['gamma'][0].as_py():g}, test half)")
    style.legend(figure, [style.point(script, *look) for script, look in looks.items()])
    return figure


def _scatter(axes: Axes, part: pa.Table, looks: Mapping[str, tuple[str, str]]) -> None:
    axes.axhline(0, color=style.QUIET, linewidth=0.8, zorder=1)
    x, y = part["unsteered_accuracy"].to_numpy(), part["change"].to_numpy()
    for side, *bounds in zip(x, part["change_low"].to_pylist(), part["change_high"].to_pylist(), strict=True):
        if None not in bounds:
            axes.plot([side, side], bounds, **INTERVAL)
    scripts = np.array(part["script"].to_pylist())
    for script, (color, marker) in looks.items():
        own = scripts == script
        axes.scatter(x[own], y[own], s=26, color=color, marker=marker, edgecolors="white", linewidths=0.4, zorder=2)
    if len(part) <= LABELLED:
        for language, *point in zip(part["language"].to_pylist(), x, y, strict=True):
            axes.annotate(language, point, (4, 3), textcoords="offset points", fontsize=7, color=style.QUIET)
    axes.margins(0.12)
