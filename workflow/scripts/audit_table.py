"""Count the findings of all data sets' audits in one table."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import paper_tables
from crosslens.tables.files import provenance, write_csv, write_table
from crosslens.tables.gather import gather
from crosslens.tables.inference import AUDIT
from crosslens.tables.report import AUDIT_TABLE

table = paper_tables.audit_table(gather(snakemake.input, AUDIT, snakemake.params.panels))
write_table(snakemake.output.arrow, AUDIT_TABLE, table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, table)
