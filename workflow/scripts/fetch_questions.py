"""One file of a data set from the Hugging Face hub, checked on arrival."""

from pathlib import Path

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetching

fetching.fetch_questions(Path(snakemake.output[0]), file=snakemake.wildcards.file, **snakemake.params.settings)
