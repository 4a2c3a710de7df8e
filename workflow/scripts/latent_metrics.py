"""What the logit lens says at every grid layer: log ratios, latent accuracy, consistency and transfer."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import latent
from crosslens.tables import provenance, read_table, stacked, write_table

languages = snakemake.params.languages
answers, lens = (
    {language: read_table(path, name) for language, path in zip(languages, snakemake.input[name], strict=True)}
    for name in ("answers", "lens")
)
settings = snakemake.params.settings
made = [latent.latent_metrics(answers, lens, layer=layer, **settings) for layer in snakemake.params.layers]
of_languages, of_pairs = zip(*made, strict=True)
written = provenance(snakemake.rule, {"layers": snakemake.params.layers, **settings})
write_table(snakemake.output.languages, "latent_metrics", stacked("latent_metrics", of_languages), written)
write_table(snakemake.output.pairs, "latent_pair_metrics", stacked("latent_pair_metrics", of_pairs), written)
