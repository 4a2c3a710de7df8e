"""Table 3: the prompt template of every data set."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import summaries
from crosslens.gather import gather
from crosslens.tables import provenance, write_csv, write_table

settings = snakemake.params.settings
questions = gather(snakemake.input, "questions", snakemake.params.panels)
table = summaries.table3(questions, **settings)
write_table(snakemake.output.arrow, "table3", table, provenance(snakemake.rule, settings))
write_csv(snakemake.output.csv, table)
