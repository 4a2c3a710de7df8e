"""Make Table 2: correlations of the mean log ratio with accuracy, consistency and transfer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import paper_tables
from crosslens.tables.files import provenance, read_table, write_csv, write_table
from crosslens.tables.report import CORRELATIONS, TABLE2

correlations = read_table(snakemake.input[0], CORRELATIONS)
table = paper_tables.table2(correlations)
write_table(snakemake.output.arrow, TABLE2, table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, paper_tables.rounded(table))
