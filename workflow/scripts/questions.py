"""The questions of one language of a data set, aligned with the pivot's, and their audit."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import fetched, questions
from crosslens.tables import provenance, write_table

params = snakemake.params
sources = fetched.sources(**params.paths)
written_by = provenance(snakemake.rule, {**params.settings, **params.paths}, sources=sources)
aligned, audited = questions.align(**params.paths, language=snakemake.wildcards.language, **params.settings)
write_table(snakemake.output.questions, "questions", aligned, written_by)
write_table(snakemake.output.audit, "audit", audited, written_by)
