"""`python -m benchmarks.scale`: the workflow on data of full size; writes benchmarks/SCALE.md.

Snakemake runs the rules as for a user, on a copy of the project, with two jobs at a time. Data sets are synthetic, of
the hub's shapes and sizes; what a model would have written is made up. Nothing is fetched and no model runs.
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

sys.path.append(str(FOLDER.parent / "tests"))

import full_size
from crosslens import configuration, languages
from workflow_runs import copy_project

CORES = 2
RUN = "scale"
MODEL = "gemma-2-27b"  # its grid has 12 layers, and it has the widest states of the paper's models but one
METRICS = {  # rule -> its files, some of them one a layer
    "output_metrics": ["languages", "pairs", "expectations"],
    "latent_metrics": ["latent/layer_{layer}", "latent_pairs/layer_{layer}"],
    "steering_metrics": ["steering"],
    "similarity": ["similarity/layer_{layer}"],
    "pca": ["pca/layer_{layer}"],
}
DATASETS = {"belebele": 60, "mmmlu": None, "mhellaswag": None}  # seconds that the questions may take
METRICS_LIMIT = {"belebele": 90, "mmmlu": None, "mhellaswag": None}


@dataclass
class Measured:
    """Wall-clock seconds, seconds of processor time, and the highest resident memory of all processes together, GB."""

    wall: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--only", choices=DATASETS, nargs="*", default=list(DATASETS), help="some; printed only")
    parser.add_argument("--languages", type=int, help="only so many languages; printed only")
    parser.add_argument("--folder", type=Path, help="where the files go (some 20 GB), and stay; a temporary one else")
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
    """`snakemake -n` of the paper, the median of three: with the table of jobs only, and with all jobs printed."""
    for shown, options in {"jobs counted": ["--quiet", "rules"], "every job printed": []}.items():
        runs = [snakemake(project, "-n", "--configfile", "config/paper.yaml", *options) for _ in range(3)]
        yield _row(f"dry-run of config/paper.yaml, {shown}", sorted(runs, key=_wall)[1], "8 s, 0.4 GB")


def data_set(project: Path, name: str, limit: int | None) -> Iterator[list[str]]:
    """Rows of one data set: its questions and audit from raw files, then all CPU metrics of a model, rule by rule."""
    catalogue, table = (
        yaml.safe_load((project / f"config/{kind}.yaml").read_text()) for kind in ("datasets", "models")
    )
    known = languages.read_languages(project / "config/languages.tsv")
    paper = yaml.safe_load((project / "config/paper.yaml").read_text())
    tags = configuration.dataset_languages(name, catalogue[name], "all", "en", known)[:limit]
    full_size.write_data_set(project / "full_size" / name, name, catalogue[name], known, tags)
    catalogue[name]["source"] = {"path": f"full_size/{name}"}
    (project / "config/datasets.yaml").write_text(yaml.safe_dump(catalogue))
    overlay = {"run": RUN, "models": [MODEL], "datasets": [name], "languages": tags, "figures": _figures(paper, name)}
    (project / "scale.yaml").write_text(yaml.safe_dump(overlay))
    made = _timed(project, [f"audit/{name}.arrow", f"prompts/{name}.txt"], ["questions", "audit", "prompts"])
    limit_questions = f"{DATASETS[name]} s" if DATASETS[name] else "-"
    yield _row(f"{name}: questions, audit, prompts of {len(tags)} languages", made, limit_questions)
    yield _rule_row(project, "questions", f"questions/{name}")

    entry, run = table[MODEL], project / "results" / RUN
    grid = configuration.layer_grid(entry["layers"], paper["layers"]["every"])
    conditions = configuration.steering_conditions(paper["steering"]["conditions"], MODEL, grid)
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
    made = _timed(project, targets, list(METRICS))
    limit_metrics = f"{METRICS_LIMIT[name]} s, 4 GB" if METRICS_LIMIT[name] else "-"
    what = f"{len(tags)} languages, {len(grid)} layers, {len(conditions)} conditions"
    yield _row(f"{name}: all CPU metrics of {MODEL}, {what}", made, limit_metrics)
    for rule in METRICS:
        where = f"{rule}/{MODEL}/{name}"
        yield _rule_row(project, rule, where if "{layer}" in METRICS[rule][0] else f"{where}.tsv")


def _figures(paper: dict, name: str) -> dict:
    """Every figure of the paper's config, of this model and data set."""
    return {figure: {"models": [MODEL], "datasets": [name]} for figure in paper["figures"]}


def _timed(project: Path, targets: list[str], rules: list[str]) -> Measured:
    """The targets, made by these rules alone: the others' results are there already."""
    paths = [f"results/{RUN}/{target}" for target in targets]
    configs = ["--configfile", "config/paper.yaml", "scale.yaml"]
    return snakemake(project, *paths, "--cores", str(CORES), "--forcerun", *rules, "--allowed-rules", *rules, *configs)


def snakemake(project: Path, *arguments: str) -> Measured:
    """Runs Snakemake in ``project``, and watches the memory of it and of its jobs. An error is printed and raised."""
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
    """Notes, twice a second, the memory of the process and of all that it started; pages that they share once."""
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
    """GB; memory-mapped files count only in so far as a process has read them (proportional set size)."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.Error:  # ended in between
        pass
    return total / 1e9


def _rule_row(project: Path, rule: str, where: str) -> list[str]:
    """What Snakemake's benchmark files say of a rule's jobs, added up; memory is the greatest of them."""
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
    """The page benchmarks/SCALE.md."""
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
of the whole `snakemake` command, its start and that of every job included. Memory is that of all its processes at their
highest, sampled twice a second; a page that several share counts once. Lines that begin with — are single rules,
from Snakemake's own benchmark files: seconds and processor time of their jobs added up, memory of the greatest job. It
samples processor time and memory and misses the start and end of a job, most of a short one (0.0).

| what | seconds | processor seconds | GB | at most |
|---|---|---|---|---|
{lines}
"""


if __name__ == "__main__":
    main()
