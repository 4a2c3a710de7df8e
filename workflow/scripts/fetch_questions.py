"""One file of a data set from the Hugging Face hub, checked on arrival."""

from pathlib import Path

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetching

file = snakemake.wildcards.file
commit = fetching.fetch_questions(Path(snakemake.output[0]), file=file, **snakemake.params.settings)
print(f"fetched {file} of {snakemake.wildcards.dataset} at commit {commit}")
