"""Similarity of the languages' hidden states at one layer."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import gather, similarity
from crosslens.tables import provenance, write_table

states = gather.states(snakemake.input.states, snakemake.params.languages, snakemake.wildcards.layer)
made = similarity.similarity(states, **snakemake.params.settings)
write_table(snakemake.output[0], "similarity", made, provenance(snakemake.rule, snakemake.params.settings))
