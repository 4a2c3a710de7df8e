"""Relate the similarity of two languages' states to the consistency of their answers, layer by layer."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import similarity_relation
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.output_metrics import LANGUAGE_METRICS, PAIR_METRICS
from crosslens.tables.state_metrics import SIMILARITY, SIMILARITY_RELATION

layers = {
    layer: read_table(path, SIMILARITY)
    for layer, path in zip(snakemake.params.layers, snakemake.input.similarity, strict=True)
}
pairs = read_table(snakemake.input.pairs, PAIR_METRICS)
languages = read_table(snakemake.input.languages, LANGUAGE_METRICS)
columns = similarity_relation.similarity_relation(layers, pairs, languages, **snakemake.params.settings)
write_table(snakemake.output[0], SIMILARITY_RELATION, columns, provenance(snakemake.rule, snakemake.params.settings))
