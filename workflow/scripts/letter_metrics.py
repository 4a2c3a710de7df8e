"""Compute letter preferences and calibration, and the ceiling of consistency where questions were asked twice."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import ceiling, letters, resampling
from crosslens.tables import metrics
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.gather import clusters
from crosslens.tables.inference import ANSWERS, PERMUTED

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
for name, columns in {**of_letters._asdict(), **of_ceiling._asdict()}.items():
    write_table(output[name], metrics.TABLES[name], columns, written_by)
