"""crosslens as the workflow uses it: all the work per question in one forward pass."""

import torch
from crosslens.engine import batches, forward, models
from crosslens.engine.packing import pack
from torch import Tensor

from benchmarks.work import Work

# On a CPU this gives one prompt per batch. The workflow has thousands of prompts, enough for batches of similar length;
# a benchmark's few prompts would be padded to the longest. `padding` measures batches.
TOKEN_BUDGET = 512


def run(work: Work, token_budget: int = TOKEN_BUDGET) -> dict[str, Tensor]:
    """Return log-probabilities in nats; an answer's is the mean over its tokens.

    letters [prompt, letter]; steered [prompt, condition, letter]; if the work has answers, also latent [prompt, answer,
    layer] and its last layer as answers [prompt, answer].
    """
    decoder = models.dissect(work.model)
    letters = torch.tensor(work.letters, device=decoder.device)
    copies = None
    if work.conditions:
        copies = forward.Copies([layer for layer, _ in work.conditions], work.deltas())

    def one_batch(batch: batches.Batch) -> dict[str, Tensor]:
        n = len(batch.rows)
        read = forward.run(decoder, batch, work.layers, copies)
        final = torch.cat([read.prompt[work.layers[-1]], read.copies])
        logprobs = forward.letter_logprobs(decoder, final, letters).cpu()
        results = {"letters": logprobs[:n], "steered": logprobs[n:].reshape(n, len(work.conditions), len(letters))}
        if batch.rows[0].continuations:
            # (layer, prompt * answer) -> (prompt, answer, layer)
            latent = forward.latent_logprobs(decoder, batch, read).cpu().T.reshape(n, -1, len(work.layers))
            results |= {"latent": latent, "answers": latent[:, :, -1]}
        return results

    rows = [pack(*pair, len(work.conditions)) for pair in zip(work.prompts, work.answers, strict=True)]
    done = list(batches.run(rows, token_budget, one_batch, decoder.device, decoder.multiple))
    order = torch.tensor([i for chosen, _ in done for i in chosen]).argsort()
    return {name: torch.cat([results[name] for _, results in done])[order] for name in done[0][1]}
