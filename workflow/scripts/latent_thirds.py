"""Average log ratios and latent accuracy over the layers of a third of the depth, in every resample of questions."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import question_means, resampling
from crosslens.metrics.latent_thirds import latent_thirds
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.gather import clusters
from crosslens.tables.inference import LENS
from crosslens.tables.replicates import DEPTH_REPLICATES, PAIR_REPLICATES

inputs, params = snakemake.input, snakemake.params
lens = {language: read_table(path, LENS) for language, path in zip(params.languages, inputs.lens, strict=True)}
strata = clusters(inputs.questions)
intervals = question_means.intervals(strata, **params.intervals)
computed = latent_thirds(lens, intervals=intervals, **params.settings)
print(*computed.remarks, sep="\n")
draws = resampling.identity(strata, params.intervals["bootstrap"], params.intervals["seed"])
written_by = provenance(snakemake.rule, {**params.settings, "intervals": params.intervals}, draws=draws)
write_table(snakemake.output.replicates, DEPTH_REPLICATES, computed.replicates, written_by)
write_table(snakemake.output.pair_replicates, PAIR_REPLICATES, computed.pair_replicates, written_by)
