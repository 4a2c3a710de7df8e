"""Run every question of one model, data set and language in one pass: letters, lens and steered letters."""

from concurrent.futures import ThreadPoolExecutor

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.engine import edits, inference, models, preparation
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.gather import read_vectors
from crosslens.tables.inference import ANSWERS, LENS, PERMUTED, QUESTIONS, STEERED

params, folder = snakemake.params, snakemake.input.model[0]
load, conditions = params.model["load"], params.conditions
prompt = params.prompt | {"chat_template_kwargs": params.model["chat_template_kwargs"]}
questions = read_table(snakemake.input.questions, QUESTIONS)
vectors = read_vectors(conditions, snakemake.input.vectors)
place = "/".join(snakemake.wildcards[name] for name in ("model", "dataset", "language"))
steered = edits.make(conditions, vectors, params.samples["seed"], place)
with ThreadPoolExecutor(1) as thread:
    # The questions are tokenized while the weights are loaded.
    tokenizer = models.load_tokenizer(folder)
    preparing = thread.submit(preparation.prepare, questions, tokenizer, steered, **params.samples, **prompt)
    decoder = models.load(folder, **load)
    prepared = preparing.result()
budget = snakemake.resources.token_budget
columns, tokens = inference.run(decoder, prepared, **params.lens, token_budget=budget)
settings = {**load, "lens": params.lens, "conditions": conditions, "vectors": steered.describe(), **params.samples}
described = models.describe(decoder) | prepared.encoder.describe()
origin = provenance(snakemake.rule, settings | prompt, **described, tokens=tokens)
for table in (ANSWERS, LENS, STEERED, PERMUTED):
    write_table(snakemake.output[table.name], table, columns[table.name], origin)
