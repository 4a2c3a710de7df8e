"""Compute accuracy, consistency and transfer of the un-steered answers."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import output
from crosslens.tables import gather
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS
from crosslens.tables.output_metrics import EXPECTATIONS, LANGUAGE_METRICS, PAIR_METRICS

languages, settings = snakemake.params.languages, snakemake.params.settings
paths = zip(languages, snakemake.input.answers, strict=True)
answers = {language: read_table(path, ANSWERS) for language, path in paths}
clusters = gather.clusters(snakemake.input.questions, () if settings["pair_metrics"] else languages)
metrics = output.output_metrics(answers, clusters, **snakemake.params.intervals, **settings)
written_by = provenance(snakemake.rule, {**settings, **snakemake.params.intervals})
write_table(snakemake.output.languages, LANGUAGE_METRICS, metrics.languages, written_by)
write_table(snakemake.output.pairs, PAIR_METRICS, metrics.pairs, written_by)
write_table(snakemake.output.expectations, EXPECTATIONS, metrics.expectations, written_by)
