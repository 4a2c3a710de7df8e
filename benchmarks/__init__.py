"""Benchmarks of the one-pass engine against the tools people use: `make bench` (CPU) and `make bench-gpu`.

The benchmarks import the workflow's library unchanged.
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).parent

# The folder where Snakemake finds the library. It is appended, so that the script steering_vectors.py does not hide the
# package steering_vectors.
sys.path.append(str(FOLDER.parent / "workflow" / "scripts"))
