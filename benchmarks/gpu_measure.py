"""Measurements of one model shape on one device: speed, memory, agreement and time to load. Nothing is estimated."""

import gc
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from crosslens.engine import models
from crosslens.engine.models import Decoder

from benchmarks import gpu_flops, gpu_shapes, one_pass, plain, work
from benchmarks.work import Work

# Four native choices, four pivot choices, and the same number of shuffled-answer controls.
N_ANSWERS, ANSWER_TOKENS = 16, 8
N_STEERED_LAYERS, GAMMAS = 12, (-2.0, -1.0, 1.0, 2.0)
REPEATS = 3
AT_ONCE = 16


@dataclass(frozen=True)
class Point:
    """One model at one prompt length; all values are per question.

    seconds: of the packed pass, one per repeat. flop: useful operations. plain_single, plain_batched: seconds of plain
    forwards with one or `AT_ONCE` sequences per forward. mean, largest: differences in nats between the packed pass and
    plain forwards, over letters, steered letters and latent answers.
    """

    model: str
    prompt_tokens: int
    budget: int
    seconds: list[float]
    flop: float
    peak_gib: float
    plain_single: float
    plain_batched: float
    mean: float
    largest: float


def matmul_ceiling(device: torch.device, dtype: torch.dtype, n: int) -> float:
    """Return the TFLOP/s of the best of 20 products of two n x n matrices."""
    a, b = (torch.randn(n, n, device=device).to(dtype) for _ in range(2))
    return 2 * n**3 / min(_seconds(lambda: a @ b, device) for _ in range(20)) / 1e12


def point(
    name: str, decoder: Decoder, prompt_tokens: int, n_questions: int, budgets: Sequence[int], n_plain: int = 1
) -> Point:
    """Return all measurements at one prompt length, with the fastest of the token budgets."""
    todo = questions(decoder, prompt_tokens, n_questions)
    # Warm-up: the first batch of a shape also loads kernels and grows the allocator's pool.
    one_pass.run(todo.first(), min(budgets))
    timed = {budget: _repeats(todo, budget) for budget in budgets}
    budget = min(timed, key=lambda each: statistics.median(timed[each][0]))
    few = replace(todo, prompts=todo.prompts[:n_plain], answers=todo.answers[:n_plain])
    mean, largest = differences(few, AT_ONCE)
    device = decoder.device
    return Point(
        model=name,
        prompt_tokens=prompt_tokens,
        budget=budget,
        seconds=timed[budget][0],
        flop=gpu_flops.useful(decoder, todo) / n_questions,
        peak_gib=timed[budget][1],
        plain_single=_seconds(lambda: plain.run(few, 1), device) / n_plain,
        plain_batched=_seconds(lambda: plain.run(few, AT_ONCE), device) / n_plain,
        mean=mean,
        largest=largest,
    )


def questions(decoder: Decoder, prompt_tokens: int, n: int) -> Work:
    """Return prompts within 10 % of the length, steered after `N_STEERED_LAYERS` layers spread over the model."""
    n_layers = len(decoder.layers)
    steered = sorted({round((i + 1) * n_layers / N_STEERED_LAYERS) for i in range(N_STEERED_LAYERS)})
    lengths = [round(prompt_tokens * (0.9 + 0.2 * (i * 37 % n) / n)) for i in range(n)]
    prompts = work.independent(decoder.model, lengths)
    return work.make(decoder.model, prompts, N_ANSWERS, ANSWER_TOKENS, gpu_shapes.grid(decoder), steered, GAMMAS)


def differences(todo: Work, at_once: int) -> tuple[float, float]:
    """Return the mean and largest absolute difference in nats between one pass and plain forwards."""
    ours, theirs = one_pass.run(todo), plain.run(todo, at_once)
    every = torch.cat([(ours[key] - theirs[key]).abs().flatten() for key in theirs])
    return float(every.mean()), float(every.max())


def load_seconds(decoder_shape: dict, device: torch.device, dtype: torch.dtype) -> tuple[float, float]:
    """Return GiB of safetensors weights and the seconds that `models.load` takes with the files in the page cache."""
    with tempfile.TemporaryDirectory() as folder:
        decoder = gpu_shapes.build(decoder_shape, device, dtype)
        decoder.model.save_pretrained(folder)
        work.tokenizer().save_pretrained(folder)
        n_layers = len(decoder.layers)
        del decoder
        release(device)
        size = sum(path.stat().st_size for path in Path(folder).glob("*.safetensors")) / 2**30
        name = str(dtype).removeprefix("torch.")
        return size, _seconds(lambda: models.load(folder, name, n_layers), device)


def release(device: torch.device) -> None:
    """Give freed memory back to the device."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _repeats(todo: Work, budget: int) -> tuple[list[float], float]:
    """Return seconds per question of each repeat, and the peak of allocated memory in GiB (0 on a CPU)."""
    device, n = todo.model.device, len(todo.prompts)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = [_seconds(lambda: one_pass.run(todo, budget), device) / n for _ in range(REPEATS)]
    return seconds, torch.cuda.max_memory_allocated(device) / 2**30 if device.type == "cuda" else 0.0


def _seconds(function, device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = time.perf_counter()
    function()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started
