"""Compute the steering vectors of one language: mean differences between the states of the pivot and its own."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.engine import steering
from crosslens.tables.gather import stored_layers
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import HIDDEN_STATES, STEERING_VECTORS

params = snakemake.params
states, pivot_states = (read_table(snakemake.input[name], HIDDEN_STATES) for name in ("language", "pivot"))
columns = steering.vectors(
    states,
    pivot_states,
    stored_layers(states),
    names=(snakemake.wildcards.language, params.pivot),
    **params.settings,
)
write_table(snakemake.output[0], STEERING_VECTORS, columns, provenance(snakemake.rule, params.settings))
