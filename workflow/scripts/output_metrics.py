"""Compute accuracy, consistency and transfer of the un-steered answers."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import output, resampling
from crosslens.tables import gather
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS
from crosslens.tables.output_metrics import EXPECTATIONS, LANGUAGE_METRICS, PAIR_METRICS
from crosslens.tables.replicates import PAIR_REPLICATES, REPLICATES

languages, settings = snakemake.params.languages, snakemake.params.settings
paths = zip(languages, snakemake.input.answers, strict=True)
answers = {language: read_table(path, ANSWERS) for language, path in paths}
clusters = gather.clusters(snakemake.input.questions, () if settings["pair_metrics"] else languages)
metrics = output.output_metrics(answers, clusters, **snakemake.params.intervals, **settings)
draws = resampling.identity(clusters, snakemake.params.intervals["bootstrap"], snakemake.params.intervals["seed"])
written_by = provenance(snakemake.rule, {**settings, **snakemake.params.intervals}, draws=draws)
tables = {
    "languages": LANGUAGE_METRICS,
    "pairs": PAIR_METRICS,
    "expectations": EXPECTATIONS,
    "replicates": REPLICATES,
    "pair_replicates": PAIR_REPLICATES,
}
for name, table in tables.items():
    write_table(snakemake.output[name], table, getattr(metrics, name), written_by)
