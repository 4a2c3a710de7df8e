"""Table 2: correlations of the mean log ratio with accuracy, consistency and transfer."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import summaries
from crosslens.tables import provenance, read_table, write_csv, write_table

correlations = read_table(snakemake.input[0], "correlations")
table = summaries.table2(correlations)
write_table(snakemake.output.arrow, "table2", table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, summaries.rounded(table))
