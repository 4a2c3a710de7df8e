"""`python -m benchmarks.scale` runs the workflow on data of full size and writes benchmarks/SCALE.md.

Snakemake runs the rules on a copy of the project, as for a user, with two jobs at a time. Data sets are synthetic, with
the shapes and sizes of the hub's; the tables that a model would have written are made up. Nothing is downloaded and no
model runs.
"""

import argparse
import csv
import datetime
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from benchmarks import FOLDER, scale_results
from benchmarks.report import load_average, machine, software

sys.path.append(str(FOLDER.parent / "tests/helpers"))

import full_size
from crosslens.experiment import catalogues, languages, layers, steering
from workflow_runs import copy_project

CORES = 2
RUN = "scale"
MODEL = "gemma-2-27b"  # 12 grid layers, and the second-widest states of the paper's models
METRICS = {  # rule -> its files, some of them per layer
    "output_metrics": ["languages", "pairs", "expectations", "replicates", "pair_replicates"],
    "group_metrics": ["n_way", "accuracy_by_group"],
    "letter_metrics": ["letters", "letter_shares", "ceiling", "ceiling_pairs", "ceiling_means"],
    "latent_metrics": [
        f"{table}/layer_{{layer}}"
        for table in ("latent", "latent_pairs", "log_ratios", "log_ratio_means", "latent_means", "error_split")
    ],
    "latent_thirds": ["depth_replicates", "depth_pair_replicates"],
    "steered_metrics": [
        *("steering", "steering_by_half", "steering_gains", "steering_selected", "steering_replicates"),
    ],
    "steering_geometry": ["steering_sizes", "vector_cosines"],
    "similarity": ["similarity/layer_{layer}", "similarity_means/layer_{layer}", "language_probe/layer_{layer}"],
    "similarity_relation": ["similarity_relation"],
    "pca": ["pca/layer_{layer}"],
}
DATASETS = {"belebele": 60, "mmmlu": None, "mhellaswag": None}  # seconds allowed for the questions
METRICS_LIMIT = {"belebele": 180, "mmmlu": None, "mhellaswag": None}


@dataclass
class Measured:
    """Wall-clock seconds, processor seconds, and the highest resident memory in GB of all processes together."""

    wall: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--only", choices=DATASETS, nargs="*", default=list(DATASETS), help="only these, printed")
    parser.add_argument("--languages", type=int, help="only this many languages, printed")
    parser.add_argument("--folder", type=Path, help="where the files (about 20 GB) are kept; default: temporary")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        project = arguments.folder or Path(temporary)
        rows, load = [], [load_average()]
        if not (project / "Snakefile").exists():
            project.mkdir(parents=True, exist_ok=True)
            copy_project(project)
        rows += dry_runs(project)
        for name in arguments.only:
            rows += data_set(project, name, arguments.languages)
            load.append(load_average())
    page = document(rows, load)
    print(page)
    if not arguments.languages and arguments.only == list(DATASETS):
        (FOLDER / "SCALE.md").write_text(page, encoding="utf-8")


def dry_runs(project: Path) -> Iterator[list[str]]:
    """Yield rows of `snakemake -n` on the paper's config, median of three: jobs counted, and every job printed."""
    for shown, options in {"jobs counted": ["--quiet", "rules"], "every job printed": []}.items():
        runs = [snakemake(project, "-n", "--configfile", "config/paper.yaml", *options) for _ in range(3)]
        yield _row(f"dry-run of config/paper.yaml, {shown}", sorted(runs, key=_wall)[1], "8 s, 0.4 GB")


def data_set(project: Path, name: str, limit: int | None) -> Iterator[list[str]]:
    """Yield rows of one data set: questions and audit from raw files, then all CPU metrics of a model, rule by rule."""
    catalogue, table = (
        yaml.safe_load((project / f"config/{kind}.yaml").read_text()) for kind in ("datasets", "models")
    )
    known = languages.read_languages(project / "config/languages.tsv")
    paper = yaml.safe_load((project / "config/paper.yaml").read_text())
    tags = catalogues.dataset_languages(name, catalogue[name], "all", "en", known)[:limit]
    full_size.write_data_set(project / "full_size" / name, name, catalogue[name], known, tags)
    catalogue[name]["source"] = {"path": f"full_size/{name}"}
    (project / "config/datasets.yaml").write_text(yaml.safe_dump(catalogue))
    overlay = {"run": RUN, "models": [MODEL], "datasets": [name], "languages": tags, "figures": _figures(paper, name)}
    (project / "scale.yaml").write_text(yaml.safe_dump(overlay))
    measured = _timed(project, [f"audit/{name}.arrow", f"prompts/{name}.txt"], ["questions", "audit", "prompt_sheet"])
    limit_questions = f"{DATASETS[name]} s" if DATASETS[name] else "-"
    yield _row(f"{name}: questions, audit, prompts of {len(tags)} languages", measured, limit_questions)
    yield _rule_row(project, "questions", f"questions/{name}")

    entry, run = table[MODEL], project / "results" / RUN
    grid = layers.grid(entry["layers"], paper["layers"]["every"])
    entries = steering.settled(paper["steering"]["conditions"], "en", {name: tags})
    conditions = steering.conditions(entries, MODEL, grid, entry["layers"])
    for tag in tags:
        scale_results.write_language(
            run,
            f"{MODEL}/{name}",
            tag,
            "en",
            grid,
            conditions,
            paper["states"]["questions"],
            paper["steering"]["questions"],
            entry["d_model"],
        )
    files = {file.format(layer=layer) for files in METRICS.values() for file in files for layer in grid}
    targets = [f"metrics/{MODEL}/{name}/{file}.arrow" for file in sorted(files)]
    measured = _timed(project, targets, list(METRICS))
    limit_metrics = f"{METRICS_LIMIT[name]} s, 4 GB" if METRICS_LIMIT[name] else "-"
    what = f"{len(tags)} languages, {len(grid)} layers, {len(conditions)} conditions"
    yield _row(f"{name}: all CPU metrics of {MODEL}, {what}", measured, limit_metrics)
    for rule in METRICS:
        where = f"{rule}/{MODEL}/{name}"
        yield _rule_row(project, rule, where if "{layer}" in METRICS[rule][0] else f"{where}.tsv")


def _figures(paper: dict, name: str) -> dict:
    """Return every figure of the paper's config, for this model and data set."""
    return {figure: {"models": [MODEL], "datasets": [name]} for figure in paper["figures"]}


def _timed(project: Path, targets: list[str], rules: list[str]) -> Measured:
    """Make the targets by these rules alone and measure them: the results of other rules exist already."""
    paths = [f"results/{RUN}/{target}" for target in targets]
    configs = ["--configfile", "config/paper.yaml", "scale.yaml"]
    return snakemake(project, *paths, "--cores", str(CORES), "--forcerun", *rules, "--allowed-rules", *rules, *configs)


def snakemake(project: Path, *arguments: str) -> Measured:
    """Run Snakemake in ``project`` and measure it and its jobs. Raises RuntimeError, with its output, if it fails."""
    measured, started, before = Measured(), time.perf_counter(), os.times()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with open(project / "scale.log", "w+") as log:
        process = subprocess.Popen(
            ["snakemake", *arguments], cwd=project, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        with _watching(process, measured):
            code = process.wait()
        log.seek(0)
        if code:
            raise RuntimeError(log.read()[-4000:])
    after = os.times()
    measured.wall = time.perf_counter() - started
    measured.cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return measured


@contextmanager
def _watching(process: subprocess.Popen, measured: Measured) -> Iterator[None]:
    """Record, twice per second, the memory of the process and its descendants; shared pages count once."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            measured.memory = max(measured.memory, _memory(process.pid))

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    ended.set()
    thread.join()


def _memory(pid: int) -> float:
    """Return GB (proportional set size): of memory-mapped files, only the parts that a process has read count."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.Error:  # a process ended in the meantime
        pass
    return total / 1e9


def _rule_row(project: Path, rule: str, where: str) -> list[str]:
    """Return the sum over a rule's jobs of the values in Snakemake's benchmark files; memory is the maximum."""
    folder = project / "results" / RUN / "benchmarks" / where
    jobs = [
        next(csv.DictReader(file.open(), delimiter="\t"))
        for file in sorted([folder] if folder.is_file() else folder.glob("*.tsv"))
    ]
    seconds, cpu = (sum(float(job[key]) for job in jobs) for key in ("s", "cpu_time"))
    memory = max(float(job["max_pss"]) for job in jobs) / 1e3
    return [
        f"— {rule}, {len(jobs)} job{'s' if len(jobs) > 1 else ''}",
        f"{seconds:.1f}",
        f"{cpu:.1f}",
        f"{memory:.2f}",
        "",
    ]


def _row(name: str, measured: Measured, limit: str) -> list[str]:
    return [name, f"{measured.wall:.1f}", f"{measured.cpu:.1f}", f"{measured.memory:.2f}", limit]


def _wall(measured: Measured) -> float:
    return measured.wall


def document(rows: list[list[str]], load: list[float]) -> str:
    """Return the page benchmarks/SCALE.md."""
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""# Scale

Written by `python -m benchmarks.scale` on {datetime.date.today().isoformat()}.

| | |
|---|---|
| machine | {machine()} |
| software | {software(("numpy", "scipy", "pyarrow", "snakemake"))} |
| jobs at a time | {CORES}, one thread each |
| load average (1 min), before and between | {", ".join(f"{value:.1f}" for value in load)} |

Synthetic files of the real sizes: 122 × 900 (Belebele), 15 × 14,042 (mMMLU), 10 × 9,400 (mHellaSwag). Seconds are those
of the whole `snakemake` command, including its start and that of every job. Memory is the peak of all its processes
together, sampled twice per second; a page that several processes share counts once. Lines that begin with — are single
rules, from Snakemake's own benchmark files: seconds and processor time are summed over the jobs, memory is that of the
largest job. Snakemake samples processor time and memory and misses the start and end of a job, and so most of a short
job (0.0).

| what | seconds | processor seconds | GB | at most |
|---|---|---|---|---|
{lines}
"""


if __name__ == "__main__":
    main()
