"""Make Table 1: mean accuracy, consistency and transfer of every model on every data set."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import paper_tables
from crosslens.tables.files import provenance, write_csv, write_table
from crosslens.tables.gather import gather
from crosslens.tables.output_metrics import EXPECTATIONS
from crosslens.tables.report import TABLE1

expectations = gather(snakemake.input, EXPECTATIONS, snakemake.params.panels)
table = paper_tables.table1(expectations)
write_table(snakemake.output.arrow, TABLE1, table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, paper_tables.rounded(table))
