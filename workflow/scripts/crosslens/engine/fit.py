"""Checks before the first batch that a model can read a job's prompts: its context and its embedding are large enough.

They raise and change nothing. Without them a GPU stops with a message about an index, or the model reads positions that
it has never seen.
"""

from collections.abc import Sequence

from crosslens.engine.models import Decoder
from crosslens.engine.packing import Prompt, Tokens
from crosslens.errors import CrosslensError

# The names by which configs say how many positions a model has.
CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length", "seq_length")


def check_fit(
    decoder: Decoder, tokenizer, question_ids: Sequence[str], prompts: Sequence[Prompt], letters: Tokens = ()
) -> None:
    """Raise CrosslensError for a prompt that exceeds the model's context, or a token that the model has no row for.

    question_ids: per prompt, its question. The message names the question that is longest with its choices, or the
    token. letters: token ids that are scored after every prompt.
    """
    _check_context(decoder, question_ids, prompts)
    size = min(decoder.model.get_input_embeddings().weight.shape[0], decoder.head.weight.shape[0])
    for question, prompt in zip(question_ids, prompts, strict=True):
        scored = (token for tokens in prompt.continuations for token in tokens)
        _check_tokens([*prompt.tokens, *scored], size, tokenizer, f"question {question}")
    _check_tokens(letters, size, tokenizer, "the answer letters")


def context(decoder: Decoder) -> int | None:
    """Return how many positions the model has, or None if its config does not say.

    A stretched rotary embedding has its factor times as many as it had before.
    """
    config = decoder.stack.config
    limit = next((getattr(config, key) for key in CONTEXT_KEYS if getattr(config, key, None)), None)
    rope = getattr(config, "rope_parameters", None) or {}
    before, factor = rope.get("original_max_position_embeddings"), rope.get("factor")
    return max(limit, int(before * factor)) if limit and before and factor else limit


def _check_context(decoder: Decoder, question_ids: Sequence[str], prompts: Sequence[Prompt]) -> None:
    limit = context(decoder)
    depth, question = max((prompt.depth, name) for name, prompt in zip(question_ids, prompts, strict=True))
    if limit is not None and depth > limit:
        raise CrosslensError(
            f"question {question} has {depth} tokens with its longest choice, but the model reads at most {limit} "
            f"(model type '{decoder.stack.config.model_type}'). Lower 'prompt.examples.number' if it is set, leave out "
            "the data set or the language, or remove the model from 'models'."
        )


def _check_tokens(tokens: Tokens, size: int, tokenizer, where: str) -> None:
    largest = max(tokens, default=0)
    if largest >= size:
        raise CrosslensError(
            f"{where}: the tokenizer makes the token {tokenizer.convert_ids_to_tokens(largest)!r} with id {largest}, "
            f"but the model's embedding has only {size} rows: the tokenizer is not the model's own, or tokens were "
            "added to it without training. Use the tokenizer.json that belongs to the weights, or resize the model's "
            "embedding."
        )
