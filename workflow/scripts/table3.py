"""Make Table 3: the prompt template of every data set."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import paper_tables
from crosslens.tables.files import provenance, write_csv, write_table
from crosslens.tables.gather import gather
from crosslens.tables.inference import QUESTIONS
from crosslens.tables.report import TABLE3

settings = snakemake.params.settings
questions = gather(snakemake.input, QUESTIONS, snakemake.params.panels)
table = paper_tables.table3(questions, **settings)
write_table(snakemake.output.arrow, TABLE3, table, provenance(snakemake.rule, settings))
write_csv(snakemake.output.csv, table)
