"""The first prompts of every language of a data set, in a file to read."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import prompt_sheet
from crosslens.tables import read_table, write_text

names = snakemake.params.languages
tables = {tag: read_table(path, "questions") for tag, path in zip(names, snakemake.input, strict=True)}
write_text(snakemake.output[0], prompt_sheet.sheet(tables, names, snakemake.params.remark))
