"""Draws one figure: from metrics tables the plotted values, from these the figure in three formats."""

from crosslens import logs

logs.redirect(snakemake.log[0])

from crosslens import figures
from crosslens.figures import style
from crosslens.gather import gather
from crosslens.tables import provenance, write_table

name, settings = snakemake.params.figure, snakemake.params.settings
tables = {schema: gather(paths, schema, snakemake.params.panels[schema]) for schema, paths in snakemake.input.items()}
figure = figures.module(name)
plotted = figure.data(**tables, **settings)
write_table(snakemake.output.data, f"figure_{name}", plotted, provenance(snakemake.rule, settings))
drawn = figure.draw(plotted, style.Titles(**snakemake.params.titles))
style.save(drawn, {kind: snakemake.output[kind] for kind in ("svg", "pdf", "png")})
