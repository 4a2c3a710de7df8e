"""The work of one model on one data set: tokens, operations and bytes, from the sizes of the languages' questions.

Knows how the workflow uses the forward pass: which questions are steered, which choices are scored, what is stored.
`cost` knows what a pass costs, `sizes` how long questions are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosslens.plan import cost
from crosslens.plan.cost import Part

OWN_FORMS = {"native", "pivot"}  # sets of choices that belong to a question: in its own language and in the pivot
ID_BYTES = 40  # per question id, in every row of a table
LOGPROB_BYTES, STATE_BYTES, COUNT_BYTES, CHARACTERS_BYTES = 4, 4, 2, 4


@dataclass(frozen=True)
class Size:
    """Questions of one language, and means per question: choices, and tokens of a prompt and of a choice.

    origin: where these come from: tokenizer, characters or catalogue. shared_tokens: how many tokens of a prompt are in
    its row already, because a prompt before it begins alike.
    """

    questions: int
    choices: float | int
    prompt_tokens: float
    answer_tokens: float
    origin: str
    shared_tokens: float = 0.0

    @classmethod
    def typical(cls, typical: Mapping) -> "Size":
        """Return what an entry of config/datasets.yaml assumes of a language whose questions are not there yet."""
        prompt, answer, shared = (float(typical[f"{name}_tokens"]) for name in ("prompt", "answer", "shared"))
        return cls(typical["questions"], typical["choices"], prompt, answer, "catalogue", shared)


@dataclass(frozen=True)
class Evaluation:
    """One model on one data set.

    grid, lens_layers: layers of states and steering, and of the lens. forms: the texts that the lens scores.
    control_questions: questions per language with a shuffled-answer control and ``lens_prompts`` further prompts of the
    lens. ceiling_questions: those that are asked once more with permuted choices. conditions: number of steering
    conditions. state_questions, vector_questions: questions per language whose states are stored (0 if there are no
    such jobs), and those that a vector is made from. entry: the model's in config/models.yaml. typical: the data set's
    in config/datasets.yaml. throughput: TFLOP/s. files: paths with {language} of questions, answers and the two
    benchmarks; `results`, the folders that fill.
    """

    model: str
    dataset: str
    pivot: str
    languages: Sequence[str]
    grid: Sequence[int]
    lens_layers: Sequence[int]
    forms: Sequence[str]
    control_questions: int
    lens_prompts: int
    ceiling_questions: int
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

    def choices(self, language: str, size: Size) -> float | int:
        """Return the number of texts scored: a question's choices and the pivot's, which are the pivot's own."""
        n_forms = len(OWN_FORMS & set(self.forms))
        return (min(n_forms, 1) if language == self.pivot else n_forms) * size.choices

    def controlled(self, size: Size) -> int:
        """Return how many questions have a shuffled-answer control."""
        return min(self.control_questions, size.questions) if "native_control" in self.forms else 0

    def further(self, size: Size) -> int:
        """Return the number of further prompts of the lens, all questions together."""
        return self.lens_prompts * min(self.control_questions, size.questions)

    @property
    def jobs(self) -> int:
        """The number of jobs that each language has of its own: hidden_states, steering_vectors, inference."""
        n = len(self.languages)
        return n + (n if self.state_questions else 0) + (n - 1 if self.conditions else 0)

    def held_out(self, size: Size) -> int:
        """Return how many questions are steered: those that the vector is not made from."""
        return max(size.questions - self.vector_questions, 0)

    def stored(self, size: Size) -> int:
        """Return how many questions have their states stored."""
        return min(self.state_questions, size.questions)


def parts(evaluation: Evaluation, language: str, size: Size) -> list[Part]:
    """Return what the rows of a language's inference job consist of, all questions together."""
    n, prompt, lens_layers = size.questions, size.prompt_tokens, len(evaluation.lens_layers)
    of_question = evaluation.choices(language, size)
    further, permuted = evaluation.further(size), min(evaluation.ceiling_questions, n)
    scored = {
        "own": n * of_question,
        "control": evaluation.controlled(size) * of_question,
        "further prompts": further * of_question,
    }
    choices, copies, shared = cost.choices, cost.copies, size.shared_tokens
    if evaluation.plain:
        choices, copies, shared = cost.plain_choices, cost.plain_copies, 0.0
    return [
        cost.prompts(n, prompt, shared, lens_layers),
        cost.prompts(further, prompt, shared, lens_layers),
        cost.prompts(permuted, prompt, shared),
        *(choices(texts, size.answer_tokens, prompt, lens_layers) for texts in scored.values()),
        copies(evaluation.held_out(size) * evaluation.copies(language), prompt),
    ]


def tokens(evaluation: Evaluation, language: str, size: Size) -> float:
    """Return the tokens of a language's inference job."""
    return cost.tokens(parts(evaluation, language, size))


def states(evaluation: Evaluation, model: cost.Architecture, size: Size) -> float:
    """Return the TFLOP of a language's hidden_states job: prompts alone.

    These are a sample, in which prompts that begin alike are rarer, so each is counted as a whole.
    """
    return cost.of(model, [cost.states(evaluation.stored(size), size.prompt_tokens)]).total


def inference(evaluation: Evaluation, model: cost.Architecture, language: str, size: Size) -> cost.Cost:
    """Return the TFLOP of a language's inference job, by part."""
    return cost.of(model, parts(evaluation, language, size))


def disk(evaluation: Evaluation, model: cost.Architecture, language: str, size: Size) -> float | int:
    """Return the bytes of a language's states, vectors, answers, lens and steered tables."""
    layers, row = len(evaluation.grid), ID_BYTES + LOGPROB_BYTES * size.choices
    n_forms = len(OWN_FORMS & set(evaluation.forms))
    scored = size.questions + evaluation.controlled(size) + evaluation.further(size)
    lens_rows = len(evaluation.lens_layers) * n_forms * scored
    # Per choice the mean and the first token's log-probability, the number of tokens and that of characters.
    of_choice = LOGPROB_BYTES + COUNT_BYTES + CHARACTERS_BYTES
    steered = evaluation.conditions if evaluation.copies(language) else 0
    return (
        (evaluation.stored(size) + bool(steered)) * layers * model.d_model * STATE_BYTES
        + (size.questions + min(evaluation.ceiling_questions, size.questions)) * row
        + lens_rows * (row + of_choice * size.choices)
        + evaluation.held_out(size) * steered * row
    )


def weights(entry: Mapping) -> float:
    """Return the bytes of a model's weights; 0 if the catalogue does not state its number of parameters."""
    return entry.get("parameters", 0) * 1e9 * {"float32": 4, "bfloat16": 2, "float16": 2}[entry["dtype"]]
