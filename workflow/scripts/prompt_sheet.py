"""Write the first prompts of every language of a data set to a file for people to read."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.data import prompt_sheet
from crosslens.tables.files import read_table, write_text
from crosslens.tables.inference import QUESTIONS

names = snakemake.params.languages
tables = {tag: read_table(path, QUESTIONS) for tag, path in zip(names, snakemake.input, strict=True)}
write_text(snakemake.output[0], prompt_sheet.sheet(tables, names, snakemake.params.remark))
