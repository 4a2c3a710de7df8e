"""Compute log ratios, and latent accuracy, consistency and transfer, from the logit lens at one layer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import latent
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import LENS
from crosslens.tables.metrics import LATENT_METRICS, LATENT_PAIR_METRICS

languages = snakemake.params.languages
lens = {language: read_table(path, LENS) for language, path in zip(languages, snakemake.input.lens, strict=True)}
of_languages, of_pairs = latent.latent_metrics(lens, int(snakemake.wildcards.layer), **snakemake.params.settings)
written_by = provenance(snakemake.rule, snakemake.params.settings)
write_table(snakemake.output.languages, LATENT_METRICS, of_languages, written_by)
write_table(snakemake.output.pairs, LATENT_PAIR_METRICS, of_pairs, written_by)
