"""Benchmarks of the one-pass engine against the tools people use: `make bench` (CPU) and `make bench-gpu`.

They import the workflow's library as it is and change nothing in it.
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).parent

# Where Snakemake, too, finds the library. At the end: the rule script steering_vectors.py must not hide the package.
sys.path.append(str(FOLDER.parent / "workflow" / "scripts"))
