"""Table 1: mean accuracy, consistency and transfer of every model on every data set."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import summaries
from crosslens.gather import gather
from crosslens.tables import provenance, write_csv, write_table

expectations = gather(snakemake.input, "expectations", snakemake.params.panels)
table = summaries.table1(expectations)
write_table(snakemake.output.arrow, "table1", table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, summaries.rounded(table))
