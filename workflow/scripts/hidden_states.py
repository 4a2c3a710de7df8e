"""States of the last prompt token of the sampled questions of one model, data set and language."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import hidden_states, models
from crosslens.tables import provenance, read_table, write_table

params = snakemake.params
questions = read_table(snakemake.input.questions, "questions")
decoder, tokenizer = models.load(snakemake.input.model[0], **params.model)
columns = hidden_states.run(
    decoder, tokenizer, questions, **params.settings, token_budget=snakemake.resources.token_budget
)
write_table(
    snakemake.output[0],
    "hidden_states",
    columns,
    provenance(snakemake.rule, {**params.model, **params.settings}, **models.describe(decoder)),
)
