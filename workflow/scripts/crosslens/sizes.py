"""How many questions a language has and how long they are: counted, estimated or assumed, by what is there.

With the questions and the model's tokenizer, tokens are counted on a sample; with the questions alone they are
estimated from characters; with neither the catalogue's typical sizes stand in. Runs no model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from crosslens.tables import read_table

SAMPLE = 32  # questions of a language that are tokenized; a mean over many languages is within a few percent
BYTES_PER_TOKEN = 4.0  # of UTF-8; characters alone would misjudge scripts that take two or three bytes a character


@dataclass(frozen=True)
class Size:
    """Questions of one language; mean tokens of a prompt and of an answer choice, and where these come from."""

    questions: int
    choices: int
    prompt_tokens: float
    answer_tokens: float
    origin: str  # tokenizer, characters or catalogue


def load_tokenizer(folder: str | Path) -> Tokenizer | None:
    """The tokenizer in a model's folder, None where it is not there."""
    file = Path(folder) / "tokenizer.json"
    return Tokenizer.from_file(str(file)) if file.is_file() else None


def measure(path: str | Path, tokenizer: Tokenizer | None, typical: Mapping) -> Size:
    """The size of a table "questions"; ``typical``, the catalogue's, where ``path`` does not exist."""
    if not Path(path).is_file():
        prompt, answer = float(typical["prompt_tokens"]), float(typical["answer_tokens"])
        return Size(typical["questions"], typical["choices"], prompt, answer, "catalogue")
    questions = read_table(path, "questions")
    choices = len(questions["choices"][0])
    if tokenizer is None:
        prompt, answer = (_mean_bytes(texts) / BYTES_PER_TOKEN for texts in _texts(questions))
        return Size(len(questions), choices, prompt, max(answer, 1.0), "characters")
    chosen = np.linspace(0, len(questions) - 1, min(SAMPLE, len(questions))).round().astype(int)
    prompts, answers = (texts.to_pylist() for texts in _texts(questions.take(chosen)))
    prompt = np.mean([len(found) for found in tokenizer.encode_batch(prompts)])
    alone = tokenizer.encode_batch([f" {text}" for text in answers], add_special_tokens=False)
    return Size(len(questions), choices, float(prompt), float(np.mean([len(found) for found in alone])), "tokenizer")


def _texts(questions: pa.Table) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """All prompts, and all choices, native and the pivot's."""
    both = [pc.list_flatten(questions[name]) for name in ("choices", "pivot_choices")]
    return questions["prompt"], pa.chunked_array([chunk for texts in both for chunk in texts.chunks])


def _mean_bytes(texts: pa.ChunkedArray) -> float:
    return pc.mean(pc.binary_length(texts)).as_py()
