"""Compare the steering vectors of all languages with the states that they are added to, and with each other."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.metrics import steering_geometry
from crosslens.tables.files import provenance, read_table, write_table
from crosslens.tables.inference import HIDDEN_STATES, STEERING_VECTORS
from crosslens.tables.steered_metrics import STEERING_SIZES, VECTOR_COSINES

languages, inputs, written_by = snakemake.params.languages, snakemake.input, provenance(snakemake.rule, {})
vectors = {name: read_table(path, STEERING_VECTORS) for name, path in zip(languages, inputs.vectors, strict=True)}
states = ((name, read_table(path, HIDDEN_STATES)) for name, path in zip(languages, inputs.states, strict=True))
write_table(snakemake.output.sizes, STEERING_SIZES, steering_geometry.sizes(vectors, states), written_by)
write_table(snakemake.output.cosines, VECTOR_COSINES, steering_geometry.vector_cosines(vectors), written_by)
