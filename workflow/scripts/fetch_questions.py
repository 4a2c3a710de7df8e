"""One file of a data set from the Hugging Face hub, checked on arrival."""

from pathlib import Path

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetching

file, params = snakemake.wildcards.file, snakemake.params
commit = fetching.fetch_questions(Path(snakemake.output[0]), file=file, **params.source, **params.checks)
print(f"fetched {file} of {snakemake.wildcards.dataset} at commit {commit}")
