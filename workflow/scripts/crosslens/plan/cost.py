"""The floating-point operations of what rows consist of, by the layout of the one-pass forward (see `engine.packing`).

Rows consist of `Part`s: prompts, choices, steering copies. Another kind of branch is another function that returns a
part, and a line in `workload.parts`. Counts matrix products only (a multiplication and an addition are two operations)
and causal attention. Norms, softmax, padding and masked-out attention are covered by the throughput that operations are
divided by. Knows no data set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields


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
class Part:
    """Tokens of one kind in the rows of a language.

    kind: prefill, branches or steering, a field of `Cost`. tokens: how many there are. seen: how many others one of
    them attends to on average. lens: log-probabilities of the whole vocabulary that the lens takes; letters: those that
    letters take.
    """

    kind: str
    tokens: float | int
    seen: float | int
    lens: float | int = 0
    letters: float | int = 0


@dataclass(frozen=True)
class Cost:
    """The TFLOP of rows: prompts, tokens of the choices, steering copies, lens, answer letters."""

    prefill: float = 0.0
    branches: float = 0.0
    steering: float = 0.0
    lens: float = 0.0
    letters: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def total(self) -> float:
        return sum(getattr(self, field.name) for field in fields(self))


NOTHING = Cost()


def prompts(n: float | int, tokens: float | int, shared: float | int = 0, lens_layers: int = 0) -> Part:
    """Return ``n`` prompts of ``tokens`` tokens, of which ``shared`` are in the row already.

    The state of the last token is read: for letters, and by the lens at ``lens_layers`` layers.
    """
    # The tokens that are read are the last ones, at depths from ``shared`` to ``tokens``.
    return Part("prefill", n * (tokens - shared), (shared + tokens) / 2, n * lens_layers, n)


def states(n: float | int, tokens: float | int) -> Part:
    """Return ``n`` prompts of which the states are stored: nothing is multiplied with the unembedding."""
    return Part("prefill", n * tokens, tokens / 2)


def choices(n: float | int, tokens: float | int, prompt_tokens: float | int, lens_layers: int) -> Part:
    """Return ``n`` choices of ``tokens`` tokens after prompts, scored by the lens.

    A choice's last token is never an input. Beginnings that choices share are counted each time, so this is an upper
    bound.
    """
    inputs = n * (tokens - 1)
    return Part("branches", inputs, prompt_tokens, inputs * lens_layers)


def copies(n: float | int, prompt_tokens: float | int) -> Part:
    """Return ``n`` steering copies of last prompt tokens, each of which gives letters.

    They are counted in all layers, also in the layers before a copy joins its row, so this is an upper bound.
    """
    return Part("steering", n, prompt_tokens, letters=n)


def plain_choices(n: float | int, tokens: float | int, prompt_tokens: float | int, lens_layers: int) -> Part:
    """Return ``n`` choices of plain rows (see `engine.plain`), each of which repeats the prompt."""
    row = prompt_tokens + tokens - 1
    return Part("branches", n * row, row / 2, n * tokens * lens_layers)


def plain_copies(n: float | int, prompt_tokens: float | int) -> Part:
    """Return ``n`` steering copies of plain rows, each of which repeats the prompt."""
    return Part("steering", n * prompt_tokens, prompt_tokens / 2, letters=n)


def tokens(parts: Sequence[Part]) -> float:
    """Return the tokens of all parts."""
    return float(sum(part.tokens for part in parts))


def of(model: Architecture, parts: Sequence[Part]) -> Cost:
    """Return the cost of all parts."""
    return sum((_of_part(model, part) for part in parts), NOTHING)


def _of_part(model: Architecture, part: Part) -> Cost:
    blocks = {part.kind: part.tokens * model.blocks(part.seen)}
    return Cost(**blocks, lens=part.lens * model.unembedding, letters=part.letters * model.unembedding)
