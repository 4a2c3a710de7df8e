"""The work of one model on one data set: tokens, operations and bytes, from the sizes of the languages' questions.

Knows how the workflow uses the forward pass: which questions are steered, which choices are scored, what is stored.
`cost` knows what a pass costs, `sizes` how long questions are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosslens.plan import cost

ID_BYTES = 40  # per question id, in every row of a table
LOGPROB_BYTES, STATE_BYTES, COUNT_BYTES = 4, 4, 2


@dataclass(frozen=True)
class Size:
    """Questions of one language; mean tokens of a prompt and of an answer choice, and where these come from."""

    questions: int
    choices: int
    prompt_tokens: float
    answer_tokens: float
    origin: str  # tokenizer, characters or catalogue

    @classmethod
    def typical(cls, typical: Mapping) -> "Size":
        """Return what an entry of config/datasets.yaml assumes of a language whose questions are not there yet."""
        prompt, answer = float(typical["prompt_tokens"]), float(typical["answer_tokens"])
        return cls(typical["questions"], typical["choices"], prompt, answer, "catalogue")


@dataclass(frozen=True)
class Evaluation:
    """One model on one data set.

    entry: the model's in config/models.yaml. typical: the data set's in config/datasets.yaml. throughput: TFLOP/s.
    files: paths with {language} of questions, answers and the two benchmarks; `results`, the folders that fill.
    """

    model: str
    dataset: str
    pivot: str
    languages: Sequence[str]
    grid: Sequence[int]
    lens_layers: Sequence[int]
    control_questions: int
    conditions: int
    state_questions: int
    vector_questions: int
    entry: Mapping
    model_folder: str
    typical: Mapping
    throughput: float | int
    files: Mapping

    @property
    def plain(self) -> bool:
        """Whether every answer and condition has a row of its own, as far as is known (see `engine.plain`)."""
        return self.entry.get("why_plain") is not None

    def path(self, kind: str, language: str) -> Path:
        return Path(self.files[kind].format(language=language))

    def copies(self, language: str) -> int:
        """Return the number of steering copies of a held-out question, with gamma = 0; the pivot has none."""
        return self.conditions + 1 if self.conditions and language != self.pivot else 0

    def held_out(self, size: Size) -> int:
        """Return how many questions are steered: those that the vector is not made from."""
        return max(size.questions - self.vector_questions, 0)

    def stored(self, size: Size) -> int:
        """Return how many questions have their states stored."""
        return min(self.state_questions, size.questions)


def tokens(evaluation: Evaluation, language: str, size: Size) -> float:
    """Return the tokens of a language's inference job: prompts, choices without last tokens, steering copies."""
    of_question = cost.plain_tokens if evaluation.plain else cost.tokens

    def questions(n: int, copies: int) -> float:
        return n * of_question(size.prompt_tokens, cost.ANSWER_SETS * size.choices, size.answer_tokens, copies)

    held_out = evaluation.held_out(size)
    return questions(size.questions - held_out, 0) + questions(held_out, evaluation.copies(language))


def states(evaluation: Evaluation, model: cost.Architecture, size: Size) -> float:
    """Return the TFLOP of a language's hidden_states job: prompts alone."""
    return evaluation.stored(size) * cost.of_question(model, size.prompt_tokens, 0, 1, 0, 0).total


def inference(evaluation: Evaluation, model: cost.Architecture, language: str, size: Size) -> cost.Cost:
    """Return the TFLOP of a language's inference job, by part."""

    def questions(n: int, copies: int) -> cost.Cost:
        answers = cost.ANSWER_SETS * size.choices
        of_question = cost.of_plain_question if evaluation.plain else cost.of_question
        return (
            of_question(model, size.prompt_tokens, answers, size.answer_tokens, copies, len(evaluation.lens_layers)) * n
        )

    held_out = evaluation.held_out(size)
    return questions(size.questions - held_out, 0) + questions(held_out, evaluation.copies(language))


def disk(evaluation: Evaluation, model: cost.Architecture, language: str, size: Size) -> int:
    """Return the bytes of a language's states, vectors, answers, lens and steered tables."""
    layers, row = len(evaluation.grid), ID_BYTES + LOGPROB_BYTES * size.choices
    steered = evaluation.conditions if evaluation.copies(language) else 0
    return (
        (evaluation.stored(size) + bool(steered)) * layers * model.d_model * STATE_BYTES
        + size.questions * row
        + size.questions * layers * cost.ANSWER_SETS * (row + COUNT_BYTES * size.choices)
        + evaluation.held_out(size) * steered * row
    )


def weights(entry: Mapping) -> float:
    """Return the bytes of a model's weights; 0 if the catalogue does not state its number of parameters."""
    return entry.get("parameters", 0) * 1e9 * {"float32": 4, "bfloat16": 2, "float16": 2}[entry["dtype"]]
