"""`python -m benchmarks` runs all CPU benchmarks and writes benchmarks/RESULTS.md; `--quick` only prints."""

import argparse
import time
from dataclasses import replace

from crosslens.engine import memory

from benchmarks import (
    FOLDER,
    conditions,
    continuations,
    everything,
    lens_memory,
    lens_peer,
    one_more,
    padding,
    report,
    waiting,
)
from benchmarks.work import FULL, QUICK

BENCHMARKS = {
    "a": continuations,
    "b": conditions,
    "c": everything,
    "d": lens_memory,
    "e": padding,
    "f": lens_peer,
    "g": one_more,
    "h": waiting,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to check that everything runs; print only")
    parser.add_argument("--only", choices=BENCHMARKS, nargs="+", default=list(BENCHMARKS), help="only these, printed")
    parser.add_argument("--rounds", type=int, help="how often each method is timed; default 3, with --quick 2")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    size = replace(size, rounds=arguments.rounds or size.rounds)
    # As the workflow's jobs on a CPU; it serves all methods.
    memory.keep_freed()
    sections, load = [], [report.load_average()]
    for name in arguments.only:
        started = time.perf_counter()
        sections.append(BENCHMARKS[name].section(size))
        print(sections[-1], f"({time.perf_counter() - started:.0f} s)\n", sep="\n", flush=True)
        load.append(report.load_average())
    if not arguments.quick and arguments.only == list(BENCHMARKS):
        (FOLDER / "RESULTS.md").write_text(report.document(sections, load))


if __name__ == "__main__":
    main()
