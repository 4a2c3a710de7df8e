"""`python -m benchmarks.claims` tests the claims on experiments whose truth is known and writes benchmarks/CLAIMS.md.

Two series of three models, 40 languages in 12 families, 300 questions. In world "planted" every claim holds in one
series and, where it can be, the opposite in the other; in world "zero" all effects are 0; in world "misleading" they
are 0 too, but much of what misleads simpler measures is there. All metrics are computed, from tables as inference
writes them, in the way of the workflow's scripts.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import FOLDER, claims_report

sys.path.append(str(FOLDER.parent / "tests/helpers"))

from planted_experiment import Experiment
from planted_truths import WORLDS
from planted_verdicts import verdicts


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="number of experiments of each world")
    parser.add_argument("--worlds", choices=WORLDS, nargs="+", default=list(WORLDS), help="only these, printed")
    parser.add_argument("--bootstrap", type=int, default=200, help="replicates of the questions")
    arguments = parser.parse_args()
    rows, seconds = [], []
    for seed in range(arguments.seeds):
        for world in arguments.worlds:
            started = time.process_time()
            with tempfile.TemporaryDirectory() as folder:
                rows += verdicts(world, Experiment(seed), arguments.bootstrap, Path(folder))
            seconds.append(time.process_time() - started)
            print(claims_report.line(world, seed, rows, seconds[-1]), flush=True)
        page = claims_report.document(rows, seconds, arguments.bootstrap)
        if arguments.worlds == list(WORLDS):
            (FOLDER / "CLAIMS.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
