"""Download one file of a data set, or one split of a configuration, from the Hugging Face hub and check it."""

from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

params = snakemake.params
if "split" in params.settings:
    from crosslens.data.splits import fetch_split as fetch
else:
    from crosslens.data.download import fetch_questions as fetch

commit = fetch(Path(snakemake.output.data), **params.settings, asked=params.asked["revision"])
print(f"downloaded {snakemake.wildcards.file} of {snakemake.wildcards.dataset} at commit {commit}")
