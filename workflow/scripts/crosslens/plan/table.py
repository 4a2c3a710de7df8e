"""The plan: how much work a run is before anything is submitted, beside what finished jobs took.

One row per model and data set: questions, tokens, operations by the cost model, GPU-hours at an assumed throughput,
disk, jobs; and from finished jobs their hours, tokens and disk. Looks only at existing files, fetches nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from crosslens.plan import cost, workload
from crosslens.plan.columns import PLAN
from crosslens.plan.sizes import load_tokenizer, measure
from crosslens.plan.workload import Evaluation, Size
from crosslens.tables import files


def plan(evaluations: Sequence[Evaluation]) -> pa.Table:
    """Return the table "plan". What cannot be known, or not yet, is null; floats have four significant digits."""
    rows = [{name: _rounded(value) for name, value in row(evaluation).items()} for evaluation in evaluations]
    fields = [(column.name, column.type) for column in PLAN.columns]
    table = pa.Table.from_pylist(rows, pa.schema(fields))
    files.check(table, PLAN, "plan")
    return table


def row(evaluation: Evaluation) -> dict:
    """Return one row of the plan."""
    tokenizer = load_tokenizer(evaluation.model_folder)
    sizes = {tag: measure(evaluation, tag, tokenizer) for tag in evaluation.languages}
    model, questions = cost.Architecture.of(evaluation.entry), sum(size.questions for size in sizes.values())

    def mean(name: str) -> float:
        return sum(size.questions * getattr(size, name) for size in sizes.values()) / questions

    return {
        "model": evaluation.model,
        "dataset": evaluation.dataset,
        "languages": len(sizes),
        "questions": questions,
        **{name: mean(name) for name in ("prompt_tokens", "shared_tokens", "answer_tokens")},
        "tokens_from": _origins(list(sizes.values())),
        "conditions": evaluation.conditions,
        "tokens": sum(workload.tokens(evaluation, tag, size) for tag, size in sizes.items()),
        "gpu": evaluation.entry["gpu"],
        "jobs": evaluation.jobs,
        **(_estimates(evaluation, model, sizes) if model else {}),
        **_actual(evaluation, model, sizes),
    }


def _estimates(evaluation: Evaluation, model: cost.Architecture, sizes: Mapping[str, Size]) -> dict:
    """Return the cells that need the sizes of the model: TFLOP by part, GPU-hours and disk."""
    inference = sum((workload.inference(evaluation, model, tag, size) for tag, size in sizes.items()), cost.NOTHING)
    states = sum(workload.states(evaluation, model, size) for size in sizes.values())
    return {
        "tflop_states": states,
        **{f"tflop_{part}": tflop for part, tflop in asdict(inference).items()},
        # The GPUs of a job compute one after another, but it holds all of them.
        "gpu_hours": (states + inference.total) / evaluation.throughput / 3600 * evaluation.entry.get("gpus", 1),
        "disk_gb": sum(workload.disk(evaluation, model, tag, size) for tag, size in sizes.items()) / 1e9,
    }


def _actual(evaluation: Evaluation, model: cost.Architecture | None, sizes: Mapping[str, Size]) -> dict:
    """Return the cells about finished jobs; none before there are any."""
    done = [tag for tag in sizes if evaluation.path("answers", tag).is_file()]
    if not done:
        return {"done": 0}
    seconds = sum(
        _seconds(evaluation.path(kind, tag)) for tag in done for kind in ("states_benchmark", "inference_benchmark")
    )
    reported = [files.read_provenance(evaluation.path("answers", tag)).get("tokens") for tag in done]
    disk = sum(file.stat().st_size for folder in evaluation.files["results"] for file in Path(folder).rglob("*.arrow"))
    actual = {"done": len(done), "actual_hours": seconds / 3600, "actual_disk_gb": disk / 1e9}
    if None not in reported:
        actual["actual_tokens"] = float(sum(reported))
    if model and seconds:
        work = (
            workload.states(evaluation, model, sizes[tag])
            + workload.inference(evaluation, model, tag, sizes[tag]).total
            for tag in done
        )
        actual["actual_tflops"] = sum(work) / seconds
    return actual


def _seconds(benchmark: Path) -> float:
    """Return the wall time in a Snakemake benchmark file; 0 if there is none."""
    if not benchmark.is_file():
        return 0.0
    header, first = (line.split("\t") for line in benchmark.read_text(encoding="utf-8").splitlines()[:2])
    return float(first[header.index("s")])


def _origins(sizes: Sequence[Size]) -> str:
    counted = {name: sum(size.origin == name for size in sizes) for name in ("tokenizer", "characters", "catalogue")}
    present = {name: n for name, n in counted.items() if n}
    return next(iter(present)) if len(present) == 1 else ", ".join(f"{name} {n}" for name, n in present.items())


def _rounded(value):
    return float(f"{value:.4g}") if isinstance(value, float) else value
