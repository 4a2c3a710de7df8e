"""Make Snakemake's own report on the finished files, with a second Snakemake that gets the same config."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from crosslens import job

job.begin(snakemake.log[0])

root = Path(snakemake.scriptdir).resolve().parent.parent
with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as config:
    json.dump(snakemake.params.config, config)
    config.flush()
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--nolock"]
    command += ["--profile", "none", "--workflow-profile", "none", "--configfile", config.name]
    sys.exit(subprocess.run([*command, "--report", snakemake.output[0], "--", *snakemake.input]).returncode)
