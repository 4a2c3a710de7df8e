"""The checked experiment and the short names that every chapter uses: out(), fingerprint(), EVALUATIONS, DRAWN."""

import os, sys
from pathlib import Path
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

# Libraries of a job that each take all cores would fight. Set the variable to give a single job more.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# The library of this folder comes first, for the jobs too: another copy on the user's PYTHONPATH must not run instead.
sys.path.insert(0, f"{workflow.basedir}/workflow/scripts")
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, [sys.path[0], os.environ.get("PYTHONPATH")])))
from crosslens import version
from crosslens.data import receipts
from crosslens.errors import CrosslensError
from crosslens.experiment import (
    claim_inputs,
    command_line,
    description,
    exported,
    figure_picks,
    published,
    raw_files,
    sources,
    work,
)
from crosslens.experiment.experiment import Experiment
from crosslens.plan import job_limits
from crosslens.report.figures.catalogue import FIGURES

update_config(config, command_line.typed(workflow.config_settings.config))
try:
    EXPERIMENT = Experiment.load(config, workflow.configfiles, Path(workflow.basedir))
    DRAWN = figure_picks.drawn(EXPERIMENT)
except CrosslensError as error:
    raise WorkflowError(str(error)) from None
if workflow.is_main_process:
    for sentence in [*description.left_out(EXPERIMENT), *work.plain_models(EXPERIMENT)]:
        logger.info(sentence)
config, EVALUATIONS = EXPERIMENT.config, EXPERIMENT.evaluations
out, fingerprint = EXPERIMENT.out, EXPERIMENT.fingerprint


wildcard_constraints:
    model="[^/]+",
    dataset="[^/]+",
    language="[^/]+",
    layer=r"\d+",
