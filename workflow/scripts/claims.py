"""Test the claims of the paper on all models and data sets of the run: a verdict on each, with its reason."""

from functools import partial

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.findings import evaluation
from crosslens.findings.results import TABLES, Key, Results
from crosslens.report.paper_tables import rounded
from crosslens.tables.files import provenance, read_table, write_csv, write_table
from crosslens.tables.findings import CLAIM_PARTS, CLAIMS

keys, facts = [Key(*key) for key in snakemake.params.tables], snakemake.params.results
tables = {key: partial(read_table, path, TABLES[key.table]) for key, path in zip(keys, snakemake.input, strict=True)}
claims, parts = evaluation.evaluate(Results(tables, **facts))
written_by, output = provenance(snakemake.rule, {name: facts[name] for name in ("level", "seed")}), snakemake.output
for name, table, rows in (("claims", CLAIMS, claims), ("claim_parts", CLAIM_PARTS, parts)):
    write_table(output[name], table, rows, written_by)
    write_csv(output[f"{name}_csv"], rounded(rows))
