"""Write the run's tables as LaTeX, rounded as in CSV."""

from crosslens import job

job.begin(snakemake.log[0])

from crosslens.exports import latex
from crosslens.tables.files import read_table, write_text

params = snakemake.params
for name, path in snakemake.input.items():
    data = read_table(path, latex.PRINTED[name].table)
    write_text(snakemake.output[name], latex.latex(data, name, params.titles, params.level))
