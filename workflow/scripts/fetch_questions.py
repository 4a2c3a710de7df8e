"""One file of a data set from the Hugging Face hub, checked on arrival."""

from pathlib import Path

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetching

file, params = snakemake.wildcards.file, snakemake.params
asked = params.asked["revision"]
commit = fetching.fetch_questions(Path(snakemake.output.data), file=file, **params.settings, asked=asked)
print(f"fetched {file} of {snakemake.wildcards.dataset} at commit {commit}")
