"""Correlations of the log ratio with accuracy, consistency and transfer, for all models and data sets."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import correlation
from crosslens.tables import provenance, read_table, write_table

settings, languages, latent = snakemake.params.settings, {}, {}
for run, of_languages, of_layers in zip(
    snakemake.params.runs, snakemake.input.languages, snakemake.input.latent, strict=True
):
    languages[tuple(run)] = read_table(of_languages, "language_metrics")
    latent[tuple(run)] = read_table(of_layers, "latent_metrics")
columns = correlation.correlations(languages, latent, **settings)
write_table(snakemake.output[0], "correlations", columns, provenance(snakemake.rule, settings))
