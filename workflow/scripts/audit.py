"""The audits of all languages of a data set in one table."""

from crosslens import logs

logs.redirect(snakemake.log[0])

import pyarrow as pa

from crosslens.tables import provenance, read_table, write_table

table = pa.concat_tables(read_table(path, "audit") for path in snakemake.input)
write_table(snakemake.output[0], "audit", table, provenance(snakemake.rule, {}))
