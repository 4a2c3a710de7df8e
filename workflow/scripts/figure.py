"""Make one figure: from tables the plotted values, and from these the figure in three formats."""

import os
from importlib import import_module

from crosslens import job

job.begin(snakemake.log[0])
os.environ["MPLBACKEND"] = "agg"  # a notebook's own backend may not be installed here

from crosslens.report.figures import style
from crosslens.tables.files import provenance, write_table
from crosslens.tables.gather import gather
from crosslens.tables.inference import QUESTIONS
from crosslens.tables.metrics import TABLES

known, panels, settings = {**TABLES, "questions": QUESTIONS}, snakemake.params.panels, snakemake.params.settings
tables = {name: gather(paths, known[name], panels[name]) for name, paths in snakemake.input.items()}
figure = import_module(f"crosslens.report.figures.{snakemake.params.figure}")
plotted = figure.data(**tables, **settings)
write_table(snakemake.output.data, figure.PLOTTED, plotted, provenance(snakemake.rule, settings))
drawn = figure.draw(plotted, style.Titles(**snakemake.params.titles))
style.save(drawn, {kind: snakemake.output[kind] for kind in ("svg", "pdf", "png")})
