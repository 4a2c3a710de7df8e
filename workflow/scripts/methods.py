"""The report's methods page: what was run, with every value from the config and what computed it."""

from pathlib import Path

from crosslens import logs

logs.redirect(snakemake.log[0])

import crosslens.metric_schemas  # noqa: F401 - declares table3
from crosslens import methods
from crosslens.gather import gather
from crosslens.tables import read_provenance, read_table, write_text

params = snakemake.params
models, answers = params.run["models"], [read_provenance(path) for path in snakemake.input.answers]
each = len(answers) // len(models)  # model by model, equally many
values = {
    **params.run,
    **methods.computed({model: answers[i * each : (i + 1) * each] for i, model in enumerate(models)}),
    "findings": methods.findings(gather(snakemake.input.audits, "audit", params.panels)),
    "prompts": read_table(snakemake.input.table3, "table3").to_pylist(),
}
template = Path(snakemake.scriptdir).resolve().parent / "report" / "methods.html"
write_text(snakemake.output[0], methods.page(template, values))
