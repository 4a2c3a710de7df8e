"""Make the report's methods page: what was run, with every value of the config and what computed the results."""

from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import methods_page
from crosslens.tables.files import read_provenance, read_table, write_text
from crosslens.tables.gather import gather
from crosslens.tables.inference import AUDIT
from crosslens.tables.report import TABLE3

params = snakemake.params
models, provenances = params.run["models"], [read_provenance(path) for path in snakemake.input.answers]
each = len(provenances) // len(models)  # files are sorted by model, and every model has the same number of them
values = {
    **params.run,
    **methods_page.computed({model: provenances[i * each : (i + 1) * each] for i, model in enumerate(models)}),
    "findings": methods_page.findings(gather(snakemake.input.audits, AUDIT, params.panels)),
    "prompts": read_table(snakemake.input.table3, TABLE3).to_pylist(),
}
template = Path(snakemake.scriptdir).resolve().parent / "report" / "methods.html"
write_text(snakemake.output[0], methods_page.page(template, values))
