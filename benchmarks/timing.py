"""Time methods that do the same work, interleaved, and check that their results agree."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

Work = TypeVar("Work")
Result = Mapping[str, Tensor]

# Largest difference in nats between two methods' log-probabilities in float32.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Timings:
    """Per method, one entry per round: ``seconds`` on the clock, ``cpu_seconds`` of this process.

    difference: largest difference in nats between any result and the first method's.
    """

    seconds: dict[str, list[float]]
    cpu_seconds: dict[str, list[float]]
    difference: float


def ratios(seconds: Mapping[str, list[float]], method: str) -> list[float]:
    """Return, per round, how many times longer ``method`` took than the first method."""
    first = next(iter(seconds.values()))
    return [slow / fast for slow, fast in zip(seconds[method], first, strict=True)]


def interleaved(methods: Mapping[str, Callable[[Work], Result]], work: Work, warm_up: Work, rounds: int) -> Timings:
    """Run A B C, A B C, ... on ``work``, after one untimed call of each on ``warm_up``.

    A round's ratio compares measurements close in time, so that a machine that slows down favours no method. Raises
    ValueError if a quantity that two methods return differs by more than `TOLERANCE`.
    """
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    cpu_seconds: dict[str, list[float]] = {name: [] for name in methods}
    results: dict[str, Result] = {}
    for method in methods.values():
        method(warm_up)
    for _ in range(rounds):
        for name, method in methods.items():
            started, cpu_started = time.perf_counter(), time.process_time()
            results[name] = method(work)
            seconds[name].append(time.perf_counter() - started)
            cpu_seconds[name].append(time.process_time() - cpu_started)
    return Timings(seconds, cpu_seconds, _largest_difference(results))


def _largest_difference(results: Mapping[str, Result]) -> float:
    (reference, ours), *others = results.items()
    largest = 0.0
    for name, theirs in others:
        common = set(ours) & set(theirs)
        difference = max(float((ours[key].cpu() - theirs[key].cpu()).abs().max()) for key in common)
        if not difference <= TOLERANCE:
            raise ValueError(f"{name} and {reference} differ by {difference:.2g} nats in one of {sorted(common)}")
        largest = max(largest, difference)
    return largest


def spread(values: list[float], digits: int = 1, unit: str = "") -> str:
    """Return median and range: ``12.3× [11.9–13.0]``."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f}{unit} [{low:.{digits}f}–{high:.{digits}f}]"


def table(timings: Timings) -> str:
    """Return a Markdown table, one row per method, and a line on how well the results agree."""
    lines = ["| method | seconds, median [range] | one pass is faster by | by processor time |", "|---|---|---|---|"]
    first = next(iter(timings.seconds))
    for name, seconds in timings.seconds.items():
        both = [ratios(each, name) for each in (timings.seconds, timings.cpu_seconds)]
        clock, cpu = ("", "") if name == first else (spread(each, unit="×") for each in both)
        lines.append(f"| {name} | {spread(seconds, 3)} | {clock} | {cpu} |")
    rounds = len(timings.seconds[first])
    lines += ["", f"{rounds} rounds. Results agree to {timings.difference:.1g} nats (allowed: {TOLERANCE:g})."]
    return "\n".join(lines)
