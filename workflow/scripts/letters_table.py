"""Gather letter preferences, calibration and self-consistency of every model, data set and language into one table."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import paper_tables
from crosslens.tables.files import provenance, write_csv, write_table
from crosslens.tables.gather import gather
from crosslens.tables.output_metrics import CEILING, LETTERS
from crosslens.tables.report import LETTERS_TABLE

letters, ceiling = (gather(snakemake.input[t.name], t, snakemake.params.panels) for t in (LETTERS, CEILING))
table = paper_tables.letters_table(letters, ceiling)
write_table(snakemake.output.arrow, LETTERS_TABLE, table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, paper_tables.rounded(table))
