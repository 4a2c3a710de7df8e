"""Store the states of the last prompt token for the sampled questions of one model, data set and language."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.engine import hidden_states, models, tokens
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import HIDDEN_STATES, QUESTIONS

params = snakemake.params
load = params.model["load"]
questions = read_table(snakemake.input.questions, QUESTIONS)
decoder = models.load(snakemake.input.model[0], **load)
tokenizer = models.load_tokenizer(snakemake.input.model[0])
chat = {"chat_template_kwargs": params.model["chat_template_kwargs"]}
columns = hidden_states.run(
    decoder, tokenizer, questions, **params.settings, **chat, token_budget=snakemake.resources.token_budget
)
prompts = tokens.Encoder(tokenizer, params.settings["chat_template"], **chat).describe()
write_table(
    snakemake.output[0],
    HIDDEN_STATES,
    columns,
    provenance(snakemake.rule, {**load, **params.settings, **chat}, **models.describe(decoder), **prompts),
)
