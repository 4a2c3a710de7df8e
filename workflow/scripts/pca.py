"""Principal components of the languages' hidden states at one layer."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import gather, projection
from crosslens.tables import provenance, write_table

states = gather.states(snakemake.input.states, snakemake.params.languages, snakemake.wildcards.layer)
made = projection.pca(states, **snakemake.params.settings)
write_table(snakemake.output[0], "pca", made, provenance(snakemake.rule, snakemake.params.settings))
