"""Mean differences between the pivot's and one language's states."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import steering
from crosslens.tables import provenance, read_table, write_table

params = snakemake.params
columns = steering.vectors(
    read_table(snakemake.input.language, "hidden_states"),
    read_table(snakemake.input.pivot, "hidden_states"),
    names=(snakemake.wildcards.language, params.pivot),
    **params.settings,
)
write_table(snakemake.output[0], "steering_vectors", columns, provenance(snakemake.rule, params.settings))
