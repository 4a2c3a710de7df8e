"""Panels with a point per language: the change by steering against un-steered accuracy. Shared by three figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosslens.report.figures import conditions, languages, style
from crosslens.sampling import DEVELOPMENT, TEST

INTERVAL = {"color": style.QUIET, "linewidth": 0.5, "alpha": 0.5, "zorder": 1.5}
LABELLED = 9  # up to this many languages, all points are labelled; with more, some that stand out


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

    Of many languages, those with the largest and smallest changes and the highest accuracy have names. ``label`` is the
    label of the y axis, to which gamma is added.
    """
    if not len(table):
        return style.nothing("a half of the questions is empty")
    columns = pc.binary_join_element_wise(table["model"], table["layer"].cast(pa.string()), "\n")
    table = table.append_column("column", columns)
    looks = languages.looks_of_scripts(
        dict(zip(*(table[name].to_pylist() for name in ("language", "script")), strict=True))
    )
    rows = len(style.order(table, "dataset"))
    figure, axes = style.panels(rows, len(style.order(table, "column")), height=2.4, sharey="row")
    cells = style.cells(table, "dataset", "column", axes)
    for dataset, _, panel, part in cells:
        _scatter(panel, part, looks)
        note = f"layer {part['layer'][0]}, {style.counts(part, languages=len(part))}"
        style.title(panel, titles.panel(part["model"][0].as_py(), dataset), note)
        panel.set_xlabel("un-steered accuracy, %\n(development half)")
    style.label_y(axes, f"{label}\n(γ = {table['gamma'][0].as_py():g}, test half)")
    style.legend(figure, languages.script_handles(looks))
    style.settle(figure)
    for _, _, panel, part in cells:
        _label(panel, part, titles)
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
        axes.scatter(x[own], y[own], s=15, color=color, marker=marker, edgecolors="white", linewidths=0.3, zorder=3)
    axes.margins(0.12, 0.15)


def _label(axes: Axes, part: pa.Table, titles: style.Titles) -> None:
    x, y = part["unsteered_accuracy"].to_numpy(), part["change"].to_numpy()
    names = [titles.languages.get(tag, tag) for tag in part["language"].to_pylist()]
    chosen = range(len(part)) if len(part) <= LABELLED else languages.extremes(y, [int(x.argmax())])
    languages.label(axes, names, x, y, chosen)
