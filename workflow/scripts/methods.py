"""Make the page on methods: what was run, with every value of the config and what computed the results."""

from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import methods_page, templates
from crosslens.tables.files import write_text
from crosslens.tables.gather import gather
from crosslens.tables.inference import AUDIT

given, params = snakemake.input, snakemake.params
values = methods_page.values(params.run, given.answers, given.table3, gather(given.audits, AUDIT, params.panels))
template = Path(snakemake.scriptdir).resolve().parent / "report" / "methods.html"
write_text(snakemake.output[0], templates.fill(template, values))
