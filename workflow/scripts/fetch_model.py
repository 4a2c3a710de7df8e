"""A model's files from the Hugging Face hub."""

from pathlib import Path

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetching

commit = fetching.fetch_model(Path(snakemake.output[0]), **snakemake.params.settings)
print(f"fetched {snakemake.wildcards.model} at commit {commit}")
