"""(h) Waiting: how long a fast device has no batch to run, from texts on."""

import contextlib
import io
import random
import time

import numpy as np
import pyarrow as pa
from crosslens.engine import edits, pipeline, preparation, sharing
from crosslens.engine.batches import Batch
from crosslens.tables.files import fixed_size
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from benchmarks.work import FULL, Size

SECONDS_PER_QUESTION = 0.006
LIMIT_MS = 1.0
N_CONDITIONS, TOKEN_BUDGET, D_MODEL = 24, 8192, 2304
# Thai letters, but the words are none. A syllable is a consonant and a vowel, a word two syllables.
CONSONANTS = [chr(0x0E01 + i) for i in range(40)]
VOWELS = [chr(0x0E40 + i) for i in range(5)] + [chr(0x0E30 + i) for i in range(7)]
# Words of a passage and of a question, and of a choice: about 250 and 590 tokens per question, as Thai and
# Burmese have with the tokenizer of Gemma 2.
LENGTHS = {"Thai": (185, 25, 8), "Burmese": (470, 60, 18)}


def section(size: Size) -> str:
    """Return the section of the report. Raises ValueError if the device waits for longer than the limit."""
    full = size.layers == FULL.layers
    spoken, n = tokenizer(), 900 if full else 90
    waited = {name: measure(questions(n, *lengths), spoken) for name, lengths in LENGTHS.items()}
    lines = [f"| {name} | {tokens:.0f} | {first:.1f} | {ms:.2f} |" for name, (tokens, first, ms) in waited.items()]
    if full and max(ms for _, _, ms in waited.values()) > LIMIT_MS:
        raise ValueError(f"the device waits for longer than {LIMIT_MS} ms per question: {lines}")
    return f"""## (h) Waiting

A device that takes {SECONDS_PER_QUESTION * 1000:.0f} ms per question and needs no processor runs {n} questions with
the lengths of two languages in Belebele, two to a passage. Words are made up; the BPE tokenizer has
{spoken.vocab_size:,} tokens. A tenth of the questions have a control; there are {N_CONDITIONS} conditions. In a job,
the weights load before the first batch, too. Allowed: {LIMIT_MS:g} ms of waiting per question after that.

| lengths | tokens per question | seconds before the first batch | ms of waiting per question after it |
|---|---|---|---|
{chr(10).join(lines)}
"""


def measure(table: pa.Table, spoken: PreTrainedTokenizerFast) -> tuple[float, float, float]:
    """Return tokens per question, seconds before the first batch, and ms of waiting per question after it."""
    n, started, first = len(table), time.perf_counter(), []
    own = pa.table({"layer": pa.array([1], pa.int16()), "vector": fixed_size(np.ones((1, 4), np.float32))})
    own = own.append_column("question_ids", pa.array([[]], pa.list_(pa.string())))
    steered = edits.make([[1, float(gamma)] for gamma in range(1, 1 + N_CONDITIONS)], {"own": own})
    samples = {"control_questions": n // 10, "ceiling_questions": 0, "lens_prompts": [], "seed": 0}

    def device(batch: Batch) -> None:
        first.append(time.perf_counter() - started)
        time.sleep(SECONDS_PER_QUESTION * len(batch.prompts))

    with contextlib.redirect_stdout(io.StringIO()):  # prints the first prompt
        prepared = preparation.prepare(table, spoken, steered, **samples)
    rows = sharing.rows(prepared.prompts, sharing.crossover_of(D_MODEL), TOKEN_BUDGET)
    waiting = pipeline.Waiting()
    for _ in pipeline.run(rows, TOKEN_BUDGET, device, waiting=waiting):
        pass
    return sum(map(len, rows)) / n, first[0], waiting.seconds / n * 1000


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a BPE tokenizer with a vocabulary of a real one's size: all words of two syllables are tokens."""
    letters = [":", *"ABCD", *CONSONANTS, *VOWELS]
    syllables = [(consonant, vowel) for consonant in CONSONANTS for vowel in VOWELS]
    words = [("".join(a), "".join(b)) for a in syllables for b in syllables]
    vocabulary = [*letters, *map("".join, syllables), *map("".join, words)]
    bpe = Tokenizer(models.BPE({text: i for i, text in enumerate(vocabulary)}, [*syllables, *words]))
    bpe.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=bpe)


def questions(n: int, passage: int, question: int, choice: int) -> pa.Table:
    """Return a table "questions": texts of so many words, two questions to a passage, in random order."""
    pick = random.Random(0)

    def text(words: int) -> str:
        spelled = ("".join(pick.choice(letters) for letters in (CONSONANTS, VOWELS) * 2) for _ in range(words))
        return " ".join(spelled)

    own, pivot = ([[text(choice) for _ in range(4)] for _ in range(n)] for _ in range(2))
    passages = [text(passage) for _ in range(-(-n // 2))]
    prompts = [f"{passages[i // 2]} {text(question)} A {' B '.join(own[i])} :" for i in range(n)]
    order, strings = pick.sample(range(n), n), pa.list_(pa.string())
    return pa.table(
        {
            "question_id": [f"question {i}" for i in order],
            "prompt": [prompts[i] for i in order],
            "choices": pa.array([own[i] for i in order], strings),
            "pivot_choices": pa.array([pivot[i] for i in order], strings),
            "key": pa.array([0] * n, pa.int8()),
            "shift": pa.array([0] * n, pa.int8()),
        }
    )
