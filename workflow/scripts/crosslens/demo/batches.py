"""Training text as batches of token ids. Knows no model; the caller's stage decides what the text tells."""

import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from crosslens.data.prompts import INSTRUCTION
from crosslens.demo.corpus import Stage, draw_text

SIZE = 64  # texts per batch
POOL = 4  # batches drawn at a time and sorted by length, so that a batch has little padding

Encode = Callable[[str], list[int]]


class Batch(NamedTuple):
    """Texts padded on the right. ``weight`` is 0 except on targets; those of one text share a weight of 1."""

    tokens: Int[Tensor, "text token"]
    weight: Float[Tensor, "text token"]


def encoder(tokenizer: PreTrainedTokenizerBase) -> Encode:
    """Return a function that tokenizes as ``tokenizer`` does, but without <bos> and with a cache of words.

    No token crosses a space, so words can be tokenized one by one.
    """
    ids = cache(lambda word: tuple(tokenizer(word, add_special_tokens=False)["input_ids"]))

    def encode(text: str) -> list[int]:
        before, instruction, after = text.rpartition(INSTRUCTION)
        words = [*before.split(), *filter(None, [instruction]), *after.split()]
        return list(chain.from_iterable(map(ids, words)))

    return encode


def draw_batches(random_: random.Random, encode: Encode, bos: int, stage: Callable[[], Stage]) -> Iterator[Batch]:
    """Yield endless batches of the current stage; when it changes, batches drawn for the earlier one are dropped."""
    while True:
        current = stage()
        texts = [draw_text(random_, current) for _ in range(SIZE * POOL)]
        examples = [([bos, *encode(text.context)], encode(text.target)) for text in texts]
        examples.sort(key=lambda example: sum(map(len, example)))
        pool = [collate(examples[start : start + SIZE]) for start in range(0, len(examples), SIZE)]
        random_.shuffle(pool)
        while pool and stage() == current:
            yield pool.pop()


def collate(examples: list[tuple[list[int], list[int]]]) -> Batch:
    """Return one batch from (context, target) pairs of token ids."""
    length = max(len(context) + len(target) for context, target in examples)
    tokens = np.zeros((len(examples), length), np.int64)
    weight = np.zeros((len(examples), length), np.float32)
    for row, (context, target) in enumerate(examples):
        end = len(context) + len(target)
        tokens[row, :end] = context + target
        weight[row, len(context) : end] = 1 / len(target)
    return Batch(torch.from_numpy(tokens), torch.from_numpy(weight))
