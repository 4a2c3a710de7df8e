"""Put the numbers that the paper publishes beside those of the run."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.findings.published import published
from crosslens.report.paper_tables import rounded
from crosslens.tables.files import provenance, read_table, write_csv, write_table
from crosslens.tables.findings import PUBLISHED
from crosslens.tables.report import TABLE1, TABLE2

table1 = read_table(snakemake.input.table1, TABLE1)
table2 = read_table(snakemake.input.table2, TABLE2) if snakemake.input.get("table2") else None
table = published(snakemake.params.published, table1, table2)
write_table(snakemake.output.arrow, PUBLISHED, table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, rounded(table))
