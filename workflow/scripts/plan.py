"""What the run will take and has taken, as CSV and on the terminal."""

import os

from crosslens import job

terminal = os.fdopen(os.dup(1), "w", errors="replace")  # the log takes everything but the plan itself
job.begin(snakemake.log[0])

from crosslens.plan import table, text
from crosslens.plan.workload import Evaluation
from crosslens.tables.files import write_csv

evaluations = [Evaluation(**settings) for settings in snakemake.params.evaluations]
planned = table.plan(evaluations)
write_csv(snakemake.output[0], planned)
print(text.render(planned, evaluations), f"All columns: {snakemake.output[0]}", sep="\n", file=terminal, flush=True)
