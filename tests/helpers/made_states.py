"""Made-up hidden states of several languages, without any model."""

import numpy as np
import pyarrow as pa
from crosslens.metrics.states import States
from made_answers import question_ids


def random_states(seed, languages=3, questions=8, width=6):
    """Return states [language, question, d_model], float32, half of whose variance the languages share."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=(questions, width))
    return (shared + random.normal(size=(languages, questions, width))).astype(np.float32)


def as_states(states, row=None):
    """Return [language, question, d_model] as `States`; ``row`` says which questions a language has, by default all."""
    row = np.tile(np.arange(states.shape[1]), (len(states), 1)) if row is None else row
    return States(pa.array(question_ids(row.shape[1]), pa.string()), list(states), row)


def planted(seed, languages=6, questions=200, width=40, content=0.0, letter=0.0, shared=0.8):
    """Return (states, letters): a sum of noise, of the own letter's direction, and of content that languages share.

    A question's letter is the same in all languages with probability ``shared``, else random. Directions of letters
    are each language's own, as CKA does not depend on rotations.
    """
    random = np.random.default_rng(seed)
    common = random.integers(4, size=questions)
    own = random.integers(4, size=(languages, questions))
    letters = np.where(random.random((languages, questions)) < shared, common, own)
    directions = random.normal(size=(languages, 4, width))
    states = random.normal(size=(languages, questions, width)) + content * random.normal(size=(questions, width))
    states += letter * np.take_along_axis(directions, letters[..., None], axis=1)
    return states.astype(np.float32), letters
