"""Compare two finished runs: tables of what differs in numbers and settings, and a printout on the terminal."""

import os
from pathlib import Path

from crosslens import job

terminal = os.fdopen(os.dup(1), "w", errors="replace")  # the log takes everything but the printout
job.begin(snakemake.log[0])

from crosslens.findings import compare, compared_settings, compared_text, finished_runs
from crosslens.tables.compare import DIFFERENCES, SETTINGS
from crosslens.tables.files import provenance, read_table, write_csv, write_table

output, params = snakemake.output, snakemake.params
results = Path(output.differences).parents[2]  # the folder of all runs
first, second = finished_runs.two(params.runs, results)
differences, lacking = compare.compared(first, second, params.level)
settings = compared_settings.differing(first, second)
written_by = provenance(snakemake.rule, {"runs": params.runs, "level": params.level})
write_table(output.differences, DIFFERENCES, differences, written_by)
write_table(output.settings, SETTINGS, settings, written_by)
tables = [read_table(path, table) for path, table in ((output.differences, DIFFERENCES), (output.settings, SETTINGS))]
for path, table in zip((output.differences_csv, output.settings_csv), tables, strict=True):
    write_csv(path, table)
rows = [table.to_pylist() for table in tables]
text = compared_text.render((first.name, second.name), *rows, lacking, params.level)
print(text, f"All columns: {output.differences_csv}, {output.settings_csv}", sep="\n\n", file=terminal, flush=True)
