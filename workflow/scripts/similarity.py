"""Compute the similarity of the languages' hidden states at one layer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import similarity
from crosslens.tables import gather
from crosslens.tables.files import provenance, write_table
from crosslens.tables.metrics import SIMILARITY

states = gather.states(snakemake.input.states, snakemake.params.languages, snakemake.wildcards.layer)
columns = similarity.similarity(states, int(snakemake.wildcards.layer))
write_table(snakemake.output[0], SIMILARITY, columns, provenance(snakemake.rule, {}))
