"""What one model does on one data set: its tokens, operations and bytes, from the sizes of the languages' questions.

Says how the workflow uses the forward pass: which questions are steered, which answers are scored, what is stored. What
a pass costs is `cost`, how long questions are is `sizes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosslens import cost
from crosslens.sizes import Size

ID_BYTES = 40  # of a question's id, in every row of a table
LOGPROB_BYTES, STATE_BYTES, COUNT_BYTES = 4, 4, 2


@dataclass(frozen=True)
class Run:
    """One model on one data set.

    entry: the model's in config/models.yaml. typical: the data set's in config/datasets.yaml. throughput: TFLOP/s.
    files: paths with {language} of questions, answers and the two benchmarks; `results`, the folders that fill.
    """

    model: str
    dataset: str
    pivot: str
    languages: Sequence[str]
    grid: Sequence[int]
    conditions: int
    state_questions: int
    vector_questions: int
    entry: Mapping
    model_folder: str
    typical: Mapping
    throughput: float | int
    files: Mapping

    def path(self, kind: str, language: str) -> Path:
        return Path(self.files[kind].format(language=language))

    def copies(self, language: str) -> int:
        """Steering copies of a held-out question, the one of gamma = 0 among them; the pivot is not steered."""
        return self.conditions + 1 if self.conditions and language != self.pivot else 0

    def held_out(self, size: Size) -> int:
        """Questions that are steered: those that the vector is not made from."""
        return max(size.questions - self.vector_questions, 0)

    def stored(self, size: Size) -> int:
        """Questions whose states are stored."""
        return min(self.state_questions, size.questions)


def tokens(run: Run, language: str, size: Size) -> float:
    """Tokens of the inference job of a language: prompts, answers without their last tokens, steering copies."""
    unsteered = cost.tokens(size.prompt_tokens, cost.ANSWER_SETS * size.choices, size.answer_tokens, 0)
    return size.questions * unsteered + run.held_out(size) * run.copies(language)


def states(run: Run, model: cost.Architecture, size: Size) -> float:
    """TFLOP of the hidden_states job of a language: prompts alone."""
    return run.stored(size) * cost.of_question(model, size.prompt_tokens, 0, 1, 0, 0).total


def inference(run: Run, model: cost.Architecture, language: str, size: Size) -> cost.Cost:
    """TFLOP of the inference job of a language, by part."""

    def questions(n: int, copies: int) -> cost.Cost:
        answers = cost.ANSWER_SETS * size.choices
        return cost.of_question(model, size.prompt_tokens, answers, size.answer_tokens, copies, len(run.grid)) * n

    held_out = run.held_out(size)
    return questions(size.questions - held_out, 0) + questions(held_out, run.copies(language))


def disk(run: Run, model: cost.Architecture, language: str, size: Size) -> int:
    """Bytes of a language's states, vectors, answers, lens and steered tables."""
    layers, row = len(run.grid), ID_BYTES + LOGPROB_BYTES * size.choices
    steered = run.conditions if run.copies(language) else 0
    return (
        (run.stored(size) + bool(steered)) * layers * model.d_model * STATE_BYTES
        + size.questions * row
        + size.questions * layers * cost.ANSWER_SETS * (row + COUNT_BYTES * size.choices)
        + run.held_out(size) * steered * row
    )


def weights(entry: Mapping) -> float:
    """Bytes of a model's weights; 0 where the catalogue does not say how many parameters it has."""
    return entry.get("parameters", 0) * 1e9 * {"float32": 4, "bfloat16": 2, "float16": 2}[entry["dtype"]]
