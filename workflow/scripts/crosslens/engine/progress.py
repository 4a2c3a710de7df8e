"""Run a job's batches under a progress bar and log how long they took. Does not know what a pass computes."""

import time
from collections.abc import Callable, Iterator, Sequence

from tqdm import tqdm

from crosslens.engine import batches
from crosslens.engine.batches import Batch, Result
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Row


def run(
    decoder: Decoder, rows: Sequence[Row], token_budget: int, one_pass: Callable[[Batch], Result]
) -> Iterator[tuple[list[int], Result]]:
    """Yield what `batches.run` yields, under a bar that shows questions, questions/s, time left and tokens/s.

    Logs the numbers of questions and tokens and the share of padding before it starts. At the end it logs the seconds
    of the first batch, which includes warm-up and compilation, and of the others.
    """
    lengths = [len(row) for row in rows]
    padding = batches.padding_share(lengths, batches.split(lengths, token_budget, decoder.multiple), decoder.multiple)
    print(f"{len(lengths)} questions, {sum(lengths)} tokens, {padding:.1%} padding", flush=True)
    started, first, tokens = time.perf_counter(), 0.0, 0
    with tqdm(total=len(lengths), unit="question", mininterval=5) as bar:
        for chosen, result in batches.run(rows, token_budget, one_pass, decoder.device, decoder.multiple):
            seconds = time.perf_counter() - started
            first = first or seconds
            yield chosen, result
            tokens += sum(lengths[i] for i in chosen)
            bar.set_postfix_str(f"{tokens / seconds:.0f} tokens/s, {padding:.1%} padding", refresh=False)
            bar.update(len(chosen))
    print(f"first batch {first:.1f} s, the others {time.perf_counter() - started - first:.1f} s", flush=True)
