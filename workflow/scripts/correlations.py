"""Correlations of the log ratio with accuracy, consistency and transfer, for all models and data sets."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import correlation
from crosslens.tables import provenance, read_table, write_table

languages, latent = {}, {}
for (model, dataset), path in zip(snakemake.params.runs, snakemake.input.languages, strict=True):
    languages[model, dataset] = read_table(path, "language_metrics")
for (model, dataset, _), path in zip(snakemake.params.run_layers, snakemake.input.latent, strict=True):
    latent.setdefault((model, dataset), []).append(read_table(path, "latent_metrics"))
columns = correlation.correlations(languages, latent, **snakemake.params.settings)
write_table(snakemake.output[0], "correlations", columns, provenance(snakemake.rule, snakemake.params.settings))
