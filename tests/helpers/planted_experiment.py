"""The inference tables of a whole made-up experiment, from the truths of `planted_truths`, without any model.

Letters are the sum of what is known of the key, of what all languages, a family and a script think of a choice, of a
language's preference for letters, and of noise of its own. Nothing here is computed as a claim or a metric computes it.
`planted_lens` and `planted_states` make the lens, and the states and what steering them does.
"""

import numpy as np
import pyarrow as pa
from made_answers import answers_table, question_ids
from made_lens import donors
from planted_truths import Language, Truth, languages

CHOICES, SEED = 4, 0
RELATED = 0.9  # the most that `Truth.related` can be


class Experiment:
    """What all models have in common: languages with their abilities, questions with their keys and difficulties.

    Arrays have the axes language, question and choice, in this order, as far as they have them.
    """

    def __init__(self, seed: int, n_questions: int = 300, known: dict[str, Language] | None = None) -> None:
        self.seed, self.n = seed, n_questions
        self.languages = languages() if known is None else known
        self.random = np.random.default_rng(seed)
        self.ids = question_ids(n_questions)
        self.clusters = {name: str(i // 2) for i, name in enumerate(self.ids)}
        self.families = {tag: language.family for tag, language in self.languages.items()}
        self.key = self.random.integers(CHOICES, size=n_questions)
        self.at_key = np.eye(CHOICES)[self.key]
        of_cluster = np.repeat(self.random.normal(size=(n_questions + 1) // 2), 2)[:n_questions]
        self.difficulty = (of_cluster + self.random.normal(size=n_questions)) / np.sqrt(2)
        self.ability = self.of_languages(self.random).clip(-2, 2)
        self.ability[0] = 1.5  # the pivot
        self.takes_part = self.random.normal(size=len(self.languages))
        self.takes_part[0] = 0.0
        self.lures = (1 - self.at_key) * self.random.normal(size=self.at_key.shape)
        self.thought_by = {  # what a family, and a script, thinks of a choice
            group: self.random.normal(size=self.at_key.shape)
            for group in dict.fromkeys(name for one in self.languages.values() for name in (one.family, one.script))
        }
        # All questions, as sampling orders them
        self.hashed = [self.ids.index(name) for name in donors(self.ids, SEED)]

    def of_languages(self, random: np.random.Generator) -> np.ndarray:
        """Return a value per language of mean 0 and variance 1, a fifth of it the family's."""
        names = sorted(set(self.families.values()))
        of_family = random.normal(size=len(names))[[names.index(family) for family in self.families.values()]]
        values = np.sqrt(0.2) * of_family + np.sqrt(0.8) * random.normal(size=len(self.families))
        return standardised(values)


class Model:
    """A model of an experiment; models with another ``number`` have other noise.

    part: how much each language takes part in what is common. ability: how able it is. letters: logits of the letters.
    thought: what of them is neither noise nor a preference for letters.
    """

    def __init__(self, experiment: Experiment, truth: Truth, number: int) -> None:
        self.of, self.truth = experiment, truth
        self.random = np.random.default_rng([experiment.seed, number])
        changes = 0.3 * self.random.normal(size=len(experiment.languages))
        changes[0] = 0.0  # the pivot would change all pairs with it
        self.part = np.exp(0.25 * (0.95 * experiment.takes_part + changes))
        self.part /= np.sqrt((self.part**2).mean())
        self.ability = truth.ability + truth.spread * (experiment.ability + 0.2 * experiment.of_languages(self.random))
        self.thought = self._thought()
        prefers = 0.5 * self.random.normal(size=(len(self.thought), 1, CHOICES))
        prefers = prefers - truth.prefers * np.arange(CHOICES) / (CHOICES - 1)
        self.letters = self.thought + prefers + self.random.gumbel(size=self.thought.shape)

    def answers(self) -> dict[str, pa.Table]:
        """Return tables "answers"."""
        return {
            name: answers_table(log_softmax(own), self.of.key)
            for name, own in zip(self.of.languages, self.letters, strict=True)
        }

    def _thought(self) -> np.ndarray:
        of, truth = self.of, self.truth
        knows = self.ability[:, None] + truth.difficulty * self.part[:, None] * of.difficulty
        thought = knows[..., None] * of.at_key + truth.common * self.part[:, None, None] * of.lures
        own = np.sqrt(RELATED**2 - truth.related**2)  # what is not shared is the language's own
        for groups in zip(*((one.family, one.script) for one in of.languages.values()), strict=True):
            shared = truth.related * np.stack([of.thought_by[group] for group in groups])
            thought = thought + shared + own * self.random.normal(size=thought.shape)
        return thought


def standardised(values: np.ndarray) -> np.ndarray:
    """Return values of languages with mean 0 and variance 1 over those that are not the pivot, which is first."""
    return (values - values[1:].mean()) / values[1:].std()


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return log-probabilities of choices."""
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
