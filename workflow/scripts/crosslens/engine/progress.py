"""Run a job's rows under a progress bar and log how long they took. Does not know what a pass computes."""

import time
from collections.abc import Callable, Iterator, Sequence

from tqdm import tqdm

from crosslens.engine import batches, pipeline
from crosslens.engine.batches import Batch
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Row
from crosslens.engine.pipeline import Result


def run(
    decoder: Decoder, rows: Sequence[Row], token_budget: int, one_pass: Callable[[Batch], Result]
) -> Iterator[tuple[list[int], Result]]:
    """Yield what `pipeline.run` yields, under a bar that shows prompts, prompts/s, time left and padding.

    Logs the numbers of prompts and tokens and the share of padding before it starts. At the end it logs the seconds of
    the first batch, which includes warm-up and compilation, of the others, and for how long the device had no batch.
    token_budget: on a CPU batches are smaller, see `models.Decoder.batch_tokens`.
    """
    token_budget = decoder.batch_tokens(token_budget)
    waiting, n = pipeline.Waiting(), sum(len(row.prompts) for row in rows)
    lengths = [len(row) for row in rows]
    padding = (
        0.0
        if decoder.why_plain
        else batches.padding_share(lengths, batches.split(lengths, token_budget, decoder.multiple), decoder.multiple)
    )
    print(f"{n} prompts in {len(rows)} rows, {sum(lengths)} tokens, {padding:.1%} padding", flush=True)
    started, first = time.perf_counter(), 0.0
    with tqdm(total=n, unit="prompt", mininterval=5) as bar:
        passes = pipeline.run(rows, token_budget, one_pass, decoder.device, decoder.multiple, waiting)
        for chosen, result in passes:
            seconds = time.perf_counter() - started
            first = first or seconds
            yield chosen, result
            bar.set_postfix_str(f"{padding:.1%} padding", refresh=False)
            bar.update(len(chosen))
    print(
        f"first batch {first:.1f} s, the others {time.perf_counter() - started - first:.1f} s, in which the device "
        f"waited {waiting.seconds:.2f} s",
        flush=True,
    )
