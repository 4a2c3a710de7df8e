"""Compute how steering changes answers on held-out questions, against no steering and against controls."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import resampling, steered, steering_gains, steering_selection
from crosslens.tables import gather
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS, STEERED
from crosslens.tables.replicates import STEERING_REPLICATES
from crosslens.tables.steered_metrics import STEERED_METRICS, STEERING_BY_HALF, STEERING_GAINS, STEERING_SELECTED

languages, inputs, params = snakemake.params.languages, snakemake.input, snakemake.params
answers_by_language, steered_by_language = (
    {language: read_table(path, table) for language, path in zip(languages, inputs[table.name], strict=True)}
    for table in (ANSWERS, STEERED)
)
(clusters,) = gather.clusters(inputs.questions)
arranged = steered.arranged(answers_by_language, steered_by_language, params.pivot)
development = steering_gains.development(arranged.question_ids, clusters, params.intervals["seed"])
gains = steering_gains.steering_gains(arranged, clusters, pair_metrics=params.pair_metrics, **params.intervals)
tables = {
    "metrics": (STEERED_METRICS, steered.steered_metrics(arranged, params.pair_metrics)),
    "halves": (STEERING_BY_HALF, steered.by_half(arranged, development, params.pair_metrics)),
    "gains": (STEERING_GAINS, gains.table),
    "selected": (STEERING_SELECTED, steering_selection.selected(gains.table)),
    "replicates": (STEERING_REPLICATES, gains.replicates),
}
draws = resampling.identity([clusters], params.intervals["bootstrap"], params.intervals["seed"])
written_by = provenance(snakemake.rule, {"pivot": params.pivot, **params.intervals}, draws=draws)
for name, (table, columns) in tables.items():
    write_table(snakemake.output[name], table, columns, written_by)
