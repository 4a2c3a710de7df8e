"""The floating-point operations that one question costs, by the layout of the one-pass forward (see `engine.packing`).

Counts matrix products only (a multiplication and an addition are two operations) and causal attention. Norms, softmax,
padding and masked-out attention are covered by the throughput that operations are divided by. Knows no data set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

ANSWER_SETS = 4  # scored sets of choices: native and pivot, and the same two of another question as control


@dataclass(frozen=True)
class Architecture:
    """Sizes of a model. parameters: in billions, with embeddings. tied: embedding and unembedding are one matrix."""

    layers: int
    parameters: float | int
    d_model: int
    vocabulary: int
    tied: bool = True

    @classmethod
    def of(cls, entry: Mapping) -> "Architecture | None":
        """Return the sizes of an entry of config/models.yaml; None if it does not state all of them."""
        if cls.unstated(entry):
            return None
        return cls(**{field.name: entry[field.name] for field in fields(cls)})

    @classmethod
    def unstated(cls, entry: Mapping) -> list[str]:
        """Return the names of the sizes that an entry of config/models.yaml does not state."""
        return [field.name for field in fields(cls) if field.name not in entry]

    def blocks(self, seen: float | int) -> float:
        """Return the TFLOP of all layers for one token that attends to ``seen`` others (heads are d_model wide)."""
        embeddings = self.d_model * self.vocabulary * (1 if self.tied else 2)
        return (2 * (self.parameters * 1e9 - embeddings) + 4 * self.layers * self.d_model * seen) / 1e12

    @property
    def unembedding(self) -> float:
        """The TFLOP of the log-probabilities of the whole vocabulary at one state."""
        return 2 * self.d_model * self.vocabulary / 1e12


@dataclass(frozen=True)
class Cost:
    """The TFLOP of one question: prompt, tokens of the choices, steering copies, lens, answer letters."""

    prefill: float
    branches: float
    steering: float
    lens: float
    letters: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __mul__(self, times: int) -> "Cost":
        return Cost(*(getattr(self, field.name) * times for field in fields(self)))

    @property
    def total(self) -> float:
        return sum(getattr(self, field.name) for field in fields(self))


NOTHING = Cost(0.0, 0.0, 0.0, 0.0, 0.0)


def tokens(prompt_tokens: float | int, answers: int, answer_tokens: float | int, copies: int) -> float | int:
    """Return the tokens of one question in the pass: prompt, choices without their last tokens, steering copies."""
    return prompt_tokens + answers * (answer_tokens - 1) + copies


def of_plain_question(
    model: Architecture,
    prompt_tokens: float | int,
    answers: int,
    answer_tokens: float | int,
    copies: int,
    lens_layers: int,
) -> Cost:
    """Return the cost of `of_question` with plain rows (see `engine.plain`): answers and copies repeat the prompt."""
    one_pass = of_question(model, prompt_tokens, answers, answer_tokens, copies, lens_layers)
    row = prompt_tokens + answer_tokens - 1
    return replace(
        one_pass,
        branches=answers * row * model.blocks(row / 2),
        steering=copies * prompt_tokens * model.blocks(prompt_tokens / 2),
        lens=one_pass.lens + max(answers - 1, 0) * lens_layers * model.unembedding,
    )


def plain_tokens(prompt_tokens: float | int, answers: int, answer_tokens: float | int, copies: int) -> float | int:
    """Return the tokens of one question with plain rows."""
    return prompt_tokens * (1 + copies) + answers * (prompt_tokens + answer_tokens - 1)


def of_question(
    model: Architecture,
    prompt_tokens: float | int,
    answers: int,
    answer_tokens: float | int,
    copies: int,
    lens_layers: int,
) -> Cost:
    """Return the cost of a pass over a prompt with ``answers`` choices of ``answer_tokens`` tokens on average.

    ``copies`` of the last prompt token are steered. A choice's last token is never an input. Beginnings that choices
    share are counted each time, so this is an upper bound.
    """
    branch_tokens = answers * (answer_tokens - 1)
    return Cost(
        prefill=prompt_tokens * model.blocks(prompt_tokens / 2),
        branches=branch_tokens * model.blocks(prompt_tokens),
        steering=copies * model.blocks(prompt_tokens),
        lens=(1 + branch_tokens) * lens_layers * model.unembedding if answers else 0.0,
        letters=(1 + copies) * model.unembedding if answers else 0.0,
    )
