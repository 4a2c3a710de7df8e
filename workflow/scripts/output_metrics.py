"""Compute accuracy, consistency and transfer of the un-steered answers."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import output
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS
from crosslens.tables.metrics import EXPECTATIONS, LANGUAGE_METRICS, PAIR_METRICS

paths = zip(snakemake.params.languages, snakemake.input.answers, strict=True)
answers = {language: read_table(path, ANSWERS) for language, path in paths}
metrics = output.output_metrics(answers, **snakemake.params.settings)
written_by = provenance(snakemake.rule, snakemake.params.settings)
write_table(snakemake.output.languages, LANGUAGE_METRICS, metrics.languages, written_by)
write_table(snakemake.output.pairs, PAIR_METRICS, metrics.pairs, written_by)
write_table(snakemake.output.expectations, EXPECTATIONS, metrics.expectations, written_by)
