"""Join the audits of all languages of a data set into one table."""

from crosslens import job

job.begin(snakemake.log[0])

import pyarrow as pa

from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import AUDIT

table = pa.concat_tables(read_table(path, AUDIT) for path in snakemake.input)
write_table(snakemake.output[0], AUDIT, table, provenance(snakemake.rule, {}))
