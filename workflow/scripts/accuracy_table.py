"""Gather the accuracy of every model on every data set in every language into one table."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import paper_tables
from crosslens.tables.files import provenance, write_csv, write_table
from crosslens.tables.gather import gather
from crosslens.tables.output_metrics import LANGUAGE_METRICS
from crosslens.tables.report import ACCURACY_TABLE

table = gather(snakemake.input, LANGUAGE_METRICS, snakemake.params.panels)
write_table(snakemake.output.arrow, ACCURACY_TABLE, table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, paper_tables.rounded(table))
