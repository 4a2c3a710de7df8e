"""What each figure shows when one explores it: its axes, series and what a reader picks.

The looks and labels of series are those of the static figures. A figure that is not here is shown as drawn.
"""

from collections.abc import Callable

import matplotlib
import pyarrow as pa

from crosslens.report.figures import (
    conditions,
    gamma_sweep,
    latent_accuracy_by_layer,
    log_ratio_by_layer,
    log_ratio_by_prompt,
    pca,
    similarity_across_models,
    similarity_by_layer,
    steering_across_layers,
    steering_controls,
    steering_size,
    style,
    transfer_heatmap,
)
from crosslens.report.hover import heatmap
from crosslens.report.hover.parts import Look, Looks, LooksOfPanels, Spec, plain
from crosslens.tables.conditions import OWN

# What the lists are called from which a reader picks a column's value.
PICKED = {
    **{"measure": "Measure", "model": "Model", "dataset": "Data set", "layer": "Layer"},
    **{"normalisation": "Normalisation"},
}
# What values are called, of the columns of one figure.
VALUES = {
    "transfer_heatmap": {"measure": {name: text[1] for name, text in transfer_heatmap.MEASURES.items()}},
    "gamma_sweep": {"measure": {name: plain(text) for name, text in gamma_sweep.MEASURES.items()}},
    "log_ratio_by_prompt": {"normalisation": log_ratio_by_prompt.NORMALISATIONS},
}


def _of_series(looks: Callable[[pa.Table, style.Titles], dict]) -> LooksOfPanels:
    """Return the looks of a figure whose module gives matplotlib's properties by series."""
    return lambda table, titles: _alike({(name,): Look.of(look) for name, look in looks(table, titles).items()})


def _alike(looks: Looks) -> Callable[[pa.Table], Looks]:
    """Return the looks of panels that do not differ in them."""
    return lambda panel: looks


def _of_sweep(table: pa.Table, titles: style.Titles) -> Callable[[pa.Table], Looks]:
    def of_panel(panel: pa.Table) -> Looks:
        layers, found = gamma_sweep.looks(style.order(panel, "layer")), {}
        for vector in style.order(panel, "vector"):
            for layer, look in layers.items():
                name, dashed = f"layer {layer}", {}
                if vector != OWN:
                    name, dashed = f"{name}, {conditions.label(vector, titles)}", conditions.look(vector)
                found[vector, layer] = Look.of(look | dashed, name)
        return found

    return of_panel


def _of_depths(table: pa.Table, titles: style.Titles) -> Callable[[pa.Table], Looks]:
    def of_panel(panel: pa.Table) -> Looks:
        depths = dict(zip(*(panel[name].to_pylist() for name in ("layer", "depth")), strict=True))
        shades = {
            layer: matplotlib.colormaps["viridis"](steering_size.SHADES * depth) for layer, depth in depths.items()
        }
        return {
            (layer,): Look.of(
                {"color": shades[layer], "marker": style.MARKERS[i % len(style.MARKERS)]}, f"layer {layer}"
            )
            for i, layer in enumerate(sorted(depths))
        }

    return of_panel


def _of_scripts(table: pa.Table, titles: style.Titles) -> Callable[[pa.Table], Looks]:
    looks = style.by_script(table["script"].to_pylist())
    named = {(name,): Look.of({"color": color, "marker": marker}, name) for name, (color, marker) in looks.items()}
    return _alike(named)


def _of_languages(table: pa.Table, titles: style.Titles) -> Callable[[pa.Table], Looks]:
    """Return the looks of the groups: languages or, if they are too many for colours, scripts."""
    looks, scripts = pca.looks(table), dict(zip(*(table[c].to_pylist() for c in ("language", "script")), strict=True))
    many = len(looks) > pca.NAMED
    found = {(scripts[tag] if many else tag): look for tag, look in looks.items()}
    return _alike(
        {
            (name,): Look.of({"color": color, "marker": marker}, name if many else f"{name} ({scripts[name]})")
            for name, (color, marker) in found.items()
        }
    )


def _grouped(table: pa.Table, titles: style.Titles) -> pa.Table:
    many = len(style.order(table, "language")) > pca.NAMED
    return table.append_column("group", table["script" if many else "language"])


def _of_controls(table: pa.Table, titles: style.Titles) -> Callable[[pa.Table], Looks]:
    labels, looks = {True: "selected condition", False: "control"}, steering_controls.LOOKS
    return _alike({(selected,): Look.of(look, labels[selected]) for selected, look in looks.items()})


def _with_conditions(table: pa.Table, titles: style.Titles) -> pa.Table:
    """Add what is done in each row, and whether it is what was selected: the first row of its panel."""
    rows, seen, first = table.to_pylist(), set(), []
    for row in rows:
        panel = row["model"], row["dataset"]
        first.append(panel not in seen)
        seen.add(panel)
    names = pa.array([steering_controls.label(row, titles) for row in rows], pa.string())
    return table.append_column("condition", names).append_column("selected", pa.array(first, pa.bool_()))


def _by_language(change: str) -> Spec:
    return Spec(
        "points",
        "unsteered_accuracy",
        "change",
        ("un-steered accuracy, % (development half)", f"{change} (γ = {{gamma}}, test half)"),
        picked=("model", "dataset", "layer"),
        series=("script",),
        looks=_of_scripts,
        bounds=("change_low", "change_high"),
        reference=(0, "un-steered"),
    )


def _by_layer(label: str, looks: Callable, **further) -> Spec:
    return Spec("lines", "layer", "mean", (further.pop("axis", "layer"), label), looks=_of_series(looks), **further)


SPECS = {
    "transfer_heatmap": Spec(
        "heatmap",
        "target",
        "source",
        ("target language", "source language"),
        picked=("measure", "model", "dataset"),
        prepare=heatmap.with_limits,
    ),
    "log_ratio_by_layer": _by_layer(
        "log p(native) / p({pivot}), nats", lambda *_: log_ratio_by_layer.LOOKS, reference=(0, "equally probable")
    ),
    "log_ratio_by_prompt": _by_layer(
        "log p(native) / p({pivot}), nats",
        lambda _, titles: log_ratio_by_prompt.looks(titles),
        picked=("normalisation", "model", "dataset"),
        reference=(0, "equally probable"),
        shaded=("disagree", "measures disagree in sign"),
    ),
    "latent_accuracy_by_layer": _by_layer(
        "latent accuracy, %",
        lambda _, titles: latent_accuracy_by_layer.looks(titles),
        reference=("chance", "chance"),
    ),
    "pca": Spec(
        "points",
        "component_1",
        "component_2",
        ("PC 1 ({explained_1:.0%} of variance)", "PC 2 ({explained_2:.0%} of variance)"),
        picked=("model", "dataset", "layer"),
        series=("group",),
        looks=_of_languages,
        prepare=_grouped,
    ),
    "similarity_by_layer": _by_layer(
        "similarity to {pivot}", lambda *_: similarity_by_layer.LOOKS, reference=(0, "unrelated")
    ),
    "similarity_across_models": Spec(
        "lines",
        "depth",
        "mean",
        ("layer / number of layers", "CKA within letters, to {pivot}"),
        picked=("dataset",),
        series=("model",),
        looks=_of_series(similarity_across_models.looks),
        reference=(0, "nothing but letters in common"),
    ),
    "gamma_sweep": Spec(
        "lines",
        "gamma",
        "mean",
        ("γ", "{measure}"),
        picked=("measure", "model", "dataset"),
        series=("vector", "layer"),
        looks=_of_sweep,
    ),
    "steering_accuracy_by_language": _by_language("Δ accuracy, points"),
    "steering_across_layers": _by_layer(
        "Δ accuracy, points", steering_across_layers.looks, reference=(0, "un-steered"), axis="steered layer"
    ),
    "steering_transfer_change": _by_language("Δ positive transfer from {pivot}"),
    "steering_consistency_change": _by_language("Δ consistency with {pivot}"),
    "steering_controls": Spec(
        "points",
        "mean",
        "condition",
        ("Δ accuracy, points (test half)", ""),
        series=("selected",),
        looks=_of_controls,
        along="x",
        reference=(0, "un-steered"),
        prepare=_with_conditions,
    ),
    "steering_size": Spec(
        "lines",
        "size",
        "mean",
        ("γ‖v‖ / ‖h‖", "Δ accuracy, points"),
        series=("layer",),
        looks=_of_depths,
        reference=(0, "un-steered"),
    ),
}
