"""Compute log ratios, latent accuracy, consistency and transfer, and their means, from the logit lens at one layer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import question_means
from crosslens.metrics.latent_layer import latent_layer
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.gather import clusters
from crosslens.tables.inference import ANSWERS, LENS
from crosslens.tables.latent_metrics import (
    ERROR_SPLIT,
    LATENT_MEANS,
    LATENT_METRICS,
    LATENT_PAIR_METRICS,
    LOG_RATIO_MEANS,
    LOG_RATIOS,
)

inputs, languages, settings = snakemake.input, snakemake.params.languages, snakemake.params.settings
lens, letters = (
    {language: read_table(path, table) for language, path in zip(languages, paths, strict=True)}
    for table, paths in ((LENS, inputs.lens), (ANSWERS, inputs.answers))
)
intervals = question_means.intervals(clusters(inputs.questions), **snakemake.params.intervals)
computed = latent_layer(lens, letters, int(snakemake.wildcards.layer), intervals, **settings)
tables = {
    "languages": LATENT_METRICS,
    "pairs": LATENT_PAIR_METRICS,
    "log_ratios": LOG_RATIOS,
    "log_ratio_means": LOG_RATIO_MEANS,
    "latent_means": LATENT_MEANS,
    "error_split": ERROR_SPLIT,
}
for name, table in tables.items():
    write_table(snakemake.output[name], table, getattr(computed, name), provenance(snakemake.rule, settings))
