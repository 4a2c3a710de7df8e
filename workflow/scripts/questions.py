"""The questions of one language of a data set, aligned with the pivot's, and their audit."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetched, questions
from crosslens.tables import provenance, write_table

params = snakemake.params
sources = fetched.sources(**params.paths)
written_by = provenance(snakemake.rule, {**params.settings, **params.paths}, sources=sources)
settings = {"language": snakemake.wildcards.language, "rows": params.rows, **params.settings}
aligned, audited = questions.align(**params.paths, **settings)
write_table(snakemake.output.questions, "questions", aligned, written_by)
write_table(snakemake.output.audit, "audit", audited, written_by)
