"""Write one of the demo's data sets in the file formats of the real one."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.demo import files

files.write_data_set(snakemake.output[0], **snakemake.params.settings)
