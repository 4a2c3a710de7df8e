"""Compute the similarity of the languages' hidden states at one layer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import similarity
from crosslens.tables import gather
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import ANSWERS
from crosslens.tables.state_metrics import LANGUAGE_PROBE, SIMILARITY, SIMILARITY_MEANS

languages, settings = snakemake.params.languages, snakemake.params.settings
layer = int(snakemake.wildcards.layer)
states = gather.states(snakemake.input.states, languages, layer)
answers = {name: read_table(path, ANSWERS) for name, path in zip(languages, snakemake.input.answers, strict=True)}
(clusters,) = gather.clusters(snakemake.input.questions)
measured = similarity.similarity(states, answers, clusters, layer, **settings)
written_by = provenance(snakemake.rule, settings)
write_table(snakemake.output.pairs, SIMILARITY, measured.pairs, written_by)
write_table(snakemake.output.means, SIMILARITY_MEANS, measured.means, written_by)
write_table(snakemake.output.probe, LANGUAGE_PROBE, measured.probe, written_by)
