"""What the run will take and has taken, as CSV and on the terminal."""

import os

from crosslens import logs

terminal = os.fdopen(os.dup(1), "w")  # the log takes everything but the plan itself
logs.redirect(snakemake.log[0])

from crosslens import plan, plan_text
from crosslens.tables import write_csv
from crosslens.workload import Run

runs = [Run(**run) for run in snakemake.params.runs]
table = plan.plan(runs)
write_csv(snakemake.output[0], table)
print(plan_text.render(table, runs), f"All columns: {snakemake.output[0]}", sep="\n", file=terminal, flush=True)
