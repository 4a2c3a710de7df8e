"""A model's files from the Hugging Face hub."""

from pathlib import Path

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetching

params = snakemake.params
commit = fetching.fetch_model(Path(snakemake.output[0]), **params.settings, asked=params.asked["revision"])
print(f"fetched {snakemake.wildcards.model} at commit {commit}")
