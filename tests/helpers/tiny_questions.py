"""A tokenizer and tables of questions for the tiny random models. The words mean nothing."""

import random

import numpy as np
import pyarrow as pa
from crosslens.tables.files import fixed_size
from tiny_models import VOCABULARY
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

WORDS = ["dog", "cat", "bird", "fish", "runs", "sits", "swims", "red", "blue", "old", "new", "the", "a", "is", "in"]
LETTERS = "ABCDE"
SPECIAL = ["<pad>", "<bos>", "<eos>"]


def tokenizer(bos: bool = True) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer of at most VOCABULARY tokens; with ``bos`` it starts every text with <bos>."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = sorted(set("".join(WORDS) + LETTERS + "0123456789.:Ġ"))
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator([f" {letter}" for letter in LETTERS] * 50 + [f"the {word}" for word in WORDS], trainer)
    if bos:
        bpe.post_processor = processors.TemplateProcessing("<bos> $A", special_tokens=[("<bos>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>")


def questions(n: int = 6, n_choices: int = 4, seed: int = 0) -> pa.Table:
    """Return a table "questions" whose prompts differ widely in length and whose choices have one to many tokens."""
    pick = random.Random(seed)

    def text(longest: int) -> str:
        return " ".join(pick.choices(WORDS, k=pick.randint(1, longest)))

    native = [[text(3) for _ in range(n_choices)] for _ in range(n)]
    listed = [" ".join(f"{letter}: {text}" for letter, text in zip(LETTERS, row, strict=False)) for row in native]
    strings = pa.list_(pa.string())
    asked = [text(1 + 5 * (i % 4)) for i in range(n)]
    shifts = [1 + i % (n_choices - 1) if n_choices > 1 else 0 for i in range(n)]
    moved = [" ".join(np.roll(row, shift)) for row, shift in zip(native, shifts, strict=True)]
    return pa.table(
        {
            "question_id": [f"question {i}" for i in range(n)],
            "prompt": [f"{question}. {choices} is:" for question, choices in zip(asked, listed, strict=True)],
            "prompt_without_choices": [f"{question}. is:" for question in asked],
            "pivot_prompt": [f"a {question}. is:" for question in asked],
            "permuted_prompt": [f"{question}. {choices} is:" for question, choices in zip(asked, moved, strict=True)],
            "shift": pa.array(shifts, pa.int8()),
            "choices": pa.array(native, strings),
            "pivot_choices": pa.array([[text(3) for _ in range(n_choices)] for _ in range(n)], strings),
            "key": pa.array([pick.randrange(n_choices) for _ in range(n)], pa.int8()),
            "cluster": [f"question {i}" for i in range(n)],
            "groups": pa.array([["subject=words"]] * n, strings),
        }
    )


def vectors_table(layers, vectors, used=()) -> pa.Table:
    """Return a table "steering_vectors" of vectors [layer, d_model] that were made from the questions ``used``."""
    return pa.table(
        {
            "layer": pa.array(layers, pa.int16()),
            "vector": fixed_size(vectors.astype("f4")),
            "question_ids": pa.array([list(used)] * len(layers), pa.list_(pa.string())),
        }
    )
