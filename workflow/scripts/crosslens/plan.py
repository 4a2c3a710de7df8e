"""What a run will take, before anything is submitted, and beside it what it has taken so far.

One row per model and data set: questions, tokens, operations by the cost model, GPU-hours at an assumed throughput,
disk, jobs; and from finished jobs their hours, tokens and disk. Looks only at what exists, fetches and starts nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from crosslens import cost, schemas, tables, workload
from crosslens.schemas import FLOAT64, INT32, STRING, Column
from crosslens.sizes import Size, load_tokenizer, measure
from crosslens.workload import Run


def _number(name: str, doc: str) -> Column:
    return Column(name, FLOAT64, doc, nullable=True)


schemas.TABLES["plan"] = [
    Column("model", STRING, "catalogue name"),
    Column("dataset", STRING, "catalogue name"),
    Column("languages", INT32, "languages selected"),
    Column("questions", INT32, "questions of all of them"),
    Column("prompt_tokens", FLOAT64, "mean tokens of a prompt"),
    Column("answer_tokens", FLOAT64, "mean tokens of an answer choice"),
    Column("tokens_from", STRING, "tokenizer (counted on a sample), characters or catalogue; how many languages each"),
    Column("conditions", INT32, "steering conditions of a question"),
    Column("tokens", FLOAT64, "tokens through the model: prompts, answers and steering copies"),
    _number("tflop_states", "TFLOP of the hidden_states jobs"),
    *(_number(f"tflop_{part}", f"TFLOP of the inference jobs: {part}") for part in asdict(cost.NOTHING)),
    Column("gpu", STRING, "kind of GPU"),
    _number("gpu_hours", "all TFLOP at the assumed throughput of that GPU, loading of weights not included"),
    _number("disk_gb", "hidden states, vectors and inference tables, 10^9 bytes"),
    Column("jobs", INT32, "jobs that each language has of its own: hidden_states, steering_vectors, inference"),
    Column("done", INT32, "languages whose inference is done"),
    _number("actual_hours", "wall time of their hidden_states and inference jobs"),
    _number("actual_tokens", "tokens that their inference jobs report"),
    _number("actual_tflops", "their planned TFLOP over that time, TFLOP/s: the throughput to assume"),
    _number("actual_disk_gb", "hidden states, vectors and inference tables on disk, 10^9 bytes"),
]


def plan(runs: Sequence[Run]) -> pa.Table:
    """The table "plan"; cells that cannot be known, or not yet, are null. Floats have four significant digits."""
    rows = [{name: _rounded(value) for name, value in row(run).items()} for run in runs]
    fields = [(column.name, column.type) for column in schemas.TABLES["plan"]]
    table = pa.Table.from_pylist(rows, pa.schema(fields))
    tables.check(table, "plan", "plan")
    return table


def row(run: Run) -> dict:
    """One row of the plan."""
    tokenizer = load_tokenizer(run.model_folder)
    found = {tag: measure(run.path("questions", tag), tokenizer, run.typical) for tag in run.languages}
    model, questions = cost.Architecture.of(run.entry), sum(size.questions for size in found.values())
    return {
        "model": run.model,
        "dataset": run.dataset,
        "languages": len(found),
        "questions": questions,
        "prompt_tokens": sum(size.questions * size.prompt_tokens for size in found.values()) / questions,
        "answer_tokens": sum(size.questions * size.answer_tokens for size in found.values()) / questions,
        "tokens_from": _origins(list(found.values())),
        "conditions": run.conditions,
        "tokens": sum(workload.tokens(run, tag, size) for tag, size in found.items()),
        "gpu": run.entry["gpu"],
        "jobs": 2 * len(found) + (len(found) - 1 if run.conditions else 0),
        **(_estimates(run, model, found) if model else {}),
        **_actual(run, model, found),
    }


def _estimates(run: Run, model: cost.Architecture, found: Mapping[str, Size]) -> dict:
    """What needs the sizes of the model: TFLOP by part, GPU-hours and disk."""
    inference = sum((workload.inference(run, model, tag, size) for tag, size in found.items()), cost.NOTHING)
    states = sum(workload.states(run, model, size) for size in found.values())
    return {
        "tflop_states": states,
        **{f"tflop_{part}": tflop for part, tflop in asdict(inference).items()},
        "gpu_hours": (states + inference.total) / run.throughput / 3600,
        "disk_gb": sum(workload.disk(run, model, tag, size) for tag, size in found.items()) / 1e9,
    }


def _actual(run: Run, model: cost.Architecture | None, found: Mapping[str, Size]) -> dict:
    """What the finished jobs took; empty cells before there are any."""
    done = [tag for tag in found if run.path("answers", tag).is_file()]
    if not done:
        return {"done": 0}
    seconds = sum(_seconds(run.path(kind, tag)) for tag in done for kind in ("states_benchmark", "inference_benchmark"))
    reported = [tables.read_provenance(run.path("answers", tag)).get("tokens") for tag in done]
    disk = sum(file.stat().st_size for folder in run.files["results"] for file in Path(folder).rglob("*.arrow"))
    actual = {"done": len(done), "actual_hours": seconds / 3600, "actual_disk_gb": disk / 1e9}
    if None not in reported:
        actual["actual_tokens"] = float(sum(reported))
    if model and seconds:
        work = (
            workload.states(run, model, found[tag]) + workload.inference(run, model, tag, found[tag]).total
            for tag in done
        )
        actual["actual_tflops"] = sum(work) / seconds
    return actual


def _seconds(benchmark: Path) -> float:
    """Wall time in a Snakemake benchmark file; 0 where there is none."""
    if not benchmark.is_file():
        return 0.0
    header, first = (line.split("\t") for line in benchmark.read_text().splitlines()[:2])
    return float(first[header.index("s")])


def _origins(sizes: Sequence[Size]) -> str:
    counted = {name: sum(size.origin == name for size in sizes) for name in ("tokenizer", "characters", "catalogue")}
    present = {name: n for name, n in counted.items() if n}
    return next(iter(present)) if len(present) == 1 else ", ".join(f"{name} {n}" for name, n in present.items())


def _rounded(value):
    return float(f"{value:.4g}") if isinstance(value, float) else value
