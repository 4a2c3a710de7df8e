"""Write the steering vectors of one model and data set for safetensors, lm-eval and llama.cpp, a file per language."""

from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.exports import llama_cpp, lm_eval, origins, vectors
from crosslens.tables.files import read_provenance, read_table
from crosslens.tables.inference import STEERING_VECTORS
from crosslens.tables.steered_metrics import STEERING_BY_HALF, STEERING_SELECTED

inputs, params, folder = snakemake.input, snakemake.params, Path(snakemake.output[0])
selected = read_table(inputs.selected, STEERING_SELECTED)
by_half = read_table(inputs.halves, STEERING_BY_HALF)
model = origins.model_facts(read_provenance(inputs.states))
module = lm_eval.module_name(inputs.model[0], vectors.chosen(selected)["layer"])
for (tag, name), path, questions in zip(params.languages.items(), inputs.vectors, inputs.questions, strict=True):
    commit = origins.commit_of(read_provenance(questions).get("sources", {}))
    described = {**params.described, **model, "dataset_revision": commit, "language": tag, "language_name": name}
    collected = vectors.collect(read_table(path, STEERING_VECTORS), selected, by_half, described)
    vectors.write_safetensors(folder / f"{tag}.safetensors", collected)
    lm_eval.write_pt(folder / f"{tag}.pt", collected, module)
    llama_cpp.write_gguf(folder / f"{tag}.gguf", collected)
