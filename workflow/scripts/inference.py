"""Every question of one model, data set and language in one pass: letters, lens, steered letters."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import inference, models
from crosslens.tables import provenance, read_table, write_table

params = snakemake.params
questions = read_table(snakemake.input.questions, "questions")
vectors = read_table(snakemake.input.vectors, "steering_vectors") if params.conditions else None
used = vectors["question_ids"][0].as_py() if params.conditions else []
decoder, tokenizer = models.load(snakemake.input.model[0], **params.model)
plan = inference.prepare(questions, tokenizer, params.conditions, used, params.seed, **params.prompt)
made = inference.run(decoder, plan, vectors=vectors, **params.settings, token_budget=snakemake.resources.token_budget)
tokens = sum(map(len, plan.rows))
slice = {**params.model, **params.settings, "conditions": params.conditions, "seed": params.seed, **params.prompt}
for name, columns in made.items():
    described = provenance(snakemake.rule, slice, **models.describe(decoder), tokens=tokens)
    write_table(snakemake.output[name], name, columns, described)
