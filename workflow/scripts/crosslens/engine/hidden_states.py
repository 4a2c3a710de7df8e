"""The states of the last prompt token for the sampled questions of one model, data set and language."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from crosslens import sampling
from crosslens.engine import forward, progress, self_check
from crosslens.engine.batches import Batch
from crosslens.engine.fit import check_fit
from crosslens.engine.models import Decoder
from crosslens.engine.packing import Prompt
from crosslens.engine.tokens import Encoder


def run(
    decoder: Decoder,
    tokenizer,
    table: pa.Table,
    layers: Sequence[int],
    questions: int,
    seed: int,
    token_budget: int,
    chat_template: bool = False,
    chat_template_kwargs: Mapping[str, object] | None = None,
) -> dict:
    """Return the columns of `HIDDEN_STATES` for the first ``questions`` of ``table`` in hash order, or all if fewer.

    Per grid layer an array [question, d_model], float32: the residual stream after that block, without the final norm.
    chat_template, chat_template_kwargs: see `tokens.Encoder`. Raises CrosslensError if a question does not fit the
    model (see `fit`), or if a state is not finite.
    """
    prompts = dict(zip(table["question_id"].to_pylist(), table["prompt"].to_pylist(), strict=True))
    chosen = sampling.order(prompts, seed)[:questions]
    encoder = Encoder(tokenizer, chat_template, chat_template_kwargs or {})
    all_tokens = encoder.prompts([prompts[question] for question in chosen])
    asked = [Prompt(tokens, index=i) for i, tokens in enumerate(all_tokens)]
    check_fit(decoder, tokenizer, chosen, asked)
    width = decoder.head.weight.shape[1]
    states = {layer: np.zeros((len(asked), width), np.float32) for layer in layers}

    def one_pass(batch: Batch) -> dict[int, np.ndarray]:
        read = forward.run(decoder, batch, layers)
        return {layer: read.prompt[layer].float().cpu().numpy() for layer in layers}

    rows = forward.rows(decoder, asked, token_budget)
    for indices, read in progress.run(decoder, rows, token_budget, one_pass):
        self_check.check_finite([chosen[i] for i in indices], *read.values(), dtype=decoder.dtype)
        for layer, values in read.items():
            states[layer][indices] = values
    return {"question_id": chosen, **{f"layer_{layer}": states[layer] for layer in layers}}
