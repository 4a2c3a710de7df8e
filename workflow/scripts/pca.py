"""Compute principal components of the languages' hidden states at one layer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import pca
from crosslens.tables import gather
from crosslens.tables.files import provenance, write_table
from crosslens.tables.state_metrics import PCA

states = gather.states(snakemake.input.states, snakemake.params.languages, snakemake.wildcards.layer)
columns = pca.pca(states, int(snakemake.wildcards.layer), **snakemake.params.settings)
write_table(snakemake.output[0], PCA, columns, provenance(snakemake.rule, snakemake.params.settings))
