"""Accuracy, consistency and transfer of the un-steered answers."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import outputs
from crosslens.tables import provenance, read_table, write_table

paths = zip(snakemake.params.languages, snakemake.input.answers, strict=True)
answers = {language: read_table(path, "answers") for language, path in paths}
found = outputs.output_metrics(answers, **snakemake.params.settings)
written = provenance(snakemake.rule, snakemake.params.settings)
write_table(snakemake.output.languages, "language_metrics", found.languages, written)
write_table(snakemake.output.pairs, "pair_metrics", found.pairs, written)
write_table(snakemake.output.expectations, "expectations", found.expectations, written)
