"""What each figure shows when one explores it: its axes, series and what a reader picks.

The looks and labels of series are those of the static figures. A figure that is not here is shown as drawn.
"""

from collections.abc import Callable

from crosslens.report.figures import (
    gamma_sweep,
    latent_accuracy_by_layer,
    log_ratio_by_layer,
    log_ratio_by_prompt,
    similarity_across_models,
    similarity_by_layer,
    steering_across_layers,
    transfer_heatmap,
)
from crosslens.report.hover import heatmap, looks
from crosslens.report.hover.parts import Spec, plain

# What the lists are called from which a reader picks a column's value.
PICKED = {
    **{"measure": "Measure", "model": "Model", "dataset": "Data set", "layer": "Layer"},
    **{"normalisation": "Normalisation"},
}
# What values are called, of the columns of one figure.
VALUES = {
    "transfer_heatmap": {"measure": {name: text[1] for name, text in transfer_heatmap.MEASURES.items()}},
    "vector_similarity": {"measure": {"cosine": "cosine of steering vectors"}},
    "gamma_sweep": {"measure": {name: plain(text) for name, text in gamma_sweep.MEASURES.items()}},
    "log_ratio_by_prompt": {"normalisation": log_ratio_by_prompt.NORMALISATIONS},
}


def _by_language(change: str) -> Spec:
    return Spec(
        "points",
        "unsteered_accuracy",
        "change",
        ("un-steered accuracy, % (development half)", f"{change} (γ = {{gamma}}, test half)"),
        picked=("model", "dataset", "layer"),
        series=("script",),
        looks=looks.of_scripts,
        bounds=("change_low", "change_high"),
        reference=(0.0, "un-steered"),
    )


def _by_layer(label: str, series: Callable, **further) -> Spec:
    return Spec(
        "lines", "layer", "mean", (further.pop("axis", "layer"), label), looks=looks.of_series(series), **further
    )


SPECS = {
    "transfer_heatmap": Spec(
        "heatmap",
        "target",
        "source",
        ("target language", "source language"),
        picked=("measure", "model", "dataset"),
        prepare=heatmap.with_limits,
    ),
    "vector_similarity": Spec(
        "heatmap",
        "target",
        "source",
        ("language", "language"),
        picked=("model", "layer", "dataset"),
        prepare=heatmap.mirrored,
    ),
    "log_ratio_by_layer": _by_layer(
        "log p(native) / p({pivot}), nats", lambda *_: log_ratio_by_layer.LOOKS, reference=(0.0, "equally probable")
    ),
    "log_ratio_by_prompt": _by_layer(
        "log p(native) / p({pivot}), nats",
        lambda _, titles: log_ratio_by_prompt.looks(titles),
        picked=("normalisation", "model", "dataset"),
        reference=(0.0, "equally probable"),
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
        looks=looks.of_languages,
        prepare=looks.grouped,
    ),
    "similarity_by_layer": _by_layer(
        "similarity to {pivot}", lambda *_: similarity_by_layer.LOOKS, reference=(0.0, "unrelated")
    ),
    "similarity_across_models": Spec(
        "lines",
        "depth",
        "mean",
        ("layer / number of layers", "CKA within letters, to {pivot}"),
        picked=("dataset",),
        series=("model",),
        looks=looks.of_series(similarity_across_models.looks),
        reference=(0.0, ""),
    ),
    "gamma_sweep": Spec(
        "lines",
        "gamma",
        "mean",
        ("γ", "{measure}"),
        picked=("measure", "model", "dataset"),
        series=("vector", "layer"),
        looks=looks.of_sweep,
    ),
    "steering_accuracy_by_language": _by_language("Δ accuracy, points"),
    "steering_across_layers": _by_layer(
        "Δ accuracy, points", steering_across_layers.looks, reference=(0.0, "un-steered"), axis="steered layer"
    ),
    "steering_transfer_change": _by_language("Δ positive transfer from {pivot}"),
    "steering_consistency_change": _by_language("Δ consistency with {pivot}"),
    "steering_controls": Spec(
        "points",
        "mean",
        "condition",
        ("Δ accuracy, points (test half)", ""),
        series=("selected",),
        looks=looks.of_controls,
        along="x",
        reference=(0.0, "un-steered"),
        prepare=looks.with_conditions,
    ),
    "steering_size": Spec(
        "lines",
        "size",
        "mean",
        ("γ‖v‖ / ‖h‖", "Δ accuracy, points"),
        series=("layer",),
        looks=looks.of_depths,
        reference=(0.0, ""),
    ),
}
