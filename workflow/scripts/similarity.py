"""Similarity of the languages' hidden states at one layer."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import similarity
from crosslens.tables import provenance, read_table, write_table

columns = ["question_id", f"layer_{snakemake.wildcards.layer}"]
paths = zip(snakemake.params.languages, snakemake.input.states, strict=True)
states = {language: read_table(path, "hidden_states", columns) for language, path in paths}
made = similarity.similarity(states, **snakemake.params.settings)
write_table(snakemake.output[0], "similarity", made, provenance(snakemake.rule, snakemake.params.settings))
