"""crosslens as the workflow uses it: all the work per question in one forward pass."""

import torch
from crosslens.engine import forward, models, pipeline, sharing
from crosslens.engine.batches import Batch
from crosslens.engine.packing import Prompt
from crosslens.tables.conditions import ADD
from torch import Tensor

from benchmarks.work import Work

# On a CPU this gives one row per batch. The workflow has thousands of rows, enough for batches of similar length; a
# benchmark's few rows would be padded to the longest. `padding` measures batches.
TOKEN_BUDGET = 512
# No row of several prompts is longer; the workflow's own default (workflow/rules/inference.smk).
LONGEST_ROW = 8192


def run(work: Work, token_budget: int = TOKEN_BUDGET) -> dict[str, Tensor]:
    """Return log-probabilities in nats; an answer's is the mean over its tokens.

    letters [prompt, letter]; steered [prompt, condition, letter]; latent [answer, layer], the answers of all prompts
    one after the other, and its last layer as answers [answer].
    """
    decoder = models.dissect(work.model)
    letters = torch.tensor(work.letters, device=decoder.device)
    copies = None
    if work.conditions:
        added = [ADD] * len(work.conditions)
        copies = forward.Copies([layer for layer, _ in work.conditions], work.deltas(), added)

    def one_batch(batch: Batch) -> list[tuple[Tensor, Tensor, Tensor]]:
        read = forward.run(decoder, batch, work.layers, copies)
        # (prompt + copy, letter) -> (prompt, letter) and (prompt, condition, letter)
        logprobs = forward.letter_logprobs(decoder, read.final, letters).cpu()
        n = len(batch.prompts)
        steered = logprobs[n:].reshape(n, len(work.conditions), len(letters))
        # (layer, answer) -> per prompt (answer, layer)
        latent = forward.latent_logprobs(decoder, batch, read, work.layers).mean.cpu().T
        latent = latent.split([len(prompt.continuations) for prompt in batch.prompts])
        return list(zip(logprobs[:n], steered, latent, strict=True))

    rows = sharing.rows(prompts(work), decoder.crossover, LONGEST_ROW)
    done = pipeline.run(rows, token_budget, one_batch, decoder.device, decoder.multiple)
    of_prompt = dict(pair for chosen, results in done for pair in zip(chosen, results, strict=True))
    of_letters, steered, latent = zip(*(of_prompt[i] for i in range(len(work.prompts))), strict=True)
    results = {"letters": torch.stack(of_letters), "steered": torch.stack(steered), "latent": torch.cat(latent)}
    return results | {"answers": results["latent"][:, -1]}


def prompts(work: Work) -> list[Prompt]:
    """Return what is read at every prompt."""
    conditions, layers = range(len(work.conditions)), [layer for layer, _ in work.conditions]
    pairs = enumerate(zip(work.prompts, work.answers, strict=True))
    return [Prompt(tokens, answers, conditions, i, layers) for i, (tokens, answers) in pairs]
