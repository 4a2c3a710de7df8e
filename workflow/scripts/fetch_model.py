"""Download a model's files from the Hugging Face hub."""

from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.data import download

params = snakemake.params
commit = download.fetch_model(Path(snakemake.output[0]), **params.settings, asked=params.asked["revision"])
print(f"downloaded {snakemake.wildcards.model} at commit {commit}")
