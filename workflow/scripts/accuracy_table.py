"""Accuracy of every model on every data set in every language, as one table."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import summaries
from crosslens.gather import gather
from crosslens.tables import provenance, write_csv, write_table

table = gather(snakemake.input, "language_metrics", snakemake.params.panels)
write_table(snakemake.output.arrow, "accuracy_table", table, provenance(snakemake.rule, {}))
write_csv(snakemake.output.csv, summaries.rounded(table))
