"""Made-up steered answers: what steering does to letters is planted, so that its gain over controls is known."""

import numpy as np
import pyarrow as pa
from crosslens.metrics import answers
from crosslens.metrics.steered import Kind, Steered
from made_answers import question_ids

PIVOT = "en"


class World:
    """Languages of several families that know something in common, and a pivot that knows more; no choices tie.

    Two questions are a cluster each. The first ``sampled`` questions are not steered. ``kind`` plants an effect.
    """

    def __init__(self, seed=0, languages=10, questions=200, sampled=20, choices=4, families=10):
        self.random = np.random.default_rng(seed)
        self.key = self.random.integers(choices, size=questions)
        self.right = np.eye(choices)[self.key]
        self.names = [f"x{i}" for i in range(languages)]
        self.families = {name: f"family {i % families}" for i, name in enumerate(self.names)}
        self.ids = question_ids(questions)
        self.clusters = {name: f"cluster {i // 2}" for i, name in enumerate(self.ids)}
        shared = self.random.normal(size=(questions, choices))
        letters = self.random.normal(size=(languages, 1, choices)) * 0.5  # every language prefers some letters
        self.before = (0.7 * self.right + shared + letters + self.noise(languages)).astype(np.float32)
        of_pivot = (2 * self.right + shared + self.noise(1)).astype(np.float32)
        self.pivot = answers.from_logprobs(of_pivot, self.key[None])
        self.held_out = np.arange(questions) >= sampled

    def noise(self, n, scale=1.0):
        return scale * self.random.normal(size=(n, *self.right.shape))

    def kind(self, language, conditions, vector="own", operation="add", shift=0.0, right=0.0, noise=0.0):
        """Return a language's letters: a shift of the letters, of the right answer, and noise, each times gamma."""
        layer, gamma = (np.array(column) for column in zip(*conditions, strict=True))
        before, times = self.before[self.names.index(language)], gamma[:, None, None]
        moved = shift * np.arange(4) + right * self.right
        after = before + times * moved + self.noise(len(gamma), noise) * times
        kind = Kind(language, vector, operation, layer, gamma.astype(float), before, after.astype(np.float32), self.key)
        return kind.on(self.held_out)

    def steered(self, *kinds):
        return Steered(pa.array(self.ids), self.pivot, list(kinds))
