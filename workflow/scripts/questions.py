"""Align the questions of one language of a data set with the pivot's, and audit them."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.data import alignment, receipts
from crosslens.tables.files import provenance, write_table
from crosslens.tables.inference import AUDIT, QUESTIONS

params = snakemake.params
sources = receipts.sources(**params.paths)
if split := params.settings["examples"] and params.settings["examples"]["split"]:
    sources["examples"] = receipts.sources(split["path"], split["pivot_path"])
written_by = provenance(snakemake.rule, {**params.settings, **params.paths}, sources=sources)
settings = {"language": snakemake.wildcards.language, "rows": params.rows, **params.settings}
aligned, audited = alignment.align_with_pivot(**params.paths, **settings)
write_table(snakemake.output.questions, QUESTIONS, aligned, written_by)
write_table(snakemake.output.audit, AUDIT, audited, written_by)
