"""Correlate the log ratio with accuracy, consistency and transfer, for all models and data sets."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import correlations
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.latent_metrics import LOG_RATIOS
from crosslens.tables.output_metrics import LANGUAGE_METRICS
from crosslens.tables.report import CORRELATIONS

languages, log_ratios = {}, {}
for (model, dataset), path in zip(snakemake.params.evaluations, snakemake.input.languages, strict=True):
    languages[model, dataset] = read_table(path, LANGUAGE_METRICS)
for (model, dataset, _), path in zip(snakemake.params.correlated, snakemake.input.log_ratios, strict=True):
    log_ratios.setdefault((model, dataset), []).append(read_table(path, LOG_RATIOS))
columns = correlations.correlations(languages, log_ratios, **snakemake.params.settings)
write_table(snakemake.output[0], CORRELATIONS, columns, provenance(snakemake.rule, snakemake.params.settings))
