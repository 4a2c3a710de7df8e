"""What a job that runs a model asks of a scheduler: host memory, minutes, and how many such jobs fill an hour.

Rough on purpose: operations are two a parameter and token, sizes are the catalogues'. What a run costs is `workload`.
"""

import math
from collections.abc import Mapping

DEFAULT_BILLIONS = 8.0  # of parameters, for a model whose entry does not say
LIBRARIES_MB = 4000
STARTUP_SECONDS = 45.0  # two Snakemake processes, importing torch and transformers
READ_GB_S = 1.0  # of weights from a shared file system
MARGIN = 3  # languages and tokenizers differ twofold in tokens, cards and file systems in speed
LARGEST_SUBMISSION = 32


def memory_mb(entry: Mapping, attempt: int = 1) -> int:
    """Host memory: two bytes a parameter pass through it on their way to the GPU, on top of the libraries.

    A second attempt gets half as much again, a third twice as much.
    """
    return int((LIBRARIES_MB + 2500 * _billions(entry)) * (1 + attempt) / 2)


def minutes(entry: Mapping, questions: int, tokens: int | float, throughput: int | float) -> float:
    """Estimated minutes to load a model (its entry of models.yaml) and run ``tokens`` a question at TFLOP/s."""
    loading = STARTUP_SECONDS + 2 * _billions(entry) / READ_GB_S
    running = 2 * _billions(entry) * questions * tokens / (1000 * throughput)
    return (loading + running) / 60


def time_limit(estimated: int | float, attempt: int = 1) -> int:
    """The minutes to ask for; a second attempt gets twice as many, a third three times."""
    return math.ceil(MARGIN * estimated) * attempt


def jobs_an_hour(estimated: int | float) -> int:
    """How many jobs of ``estimated`` minutes one submission of about an hour holds: a power of two, at most 32."""
    fitting = max(1, min(LARGEST_SUBMISSION, int(60 / estimated)))
    return 2 ** (fitting.bit_length() - 1)


def _billions(entry: Mapping) -> int | float:
    return entry.get("parameters", DEFAULT_BILLIONS)
