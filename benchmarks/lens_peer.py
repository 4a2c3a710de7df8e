"""(f) The lens of one-token answers at all layers: one pass against nnterp."""

import torch
from nnterp import StandardizedTransformer
from torch import Tensor

from benchmarks import one_pass, timing
from benchmarks.work import Size, Work, independent, lengths, make, qwen2, tokenizer

N_PROMPTS, N_ANSWERS = 4, 8


def section(size: Size) -> str:
    """Return the section of the report."""
    model = qwen2(size)
    prompts = independent(model, lengths(size, N_PROMPTS))
    work = make(model, prompts, N_ANSWERS, 1, list(range(1, size.layers + 1)), steered_layers=[])
    # nnterp wraps a model of its own, with the same weights.
    traced = StandardizedTransformer(qwen2(size), tokenizer=tokenizer())
    timings = timing.interleaved(
        {"one pass": one_pass.run, "nnterp": lambda work: lens(traced, work)}, work, work.first(), size.rounds
    )
    return f"""## (f) Lens: against nnterp

Log-probabilities of {N_ANSWERS} answers of one token after each of {N_PROMPTS} prompts, at all {size.layers} layers:
what nnterp's lens can give, as it reads the last token only. Both run every prompt once, so there is little to gain
here; answers of several tokens are what one pass is for, see (a) and (c).

{timing.table(timings)}
"""


@torch.inference_mode()
def lens(traced: StandardizedTransformer, work: Work) -> dict[str, Tensor]:
    """Return the log-probabilities of one-token answers at every layer of the grid: latent [answer, layer].

    As `nnterp.logit_lens` does it, but for the layers and answers that are asked for, and without the logits of other
    tokens than the last. nnterp numbers layers from 0.
    """
    latent = []
    for prompt, answers in zip(work.prompts, work.answers, strict=True):
        with traced.trace(torch.tensor([prompt]), logits_to_keep=1, use_cache=False):
            logits = torch.stack(
                [traced.project_on_vocab(traced.layers_output[layer - 1][:, -1])[0] for layer in work.layers]
            ).save()
        logprobs = torch.log_softmax(logits, dim=-1)
        # (layer, vocab) -> (answer, layer)
        latent.append(logprobs[:, [answer[0] for answer in answers]].T)
    return {"latent": torch.cat(latent)}
