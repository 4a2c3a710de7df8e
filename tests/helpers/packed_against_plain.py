"""Packed passes of tiny models compared with plain forwards: the same prompts, continuations and conditions in both."""

import tiny_models
import torch
from crosslens.engine import batches, forward, models, plain
from crosslens.engine.packing import Prompt, pack
from plain_forwards import hidden_states, latent_logprob, next_token_logprobs

LAYERS = [1, 2, 3, 4]
LETTERS = torch.tensor([5, 6, 7])
CONTINUATIONS = {
    "one token": [[11], [12]],
    "shared prefixes": [[11, 12, 13], [11, 12, 14], [11, 15], [11]],
    "identical": [[11, 12], [11, 12], [13]],
    "long": [list(range(20, 32)), list(range(20, 30)) + [50, 51]],
}
CONDITIONS = {
    "none": [],
    "many": [(layer, gamma) for layer in LAYERS for gamma in (-2.0, 1.0, 3.0)],
    "one layer": [(2, -1.0), (2, 2.0), (2, 4.0)],
    "first and last": [(1, 1.5), (4, 1.5)],
    "all operations": [(layer, 1.0, operation) for layer in (2, 4) for operation in ("add", "project_out", "replace")],
}
MODELS = {
    "qwen2": tiny_models.qwen2,
    "qwen2 untied, wide window": lambda: tiny_models.qwen2(window=64, tie_word_embeddings=False),
    "gemma2": tiny_models.gemma2,
    "gemma2 wide window": lambda: tiny_models.gemma2(window=64),
    "gemma2 no soft-caps, untied": lambda: tiny_models.gemma2(softcaps=False, tie_word_embeddings=False),
}


def prompts(*lengths: int) -> list[list[int]]:
    """Return random prompts of these lengths, the same in every call."""
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(3, tiny_models.VOCABULARY, (n,), generator=generator).tolist() for n in lengths]


def related_prompts() -> list[list[int]]:
    """Return prompts that begin alike in all the ways that matter: equal ones, and one that another one continues."""
    passage, question, other = prompts(9, 4, 6)
    return [
        passage + question,
        passage + other,
        passage,
        passage + question,
        [*passage[:5], 7],
        [8],
        [8, 8],
        passage[:2],
    ]


def rows_of(prompt_list, continuations=(), conditions=(), together=False, grow=True):
    """Return packed rows, with the same continuations after all prompts: one row per prompt, or one for all of them.

    grow: whether copies join the rows at the layers at which they are steered, or are there from the beginning.
    """
    asked = prompts_of(prompt_list, continuations, conditions, grow)
    return [pack(asked)] if together else [pack([prompt]) for prompt in asked]


def copies_of(conditions, vectors):
    """Return the edits of conditions (layer, gamma) or (layer, gamma, operation), one vector each."""
    operations = [operation[0] if operation else "add" for _, _, *operation in conditions]
    return forward.Copies([layer for layer, *_ in conditions], vectors, operations)


def prompts_of(prompt_list, continuations=(), conditions=(), grow=True):
    layers = [layer for layer, *_ in conditions] if grow else None
    return [Prompt(tokens, continuations, range(len(conditions)), i, layers) for i, tokens in enumerate(prompt_list)]


def run_packed(model, prompt_list, continuations, conditions, vectors, together, mode="auto", grow=True, **lens):
    """Return the pass itself, letters [prompt, letter], latent [prompt, continuation, layer] and steered letters.

    The steered letters are [prompt, condition, letter]. together, grow: as in `rows_of`. mode: as in `models.dissect`;
    plain rows are never together. lens: keywords of `forward.latent_logprobs`.
    """
    decoder = models.dissect(model, mode)
    if decoder.why_plain is None:
        rows = rows_of(prompt_list, continuations, conditions, together, grow)
    else:
        rows = [plain.row(prompt) for prompt in prompts_of(prompt_list, continuations, conditions)]
    batch = batches.collate(rows)
    copies = copies_of(conditions, vectors) if conditions else None
    read = forward.run(decoder, batch, LAYERS, copies)
    # (layer, prompt * continuation) -> (prompt, continuation, layer)
    latent = forward.latent_logprobs(decoder, batch, read, LAYERS, **lens).mean.T
    latent = latent.reshape(len(prompt_list), -1, len(LAYERS))
    steered = forward.letter_logprobs(decoder, read.copies, LETTERS).reshape(
        len(prompt_list), len(conditions), len(LETTERS)
    )
    letters = forward.letter_logprobs(decoder, read.prompt[LAYERS[-1]], LETTERS)
    return read, letters, latent, steered


def assert_close(ours, oracle):
    """Compare relative to the quantity's largest absolute value: raw log-probabilities can be large."""
    torch.testing.assert_close(ours, oracle, rtol=0, atol=1e-5 * max(1.0, float(oracle.abs().max())))


def assert_equals_plain_forwards(model, prompt_list, continuations, conditions, mode="auto", **lens):
    """Compare states, letters, latent log-probabilities and steered letters with one plain forward for each.

    The prompts are packed as one row per prompt and as one row of all, with copies that join late and early.
    """
    vectors = torch.randn(len(conditions), 32, generator=torch.Generator().manual_seed(2))
    packed = [
        run_packed(model, prompt_list, continuations, conditions, vectors, together, mode, grow, **lens)
        for together in (False, True)
        for grow in (True, False)
    ]
    for i, prompt in enumerate(prompt_list):
        states = hidden_states(model, prompt)
        letter_oracle = next_token_logprobs(model, prompt)[LETTERS]
        lens_oracle = [
            torch.stack([latent_logprob(model, prompt, tokens, layer, **lens) for tokens in continuations])
            for layer in LAYERS
        ]
        steered_oracle = [
            next_token_logprobs(model, prompt, layer, vectors[s], *operation)[LETTERS]
            for s, (layer, _, *operation) in enumerate(conditions)
        ]
        for read, letters, latent, steered in packed:
            assert_close(letters[i], letter_oracle)
            for k, layer in enumerate(LAYERS):
                assert_close(read.prompt[layer][i], states[layer][-1])
                assert_close(latent[i, :, k], lens_oracle[k])
            for s, oracle in enumerate(steered_oracle):
                assert_close(steered[i, s], oracle)
