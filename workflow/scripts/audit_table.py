"""What the audits of all data sets found, counted, as one table."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import summaries
from crosslens.gather import gather
from crosslens.tables import provenance, write_csv, write_table

table = summaries.audit_table(gather(snakemake.input, "audit", snakemake.params.panels))
write_table(snakemake.output.arrow, "audit_table", table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, table)
