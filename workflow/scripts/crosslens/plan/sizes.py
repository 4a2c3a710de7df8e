"""Measure how many questions a language has, how long they are and how much they share, as far as files exist.

With the questions, their bytes are counted. With the model's tokenizer, a sample says how many tokens a byte has; else
that is assumed. Without the questions, the catalogue's typical sizes stand in. Runs no model.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from crosslens.engine import sharing
from crosslens.plan import job_limits, workload
from crosslens.plan.workload import Evaluation, Size
from crosslens.tables.files import read_table
from crosslens.tables.inference import QUESTIONS

SAMPLE = 32  # questions of a language that are tokenized, for the number of tokens per byte
TOKENS_PER_BYTE = 0.25  # of UTF-8; characters would misjudge scripts with two or three bytes per character


def load_tokenizer(folder: str | Path) -> Tokenizer | None:
    """Return the tokenizer in a model's folder; None if there is none yet."""
    file = Path(folder) / "tokenizer.json"
    return Tokenizer.from_file(str(file)) if file.is_file() else None


def measure(evaluation: Evaluation, language: str, tokenizer: Tokenizer | None) -> Size:
    """Return the size of a language's table "questions"; the catalogue's typical size if it does not exist."""
    path = evaluation.path("questions", language)
    if not path.is_file():
        return Size.typical(evaluation.typical)
    questions = read_table(path, QUESTIONS)
    columns = ["choices", *(["pivot_choices"] if "pivot" in evaluation.forms else [])]
    sample = questions.take(np.linspace(0, len(questions) - 1, min(SAMPLE, len(questions))).round().astype(int))
    prompt, answer = (
        _mean_bytes(texts) * _tokens_per_byte(tokenizer, some.to_pylist(), before)
        for texts, some, before in zip(_texts(questions, columns), _texts(sample, columns), ("", " "), strict=True)
    )
    size = Size(
        questions=len(questions),
        choices=pc.mean(pc.list_value_length(questions["choices"])).as_py(),
        prompt_tokens=prompt,
        answer_tokens=max(answer, 1.0),
        origin="tokenizer" if tokenizer else "characters",
    )
    return replace(size, shared_tokens=_shared_tokens(evaluation, language, size, questions["prompt"], tokenizer))


def _shared_tokens(
    evaluation: Evaluation, language: str, size: Size, prompts: pa.ChunkedArray, tokenizer: Tokenizer | None
) -> float:
    """Return the mean number of tokens of a prompt that its row has already, because the prompt before begins alike.

    Beginnings are compared as text; the engine's own rule says which prompts would share a row.
    """
    ordered = sorted(prompts.to_pylist())
    beginnings = [text[: _common_length(before, text)] for before, text in pairwise(["", *ordered])]
    alike = [beginning for beginning in beginnings if beginning]
    if not alike:
        return 0.0
    n_bytes, common_bytes = (np.array([len(text.encode()) for text in texts]) for texts in (ordered, beginnings))
    common = common_bytes * _tokens_per_byte(tokenizer, alike[:: -(-len(alike) // SAMPLE)])
    branches = workload.tokens(evaluation, language, size) / size.questions - size.prompt_tokens
    alone = n_bytes / n_bytes.mean() * size.prompt_tokens + branches
    d_model = job_limits.architecture(evaluation.entry).d_model
    joined = sharing.joins(alone.tolist(), common.tolist(), sharing.crossover_of(d_model))
    return float((common * joined).mean())


def _common_length(a: str, b: str) -> int:
    """Return how many characters two texts begin with alike, by comparing whole beginnings, which is fast."""
    return bisect_left(range(min(len(a), len(b))), True, key=lambda i: a[: i + 1] != b[: i + 1])


def _tokens_per_byte(tokenizer: Tokenizer | None, texts: Sequence[str], before: str = "") -> float:
    """Return the tokens of the texts per byte of UTF-8.

    before: what stands before each of them; if something does, they are in the middle of a text.
    """
    if tokenizer is None:
        return TOKENS_PER_BYTE
    encodings = tokenizer.encode_batch([before + text for text in texts], add_special_tokens=not before)
    return sum(map(len, encodings)) / sum(len(text.encode()) for text in texts)


def _texts(questions: pa.Table, columns: Sequence[str]) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return all prompts, and all choices in ``columns``."""
    choices = [pc.list_flatten(questions[name]) for name in columns]
    return questions["prompt"], pa.chunked_array([chunk for texts in choices for chunk in texts.chunks])


def _mean_bytes(texts: pa.ChunkedArray) -> float:
    return pc.mean(pc.binary_length(texts)).as_py()
