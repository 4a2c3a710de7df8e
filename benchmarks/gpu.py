"""`python -m benchmarks.gpu` runs the paper's model shapes on a CUDA GPU and writes benchmarks/RESULTS-GPU.md.

Nothing is downloaded. `--tiny` runs small shapes, also on a CPU, and only prints: it tests the benchmark itself.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks import FOLDER, gpu_measure, gpu_report, gpu_shapes, one_pass
from benchmarks.gpu_report import Measured


def main() -> None:
    arguments = _arguments()
    cuda = torch.cuda.is_available()
    if not cuda and not arguments.tiny:
        raise SystemExit("No CUDA GPU was found, so nothing was measured. --tiny tests the benchmark on a CPU.")
    device, dtype = torch.device("cuda" if cuda else "cpu"), torch.bfloat16
    shapes = gpu_shapes.TINY if arguments.tiny else gpu_shapes.PAPER
    shapes = {name: shape for name, shape in shapes.items() if name in (arguments.models or shapes)}
    if arguments.profile:
        for name, shape in shapes.items():
            print(name, _profile(shape, device, dtype, arguments), sep="\n", flush=True)
            gpu_measure.release(device)
        return
    ceiling = gpu_measure.matmul_ceiling(device, dtype, 512 if arguments.tiny else 8192)
    name = torch.cuda.get_device_name(device) if cuda else "CPU"
    n_conditions = gpu_measure.N_STEERED_LAYERS * len(gpu_measure.GAMMAS)
    done: list[Measured] = []
    for model, shape in shapes.items():
        done.append(Measured(model))
        _measure(done[-1], shape, device, dtype, arguments)
        text = gpu_report.page(name, dtype, n_conditions, ceiling, done)
        # Written after every model, so that an interrupted run keeps its results.
        if not arguments.tiny:
            arguments.output.write_text(text)
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="small shapes, on a CPU if there is no GPU; print only")
    parser.add_argument("--models", nargs="+", choices=[*gpu_shapes.PAPER, *gpu_shapes.TINY], help="default: all")
    parser.add_argument("--prompt-tokens", nargs="+", type=int, default=[200, 400, 800])
    parser.add_argument("--questions", type=int, default=96, help="number of questions timed together")
    parser.add_argument(
        "--budgets", nargs="+", type=int, default=[4096, 8192, 16384], help="tokens; the fastest counts"
    )
    parser.add_argument("--attention", default="auto", help="as in crosslens.engine.attention.choose")
    parser.add_argument("--profile", action="store_true", help="print the costliest operations instead of measuring")
    parser.add_argument("--output", type=Path, default=FOLDER / gpu_report.FILE)
    return parser.parse_args()


def _measure(measured: Measured, shape: dict, device: torch.device, dtype: torch.dtype, arguments) -> None:
    """Fill ``measured``; note what does not fit into memory instead of estimating it."""
    parts = {
        "speed": lambda: _speed(measured, shape, device, dtype, arguments),
        "agreement in float32": lambda: _exact(measured, shape, device, arguments),
        "time to load": lambda: _load(measured, shape, device, dtype),
    }
    for what, measure in parts.items():
        try:
            measure()
        except torch.OutOfMemoryError:
            measured.notes.append(f"{what}: out of memory, {len(measured.points)} prompt lengths done")
        # Outside the except block, because the error's traceback keeps the model in memory.
        gpu_measure.release(device)


def _speed(measured: Measured, shape: dict, device: torch.device, dtype: torch.dtype, arguments) -> None:
    decoder = gpu_shapes.build(shape, device, dtype, arguments.attention)
    measured.attention = decoder.implementation
    for n in arguments.prompt_tokens:
        measured.points.append(gpu_measure.point(measured.model, decoder, n, arguments.questions, arguments.budgets))
        print(measured.points[-1], flush=True)


def _exact(measured: Measured, shape: dict, device: torch.device, arguments) -> None:
    decoder = gpu_shapes.build(shape, device, torch.float32, arguments.attention)
    measured.float32 = gpu_measure.differences(gpu_measure.questions(decoder, min(arguments.prompt_tokens), 1), 1)


def _load(measured: Measured, shape: dict, device: torch.device, dtype: torch.dtype) -> None:
    needed = gpu_shapes.gib(shape, dtype)
    if shutil.disk_usage(tempfile.gettempdir()).free < 1.05 * needed * 2**30:
        measured.notes.append(f"time to load: no room for {needed:.0f} GiB of weights in {tempfile.gettempdir()}")
        return
    measured.load = gpu_measure.load_seconds(shape, device, dtype)


def _profile(shape: dict, device: torch.device, dtype: torch.dtype, arguments) -> str:
    """Return a table of the costliest operations of one batch, at the middle prompt length and the smallest budget."""
    n = sorted(arguments.prompt_tokens)[len(arguments.prompt_tokens) // 2]
    decoder, budget = gpu_shapes.build(shape, device, dtype, arguments.attention), min(arguments.budgets)
    todo = gpu_measure.questions(decoder, n, max(1, budget // (2 * n)))
    one_pass.run(todo, budget)
    with profile(activities=[ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * (device.type == "cuda")) as recorded:
        one_pass.run(todo, budget)
    return recorded.key_averages().table(sort_by=f"self_{device.type}_time_total", row_limit=20)


if __name__ == "__main__":
    main()
