"""Train one of the demo's models from scratch and save it as an ordinary Hugging Face folder."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.demo import checkpoint, training
from crosslens.demo.tokenizer import train_tokenizer

tokenizer = train_tokenizer()
model = training.train(tokenizer=tokenizer, **snakemake.params.settings)
checkpoint.save(snakemake.output[0], model, tokenizer)
