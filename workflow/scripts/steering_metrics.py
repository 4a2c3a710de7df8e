"""How steering changes accuracy, consistency with the pivot and transfer from it, on held-out questions."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import steering_effect
from crosslens.tables import provenance, read_table, write_table

languages = snakemake.params.languages
answers, steered = (
    {language: read_table(path, name) for language, path in zip(languages, snakemake.input[name], strict=True)}
    for name in ("answers", "steered")
)
table = steering_effect.steering_metrics(answers, steered, **snakemake.params.settings)
write_table(snakemake.output[0], "steering_metrics", table, provenance(snakemake.rule, snakemake.params.settings))
