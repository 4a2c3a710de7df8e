"""What a job that runs a model asks of a scheduler: host memory, minutes, and how many such jobs fill an hour.

Minutes come from the same cost model as the plan (`workload`, `cost`), at the sizes that the catalogue calls typical.
Rough on purpose: languages differ twofold in tokens, cards and file systems in speed, so limits have a margin.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from crosslens.plan import cost, workload
from crosslens.plan.workload import Evaluation, Size

# Stands in, scaled to its parameters, for a model whose entry does not state all sizes.
ASSUMED = cost.Architecture(layers=32, parameters=8.0, d_model=4096, vocabulary=128_000, tied=False)
LIBRARIES_MB = 4000
STARTUP_SECONDS = 45.0  # two Snakemake processes, importing torch and transformers
READ_GB_S = 1.0  # of weights from a shared file system
MARGIN = 3
LARGEST_SUBMISSION = 32


def memory_mb(entry: Mapping, attempt: int = 1) -> int:
    """Return the host memory to ask for: two bytes per parameter pass through it to the GPU, beside the libraries.

    The second attempt gets half as much again, the third twice as much.
    """
    return int((LIBRARIES_MB + 2500 * _billions(entry)) * (1 + attempt) / 2)


def minutes(rule: str, evaluation: Evaluation) -> float:
    """Return the estimated minutes of a job of ``rule``, hidden_states or inference, in one language.

    The job loads the model and then runs the typical questions at the throughput of ``evaluation``, in TFLOP/s.
    """
    model, size = architecture(evaluation.entry), Size.typical(evaluation.typical)
    language = next((tag for tag in evaluation.languages if tag != evaluation.pivot), evaluation.pivot)
    tflop = {
        "hidden_states": lambda: workload.states(evaluation, model, size),
        "inference": lambda: workload.inference(evaluation, model, language, size).total,
    }[rule]()
    loading = STARTUP_SECONDS + 2 * _billions(evaluation.entry) / READ_GB_S
    return (loading + tflop / evaluation.throughput) / 60


def architecture(entry: Mapping) -> cost.Architecture:
    """Return the sizes that a model's entry states, or those of `ASSUMED` in the same proportions."""
    ratio = _billions(entry) / ASSUMED.parameters
    return cost.Architecture.of(entry) or replace(
        ASSUMED,
        parameters=_billions(entry),
        d_model=round(ASSUMED.d_model * ratio ** (1 / 3)),
        vocabulary=round(ASSUMED.vocabulary * ratio ** (2 / 3)),
    )


def time_limit(estimated: int | float, attempt: int = 1) -> int:
    """Return the minutes to ask for; the second attempt gets twice as many, the third three times."""
    return math.ceil(MARGIN * estimated) * attempt


def jobs_an_hour(estimated: int | float) -> int:
    """Return how many jobs of ``estimated`` minutes a submission of about an hour holds: a power of two, at most 32."""
    fitting = max(1, min(LARGEST_SUBMISSION, int(60 / estimated)))
    return 2 ** (fitting.bit_length() - 1)


def _billions(entry: Mapping) -> int | float:
    return entry.get("parameters", ASSUMED.parameters)
