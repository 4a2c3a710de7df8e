"""What one question costs in floating-point operations, by the layout of the one-pass forward (see `packing`).

Counts matrix products only, a multiplication and an addition as two operations, and causal attention; norms, softmax,
padding and masked-out attention are left to the throughput that one divides by. Knows no data set and no file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

ANSWER_SETS = 4  # that are scored: native and pivot, and the same of another question as control


@dataclass(frozen=True)
class Architecture:
    """Sizes of a model. parameters: billions, the embeddings among them. tied: embedding and unembedding are one."""

    layers: int
    parameters: float | int
    d_model: int
    vocabulary: int
    tied: bool = True

    @classmethod
    def of(cls, entry: Mapping) -> "Architecture | None":
        """That of an entry of config/models.yaml; None where it does not state all sizes."""
        if cls.unstated(entry):
            return None
        return cls(**{field.name: entry[field.name] for field in fields(cls)})

    @classmethod
    def unstated(cls, entry: Mapping) -> list[str]:
        """The sizes that an entry of config/models.yaml does not state."""
        return [field.name for field in fields(cls) if field.name not in entry]

    def blocks(self, seen: float | int) -> float:
        """TFLOP of all layers for one token that attends to ``seen`` others; all heads together have width d_model."""
        embeddings = self.d_model * self.vocabulary * (1 if self.tied else 2)
        return (2 * (self.parameters * 1e9 - embeddings) + 4 * self.layers * self.d_model * seen) / 1e12

    @property
    def unembedding(self) -> float:
        """TFLOP of the log-probabilities of the whole vocabulary at one state."""
        return 2 * self.d_model * self.vocabulary / 1e12


@dataclass(frozen=True)
class Cost:
    """TFLOP of one question: the prompt, the answers' tokens, the steering copies, the lens, the answer letters."""

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
    """Tokens of one question in the pass: its prompt, all answers without their last tokens, the steering copies."""
    return prompt_tokens + answers * (answer_tokens - 1) + copies


def of_question(
    model: Architecture,
    prompt_tokens: float | int,
    answers: int,
    answer_tokens: float | int,
    copies: int,
    lens_layers: int,
) -> Cost:
    """One pass over a prompt with ``answers`` of mean length ``answer_tokens`` and ``copies`` of its last token.

    An answer's last token is never an input. Beginnings that answers share count each time: an upper bound.
    """
    branch_tokens = answers * (answer_tokens - 1)
    return Cost(
        prefill=prompt_tokens * model.blocks(prompt_tokens / 2),
        branches=branch_tokens * model.blocks(prompt_tokens),
        steering=copies * model.blocks(prompt_tokens),
        lens=(1 + branch_tokens) * lens_layers * model.unembedding if answers else 0.0,
        letters=(1 + copies) * model.unembedding if answers else 0.0,
    )
