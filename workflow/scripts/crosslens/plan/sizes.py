"""Measure how many questions a language has and how long they are, as exactly as existing files allow.

With the questions and the model's tokenizer, tokens are counted on a sample; with the questions alone they are
estimated from bytes; with neither, the catalogue's typical sizes stand in. Runs no model.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from crosslens.plan.workload import Size
from crosslens.tables.files import read_table
from crosslens.tables.inference import QUESTIONS

SAMPLE = 32  # questions of a language that are tokenized; a mean over many languages is within a few percent
BYTES_PER_TOKEN = 4.0  # of UTF-8; characters would misjudge scripts with two or three bytes per character


def load_tokenizer(folder: str | Path) -> Tokenizer | None:
    """Return the tokenizer in a model's folder; None if there is none yet."""
    file = Path(folder) / "tokenizer.json"
    return Tokenizer.from_file(str(file)) if file.is_file() else None


def measure(path: str | Path, tokenizer: Tokenizer | None, typical: Mapping) -> Size:
    """Return the size of the table "questions" at ``path``; the catalogue's ``typical`` size if it does not exist."""
    if not Path(path).is_file():
        return Size.typical(typical)
    questions = read_table(path, QUESTIONS)
    choices = len(questions["choices"][0])
    if tokenizer is None:
        prompt, answer = (_mean_bytes(texts) / BYTES_PER_TOKEN for texts in _texts(questions))
        return Size(len(questions), choices, prompt, max(answer, 1.0), "characters")
    chosen = np.linspace(0, len(questions) - 1, min(SAMPLE, len(questions))).round().astype(int)
    prompts, answers = (texts.to_pylist() for texts in _texts(questions.take(chosen)))
    prompt = np.mean([len(encoding) for encoding in tokenizer.encode_batch(prompts)])
    alone = tokenizer.encode_batch([f" {text}" for text in answers], add_special_tokens=False)
    return Size(
        len(questions), choices, float(prompt), float(np.mean([len(encoding) for encoding in alone])), "tokenizer"
    )


def _texts(questions: pa.Table) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return all prompts, and all choices, native ones and the pivot's."""
    both = [pc.list_flatten(questions[name]) for name in ("choices", "pivot_choices")]
    return questions["prompt"], pa.chunked_array([chunk for texts in both for chunk in texts.chunks])


def _mean_bytes(texts: pa.ChunkedArray) -> float:
    return pc.mean(pc.binary_length(texts)).as_py()
