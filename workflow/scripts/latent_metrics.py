"""Compute log ratios, latent accuracy, consistency and transfer, and their means, from the logit lens at one layer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import question_means
from crosslens.metrics.latent_layer import latent_layer
from crosslens.tables import metrics
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.gather import clusters
from crosslens.tables.inference import ANSWERS, LENS

inputs, languages, settings = snakemake.input, snakemake.params.languages, snakemake.params.settings
lens, letters = (
    {language: read_table(path, table) for language, path in zip(languages, paths, strict=True)}
    for table, paths in ((LENS, inputs.lens), (ANSWERS, inputs.answers))
)
intervals = question_means.intervals(clusters(inputs.questions), **snakemake.params.intervals)
computed = latent_layer(lens, letters, int(snakemake.wildcards.layer), intervals, **settings)
tables = {
    "languages": metrics.LATENT_METRICS,
    "pairs": metrics.LATENT_PAIR_METRICS,
    "log_ratios": metrics.LOG_RATIOS,
    "log_ratio_means": metrics.LOG_RATIO_MEANS,
    "latent_means": metrics.LATENT_MEANS,
    "error_split": metrics.ERROR_SPLIT,
}
for name, table in tables.items():
    write_table(snakemake.output[name], table, getattr(computed, name), provenance(snakemake.rule, settings))
