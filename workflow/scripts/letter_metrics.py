"""Compute letter preferences and calibration, and the ceiling of consistency where questions were asked twice."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import ceiling, letters, resampling
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.gather import clusters
from crosslens.tables.inference import ANSWERS, PERMUTED
from crosslens.tables.output_metrics import CEILING, CEILING_MEANS, CEILING_PAIRS, LETTER_SHARES, LETTERS

inputs, output, params = snakemake.input, snakemake.output, snakemake.params
languages, shares, intervals = params.languages, params.settings["shares"], params.intervals
answers, permuted = (
    {language: read_table(path, table) for language, path in zip(languages, inputs[table.name], strict=True)}
    for table in (ANSWERS, PERMUTED)
)
strata = clusters(inputs.questions, () if "questions" in shares else languages)
draws = resampling.draws(strata, intervals["bootstrap"], intervals["seed"])
of_letters = letters.letter_metrics(answers, draws, intervals["level"], "questions" in shares)
of_ceiling = ceiling.ceiling_metrics(answers, permuted, draws, intervals["level"], intervals["families"])
written_by = provenance(snakemake.rule, {**params.settings, "intervals": intervals})
for table in (LETTERS, LETTER_SHARES):
    write_table(output[table.name], table, getattr(of_letters, table.name), written_by)
for table in (CEILING, CEILING_PAIRS, CEILING_MEANS):
    write_table(output[table.name], table, getattr(of_ceiling, table.name), written_by)
