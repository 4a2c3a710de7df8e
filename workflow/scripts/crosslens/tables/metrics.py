"""All tables computed on a CPU from those of inference, by name: those of the metrics, of the report, of findings.

No job that runs a model imports this module or those that it gathers, so editing them reruns none of these jobs.
"""

from crosslens.tables import (
    compare,
    findings,
    latent_metrics,
    output_metrics,
    replicates,
    report,
    state_metrics,
    steered_metrics,
)
from crosslens.tables.columns import Table

MODULES = (output_metrics, latent_metrics, steered_metrics, state_metrics, replicates, report, compare, findings)
# `report.figures.catalogue` names those that each figure reads.
TABLES = {table.name: table for module in MODULES for table in vars(module).values() if isinstance(table, Table)}
