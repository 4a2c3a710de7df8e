"""Write the report: one page that opens with the findings and needs nothing but itself."""

from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.report import methods_page, page, sources, templates
from crosslens.tables.files import write_text

given, params = dict(snakemake.input.items()), snakemake.params
root, results = Path(snakemake.scriptdir).resolve().parent.parent, Path(snakemake.output[0]).parent
tables = sources.read(given, params.panels)
methods = methods_page.values(params.run, given["answers"], given["table3"], tables.audits)
values = page.values(params.run, methods, tables, params.titles, params.captions, results / "figures", root)
write_text(snakemake.output[0], templates.fill(root / "workflow/report/page/report.html", values))
