"""What the logit lens says at one layer: log ratios, latent accuracy, consistency and transfer."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import latent
from crosslens.tables import provenance, read_table, write_table

languages = snakemake.params.languages
lens = {language: read_table(path, "lens") for language, path in zip(languages, snakemake.input.lens, strict=True)}
of_languages, of_pairs = latent.latent_metrics(lens, **snakemake.params.settings)
written = provenance(snakemake.rule, snakemake.params.settings)
write_table(snakemake.output.languages, "latent_metrics", of_languages, written)
write_table(snakemake.output.pairs, "latent_pair_metrics", of_pairs, written)
