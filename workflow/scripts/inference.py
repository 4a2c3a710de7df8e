"""Run every question of one model, data set and language in one pass: letters, lens and steered letters."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.engine import inference, models
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS, LENS, QUESTIONS, STEERED, STEERING_VECTORS

params = snakemake.params
load, layers = params.model["load"], params.model["layers"]
questions = read_table(snakemake.input.questions, QUESTIONS)
vectors = read_table(snakemake.input.vectors, STEERING_VECTORS) if params.conditions else None
used = vectors["question_ids"][0].as_py() if params.conditions else []
decoder, tokenizer = models.load(snakemake.input.model[0], **load)
prompt = params.prompt | {"chat_template_kwargs": params.model["chat_template_kwargs"]}
packed = inference.prepare(questions, tokenizer, params.conditions, used, params.seed, **prompt)
columns = inference.run(
    decoder, packed, layers, vectors, **params.settings, token_budget=snakemake.resources.token_budget
)
tokens = sum(map(len, packed.rows))
settings = {**load, "layers": layers, **params.settings, "conditions": params.conditions, "seed": params.seed}
described = models.describe(decoder) | packed.encoder.describe()
origin = provenance(snakemake.rule, settings | prompt, **described, tokens=tokens)
for table in (ANSWERS, LENS, STEERED):
    write_table(snakemake.output[table.name], table, columns[table.name], origin)
