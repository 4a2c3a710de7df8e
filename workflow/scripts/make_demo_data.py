"""One of the demo's data sets, written in the shapes of the real ones."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens.demo import files

files.write_data_set(snakemake.output[0], **snakemake.params.settings)
