"""The page benchmarks/RESULTS-GPU.md: the measurements of `gpu` and the projections made from them."""

import datetime
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import torch

from benchmarks.gpu_measure import ANSWER_TOKENS, AT_ONCE, N_ANSWERS, Point
from benchmarks.timing import spread

FILE = "RESULTS-GPU.md"

# Languages times questions; translations of mHellaSwag have slightly fewer questions than the English 10,042.
PAPER_QUESTIONS = {"Belebele": 122 * 900, "mMMLU": 15 * 14_042, "mHellaSwag": 10 * 10_042}

SPEED = (
    "model",
    "prompt tokens",
    "token budget",
    "questions/s, median [range]",
    "TFLOP per question",
    "TFLOP/s",
    "of the ceiling",
    "peak GiB",
    f"faster than plain, 1 / {AT_ONCE} at a time",
)
AGREEMENT = ("model", "attention", "per prompt length", "in float32", "safetensors GiB", "seconds to load")


@dataclass
class Measured:
    """The measurements of one model. notes: what could not be measured, and why."""

    model: str
    attention: str = ""
    load: tuple[float, float] | None = None
    float32: tuple[float, float] | None = None
    points: list[Point] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def page(device: str, dtype: torch.dtype, n_conditions: int, ceiling: float, models: Sequence[Measured]) -> str:
    """Return the whole page. ceiling: TFLOP/s of a large matrix product."""
    packages = ", ".join(f"{package} {version(package)}" for package in ("torch", "transformers", "numpy"))
    points = [point for model in models for point in model.points]
    notes = [f"* {model.model}: {note}" for model in models for note in model.notes]
    return (
        f"""# GPU benchmark

Written by `make bench-gpu` on {datetime.date.today().isoformat()}: {device}, CUDA {torch.version.cuda}, {packages},
Python {platform.python_version()}. Matmul ceiling in {str(dtype).removeprefix("torch.")}: **{ceiling:.3g} TFLOP/s**
(the best of 20 large products).

Random weights of the published shapes; prompts within 10 % of the given length, {N_ANSWERS} answers of {ANSWER_TOKENS}
random tokens (native, pivot, and their controls), {n_conditions} steering conditions, the lens at every fourth layer.

## Speed

TFLOP/s counts useful operations only: no padding, no masked scores. "Plain" is one forward per answer and condition,
one sequence at a time, and {AT_ONCE} sequences of one prompt at a time.

{_header(*SPEED)}
{chr(10).join(_speed(point, ceiling) for point in points)}

## Agreement with plain forwards, and time to load

Nats, mean (largest), over letters, steered letters and latent answers. Plain forwards round their logits to the
model's dtype ({str(dtype).removeprefix("torch.")}); the float32 column compares the same model in float32. Models are
loaded from files in the page cache.

{_header(*AGREEMENT)}
{chr(10).join(_agreement(model) for model in models)}

## Projected GPU-hours of the whole paper

Measured seconds per question times the paper's number of questions, summed over the {len(models)} models above, at each
prompt length.

{_projection(models)}

{chr(10).join(["## Not measured", "", *notes]) if notes else ""}
""".rstrip()
        + "\n"
    )


def _header(*columns: str) -> str:
    return f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|"


def _speed(point: Point, ceiling: float) -> str:
    rate = point.flop / statistics.median(point.seconds) / 1e12
    packed = statistics.median(point.seconds)
    return (
        f"| {point.model} | {point.prompt_tokens} | {point.budget} | {spread([1 / s for s in point.seconds], 2)} "
        f"| {point.flop / 1e12:.3g} | {rate:.3g} | {rate / ceiling:.0%} | {point.peak_gib:.1f} "
        f"| {point.plain_single / packed:.1f}× / {point.plain_batched / packed:.1f}× |"
    )


def _agreement(model: Measured) -> str:
    own = ", ".join(f"{point.mean:.1g} ({point.largest:.1g})" for point in model.points)
    float32 = "–" if model.float32 is None else "{:.1g} ({:.1g})".format(*model.float32)
    size, seconds = ("–", "–") if model.load is None else (f"{value:.1f}" for value in model.load)
    return f"| {model.model} | {model.attention} | {own} | {float32} | {size} | {seconds} |"


def _projection(models: Sequence[Measured]) -> str:
    lengths = sorted({point.prompt_tokens for model in models for point in model.points})
    complete = [n for n in lengths if all(any(p.prompt_tokens == n for p in model.points) for model in models)]
    if not complete:
        return "Not projected, because no prompt length was measured for all models."
    points = [point for model in models for point in model.points]

    def hours(name: str, questions: int, seconds) -> str:
        sums = [sum(seconds(point) for point in points if point.prompt_tokens == n) for n in complete]
        return f"| {name} | {questions:,} | " + " | ".join(f"{questions * each / 3600:.3g}" for each in sums) + " |"

    everything = sum(PAPER_QUESTIONS.values())
    return "\n".join(
        [
            _header("data set", "questions", *(f"{n} tokens" for n in complete)),
            *(hours(name, n, lambda p: statistics.median(p.seconds)) for name, n in PAPER_QUESTIONS.items()),
            hours("all, one pass", everything, lambda p: statistics.median(p.seconds)),
            hours(f"all, plain forwards, {AT_ONCE} at a time", everything, lambda p: p.plain_batched),
            hours("all, plain forwards, 1 at a time", everything, lambda p: p.plain_single),
        ]
    )
