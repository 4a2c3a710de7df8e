"""Principal components of the languages' hidden states at every grid layer."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import projection
from crosslens.tables import provenance, read_table, stacked, write_table

params, made = snakemake.params, []
settings = params.settings
for layer in params.layers:  # one at a time: the states of all layers would not fit into memory
    columns = ["question_id", f"layer_{layer}"]
    paths = zip(params.languages, snakemake.input.states, strict=True)
    states = {language: read_table(path, "hidden_states", columns) for language, path in paths}
    made.append(projection.pca(states, layer=layer, **settings))
written = provenance(snakemake.rule, {"layers": params.layers, **settings})
write_table(snakemake.output[0], "pca", stacked("pca", made), written)
