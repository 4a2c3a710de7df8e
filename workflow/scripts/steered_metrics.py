"""Compute how steering changes accuracy, and consistency with and transfer from the pivot, on held-out questions."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import steered
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS, STEERED
from crosslens.tables.metrics import STEERED_METRICS

languages, inputs = snakemake.params.languages, snakemake.input
answers_by_language, steered_by_language = (
    {language: read_table(path, table) for language, path in zip(languages, inputs[table.name], strict=True)}
    for table in (ANSWERS, STEERED)
)
table = steered.steered_metrics(answers_by_language, steered_by_language, **snakemake.params.settings)
write_table(snakemake.output[0], STEERED_METRICS, table, provenance(snakemake.rule, snakemake.params.settings))
