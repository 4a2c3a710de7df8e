"""Bundle tables, plotted values, report and settings with RO-Crate metadata; no text of a question is in it."""

from pathlib import Path

import yaml
from crosslens import job

job.begin(snakemake.log[0])

from crosslens.exports import crate, origins
from crosslens.tables.files import read_provenance

inputs, params, root = snakemake.input, snakemake.params, Path(snakemake.scriptdir).resolve().parent.parent
run = Path(snakemake.output[0]).parent.parent
results = {str(Path(file).relative_to(run)): Path(file) for file in inputs.results}
answers = {model: [] for model in params.about["models"]}
for model, path in zip(params.models, inputs.answers, strict=True):
    answers[model].append(read_provenance(path))
questions = {name: read_provenance(path) for name, path in zip(params.about["datasets"], inputs.questions, strict=True)}
tables = {name: read_provenance(file) for name, file in results.items() if name.endswith(".arrow")}
provenance = origins.collected(answers, questions, tables)
texts = {name: yaml.safe_dump(values, sort_keys=False, allow_unicode=True) for name, values in params.settings.items()}
project = {name: root / file for file, name in params.project.items()}
about = origins.with_commits(params.about, provenance)
crate.write_bundle(snakemake.output[0], results, project, texts, provenance, about)
