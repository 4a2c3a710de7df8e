"""All tables of inference of a made-up model together."""

from typing import NamedTuple

import planted_lens
import planted_states
import pyarrow as pa
from planted_experiment import Experiment, Model
from planted_truths import Truth


class Tables(NamedTuple):
    """The tables of inference of one model, by language."""

    answers: dict[str, pa.Table]
    lens: dict[str, pa.Table]
    steered: dict[str, pa.Table]
    states: dict[str, pa.Table]
    vectors: dict[str, pa.Table]  # not of the pivot


def inference(experiment: Experiment, truth: Truth, number: int) -> Tables:
    """Return the tables of a model; models with another ``number`` have other noise."""
    model = Model(experiment, truth, number)
    states, vectors = planted_states.states_and_vectors(model)
    return Tables(model.answers(), planted_lens.lens(model), planted_states.steered(model), states, vectors)
