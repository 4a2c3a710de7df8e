"""Download one file of a data set from the Hugging Face hub and check it."""

from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.data import download

file, params = snakemake.wildcards.file, snakemake.params
asked = params.asked["revision"]
commit = download.fetch_questions(Path(snakemake.output.data), file=file, **params.settings, asked=asked)
print(f"downloaded {file} of {snakemake.wildcards.dataset} at commit {commit}")
