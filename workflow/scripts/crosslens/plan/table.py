"""The plan: how much work a run is before anything is submitted, beside what finished jobs took.

One row per model and data set: questions, tokens, operations by the cost model, GPU-hours at an assumed throughput,
disk, jobs; and from finished jobs their hours, tokens and disk. Looks only at existing files, fetches nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from crosslens.plan import cost, workload
from crosslens.plan.sizes import load_tokenizer, measure
from crosslens.plan.workload import Evaluation, Size
from crosslens.tables import files
from crosslens.tables.columns import FLOAT64, INT32, STRING, Column, Table


def _number(name: str, doc: str) -> Column:
    return Column(name, FLOAT64, doc=doc, nullable=True)


PLAN = Table(
    "plan",
    [
        Column("model", STRING, doc="catalogue name"),
        Column("dataset", STRING, doc="catalogue name"),
        Column("languages", INT32, doc="languages selected"),
        Column("questions", INT32, doc="questions of all of them"),
        Column("prompt_tokens", FLOAT64, doc="mean tokens of a prompt"),
        Column("shared_tokens", FLOAT64, doc="how many of these the row has already, as a prompt before begins alike"),
        Column("answer_tokens", FLOAT64, doc="mean tokens of an answer choice"),
        Column(
            "tokens_from",
            STRING,
            doc="tokenizer (counted), characters (estimated) or catalogue, with numbers of languages",
        ),
        Column("conditions", INT32, doc="steering conditions of a question"),
        Column("tokens", FLOAT64, doc="tokens through the model: prompts but for what they share, answers, copies"),
        _number("tflop_states", doc="TFLOP of the hidden_states jobs"),
        *(_number(f"tflop_{part}", doc=f"TFLOP of the inference jobs: {part}") for part in asdict(cost.NOTHING)),
        Column("gpu", STRING, doc="kind of GPU"),
        _number("gpu_hours", doc="all TFLOP at the assumed throughput of that GPU, loading of weights not included"),
        _number("disk_gb", doc="hidden states, vectors and inference tables, 10^9 bytes"),
        Column("jobs", INT32, doc="jobs that each language has of its own: hidden_states, steering_vectors, inference"),
        Column("done", INT32, doc="languages whose inference is done"),
        _number("actual_hours", doc="wall time of their hidden_states and inference jobs"),
        _number("actual_tokens", doc="tokens that their inference jobs report"),
        _number("actual_tflops", doc="their planned TFLOP over that time, TFLOP/s: the throughput to assume"),
        _number("actual_disk_gb", doc="hidden states, vectors and inference tables on disk, 10^9 bytes"),
    ],
)


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
