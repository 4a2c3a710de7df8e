"""The tables of metrics of a made-up model, computed and written as the workflow's scripts do, for claims to read."""

from pathlib import Path

import pyarrow as pa
from crosslens.metrics import (
    latent_layer,
    latent_thirds,
    output,
    question_means,
    similarity,
    steered,
    steering_gains,
    steering_geometry,
    steering_selection,
)
from crosslens.tables import latent_metrics, output_metrics, replicates, state_metrics, steered_metrics
from crosslens.tables.columns import Table
from crosslens.tables.files import write_table
from planted_experiment import SEED, Experiment
from planted_tables import Tables
from planted_truths import LAYERS, MIDDLE, PIVOT

LEVEL, AGGREGATE = 0.95, "mean_logprob"

Written = dict[tuple[str, int], tuple[Table, dict | pa.Table]]


def write_metrics(
    folder: Path, experiment: Experiment, tables: Tables, bootstrap: int, is_steered: bool = True
) -> dict[tuple[str, int], Path]:
    """Write the tables that claims read to ``folder``; return where they are by name and layer (0: of all layers)."""
    settings = {"families": experiment.families, "bootstrap": bootstrap, "level": LEVEL, "seed": SEED}
    found = {}
    for (name, layer), (table, columns) in {
        **_of_answers(experiment, tables, settings),
        **_of_lens(experiment, tables, settings),
        **_of_states(experiment, tables),
        **(_of_steering(experiment, tables, settings) if is_steered else {}),
    }.items():
        found[name, layer] = folder / f"{name}_{layer}.arrow"
        write_table(found[name, layer], table, columns, {})
    return found


def _of_answers(experiment: Experiment, tables: Tables, settings: dict) -> Written:
    measured = output.output_metrics(tables.answers, [experiment.clusters], **settings)
    return {
        ("languages", 0): (output_metrics.LANGUAGE_METRICS, measured.languages),
        ("pairs", 0): (output_metrics.PAIR_METRICS, measured.pairs),
        ("replicates", 0): (replicates.REPLICATES, measured.replicates),
        ("pair_replicates", 0): (replicates.PAIR_REPLICATES, measured.pair_replicates),
    }


def _of_lens(experiment: Experiment, tables: Tables, settings: dict) -> Written:
    intervals = question_means.intervals([experiment.clusters], **settings)
    read = {"pivot": PIVOT, "aggregate": AGGREGATE, "seed": SEED}
    thirds = latent_thirds.latent_thirds(tables.lens, len(LAYERS), intervals, **read)
    found: Written = {
        ("depth_replicates", 0): (replicates.DEPTH_REPLICATES, thirds.replicates),
        ("depth_pair_replicates", 0): (replicates.PAIR_REPLICATES, thirds.pair_replicates),
    }
    for layer in MIDDLE:  # claims read no others
        measured = latent_layer.latent_layer(tables.lens, tables.answers, layer, intervals, **read)
        found["log_ratios", layer] = (latent_metrics.LOG_RATIOS, measured.log_ratios)
    return found


def _of_states(experiment: Experiment, tables: Tables) -> Written:
    given = {"pivot": PIVOT, "families": experiment.families, "level": LEVEL, "seed": SEED}
    found: Written = {}
    for layer in MIDDLE:  # claims read no others
        states = {name: table.select(["question_id", f"layer_{layer}"]) for name, table in tables.states.items()}
        measured = similarity.similarity(states, tables.answers, experiment.clusters, layer, **given)
        found["similarity", layer] = (state_metrics.SIMILARITY, measured.pairs)
        found["similarity_means", layer] = (state_metrics.SIMILARITY_MEANS, measured.means)
    return found


def _of_steering(experiment: Experiment, tables: Tables, settings: dict) -> Written:
    arranged = steered.arranged(tables.answers, tables.steered, PIVOT)
    development = steering_gains.development(arranged.question_ids, experiment.clusters, SEED)
    gains = steering_gains.steering_gains(arranged, experiment.clusters, **settings)
    states = ((name, tables.states[name]) for name in tables.vectors)
    return {
        ("steering_by_half", 0): (
            steered_metrics.STEERING_BY_HALF,
            steered.by_half(arranged, development, gains.bounds),
        ),
        ("steering_gains", 0): (steered_metrics.STEERING_GAINS, gains.table),
        ("steering_selected", 0): (steered_metrics.STEERING_SELECTED, steering_selection.selected(gains.table)),
        ("steering_replicates", 0): (replicates.STEERING_REPLICATES, gains.replicates),
        ("steering_sizes", 0): (steered_metrics.STEERING_SIZES, steering_geometry.sizes(tables.vectors, states)),
    }
