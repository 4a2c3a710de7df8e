"""The plan as text for the terminal: one line per model and data set, the total, and what was assumed."""

from collections.abc import Callable, Sequence

import pyarrow as pa

from crosslens.plan import workload
from crosslens.plan.cost import Architecture
from crosslens.plan.workload import Evaluation

PARTS = ("states", "prefill", "branches", "steering", "lens", "letters")


def _pflop(row: dict) -> float | None:
    parts = [row[f"tflop_{part}"] for part in PARTS]
    return None if None in parts else sum(parts) / 1000


def _column(name: str, scale: float = 1) -> Callable[[dict], float | None]:
    return lambda row: None if row[name] is None else row[name] / scale


# Heading -> the value of a row.
COLUMNS: dict[str, Callable[[dict], object]] = {
    "model": lambda row: row["model"],
    "data set": lambda row: row["dataset"],
    "languages": lambda row: row["languages"],
    "questions": lambda row: row["questions"],
    "tokens/prompt": lambda row: row["prompt_tokens"],
    "shared": lambda row: row["shared_tokens"],
    "tokens from": lambda row: row["tokens_from"],
    "Mtokens": _column("tokens", 1e6),
    "PFLOP": _pflop,
    "GPU": lambda row: row["gpu"],
    "GPU-hours": _column("gpu_hours"),
    "disk GB": _column("disk_gb"),
    "jobs": lambda row: row["jobs"],
}
ACTUAL: dict[str, Callable[[dict], object]] = {
    "| done": lambda row: row["done"],
    "hours": _column("actual_hours"),
    "Mtokens": _column("actual_tokens", 1e6),
    "TFLOP/s": _column("actual_tflops"),
    "disk GB": _column("actual_disk_gb"),
}
ADDED = {"questions", "Mtokens", "PFLOP", "GPU-hours", "disk GB", "jobs", "| done", "hours"}


def render(table: pa.Table, evaluations: Sequence[Evaluation]) -> str:
    """Return the table "plan" of ``evaluations`` as text; columns of finished work only if there is any."""
    rows = table.to_pylist()
    columns = [*COLUMNS.items(), *(ACTUAL.items() if any(row["done"] for row in rows) else [])]
    lines = [
        [name, *map(_shown, cells := [value(row) for row in rows]), _total(name, cells)] for name, value in columns
    ]
    widths = [max(map(len, line)) for line in lines]
    text = ["  ".join(map(_padded, line, widths)).rstrip() for line in zip(*lines, strict=True)]
    return "\n".join([*text, "", *_remarks(evaluations)])


def _remarks(evaluations: Sequence[Evaluation]) -> list[str]:
    speeds = {evaluation.entry["gpu"]: evaluation.throughput for evaluation in evaluations}
    assumed = ", ".join(f"{gpu} {speed:g} TFLOP/s" for gpu, speed in speeds.items())
    entries = {evaluation.model: evaluation.entry for evaluation in evaluations}
    weights = sum(map(workload.weights, entries.values())) / 1e9
    gated = [entry["source"]["hub"] for entry in entries.values() if entry["source"].get("gated")]
    unstated = {model: Architecture.unstated(entry) for model, entry in entries.items()}
    return [
        *([f"Gated, so accept the terms on the hub and set HF_TOKEN first: {', '.join(gated)}."] if gated else []),
        *(
            f"PFLOP, GPU-hours and disk of {model} need {', '.join(keys)} in config/models.yaml."
            for model, keys in unstated.items()
            if keys
        ),
        *(
            f"{model} is run with plain rows, one forward pass per answer and condition, because {entry['why_plain']}."
            for model, entry in entries.items()
            if entry.get("why_plain")
        ),
        f"Assumed: {assumed} (config/gpus.yaml; plan.throughput overrides it).",
        f"Weights of the models: {_shown(weights)} GB. Loading them, metrics, tables and figures are not counted.",
        "`snakemake --dry-run --quiet rules` lists all jobs.",
    ]


def _total(name: str, cells: Sequence) -> str:
    """Return the cell of the last line: the sum of the known cells if a sum makes sense."""
    known = [cell for cell in cells if cell is not None]
    if name == "model":
        return "total"
    return _shown(sum(known) if known else None) if name in ADDED else ""


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _padded(cell: str, width: int) -> str:
    """Pad a cell: numbers go to the right, words to the left."""
    return cell.rjust(width) if cell[:1].isdigit() or cell == "-" else cell.ljust(width)
