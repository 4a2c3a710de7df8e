"""Metrics of steered answers: how steering changes them, and how far it moves them towards the pivot's.

Compares with the un-steered answers to the same held-out questions. Steers nothing; `engine.steering` and
`engine.forward` do. Intervals of means over languages are in `steering_gains`.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from crosslens.errors import CrosslensError
from crosslens.metrics import answers, stacking
from crosslens.metrics.answers import Answers
from crosslens.metrics.stacking import nullable
from crosslens.sampling import HALVES
from crosslens.tables.conditions import ADD, OWN
from crosslens.tables.files import matrix
from crosslens.tables.steered_metrics import BOUNDED

# What conditions are compared within: layers and gammas of one vector and operation, which have the same questions
KIND = ("vector", "operation")
# Columns of the metrics of the pair (un-steered pivot, language), by the name of the metric
FROM_PIVOT = {
    "consistency": "consistency_with_pivot",
    "positive_transfer": "positive_transfer_from_pivot",
    "negative_transfer": "negative_transfer_from_pivot",
}


class Kind(NamedTuple):
    """The letters of one language under all conditions of a vector and operation, which have the same questions.

    Those are the questions that have the vector, which are held out of it, and that the pivot has; all others are NaN,
    and -1 in ``key``.
    """

    language: str
    vector: str
    operation: str
    layer: Int[np.ndarray, " condition"]
    gamma: Float[np.ndarray, " condition"]
    before: Float[np.ndarray, "question choice"]  # letter log-probabilities without steering
    after: Float[np.ndarray, "condition question choice"]
    key: Int[np.ndarray, " question"]

    @property
    def questions(self) -> Bool[np.ndarray, " question"]:
        """Return which questions have the vector."""
        return self.key >= 0

    def on(self, questions: Bool[np.ndarray, " question"]) -> "Kind":
        """Return the letters of those questions alone that are in ``questions``."""
        kept = np.where(questions[:, None], 0, np.float32(np.nan))
        return self._replace(before=self.before + kept, after=self.after + kept, key=np.where(questions, self.key, -1))

    def answers(self, logprob: Float[np.ndarray, "condition question choice"]) -> Answers:
        """Return the answers that letters give to these questions; conditions take the place of languages."""
        return answers.from_logprobs(logprob, np.broadcast_to(self.key, logprob.shape[:2]))


class Steered(NamedTuple):
    """All steered answers of a model to a data set, and the un-steered answers of the pivot [1, question]."""

    question_ids: pa.Array
    pivot: Answers
    kinds: list[Kind]  # by language, in the order of their first rows


def arranged(unsteered: Mapping[str, pa.Table], steered: Mapping[str, pa.Table], pivot: str) -> Steered:
    """Return the answers of tables "answers" and "steered", by language, as arrays over the same questions.

    A language without steered answers, such as the pivot, has one kind without conditions. Raises CrosslensError if a
    condition lacks a question that another of its kind has, or has it twice.
    """
    aligned, of_pivot = stacking.align(unsteered), list(unsteered).index(pivot)
    in_pivot = aligned.key[of_pivot] >= 0
    kinds = [
        _kind(name, rows, aligned.logprob[i], np.where(in_pivot, aligned.key[i], -1), aligned.question_ids)
        for i, name in enumerate(unsteered)
        for rows in _by_kind(steered[name])
    ]
    plain = answers.from_logprobs(aligned.logprob[[of_pivot]], aligned.key[[of_pivot]])
    return Steered(aligned.question_ids, plain, kinds)


def steered_metrics(steered: Steered, pair_metrics: Collection[str] = tuple(FROM_PIVOT)) -> pa.Table:
    """Return the table "steered_metrics": one row per language, vector, operation, layer and gamma, in this order.

    pair_metrics: those of `FROM_PIVOT` that are defined; the others are null.
    """
    return pa.concat_tables(_rows(kind, steered.pivot, pair_metrics) for kind in steered.kinds)


def by_half(
    steered: Steered,
    development: Bool[np.ndarray, " question"],
    bounds: Mapping[tuple[str, str, int, float, str], tuple[float, float]],
    pair_metrics: Collection[str] = tuple(FROM_PIVOT),
) -> pa.Table:
    """Return the table "steering_by_half": the language's own vector, added, on either half of the questions.

    development: which questions are in the half of this name; the others are in the test half. bounds: of the changes,
    by language, half, layer, gamma and measure (`steering_gains`); others are null.
    """
    tables = []
    for kind in steered.kinds:
        if (kind.vector, kind.operation) == (OWN, ADD):
            for half, questions in zip(HALVES, (development, ~development), strict=True):
                rows = _rows(kind.on(questions), steered.pivot, pair_metrics).drop_columns(["vector", "operation"])
                rows = rows.add_column(0, "half", pa.array([half] * len(rows), pa.string()))
                tables.append(_with_bounds(rows, bounds))
    return pa.concat_tables(tables)


def _with_bounds(rows: pa.Table, bounds: Mapping[tuple[str, str, int, float, str], tuple[float, float]]) -> pa.Table:
    places = list(zip(*(rows[name].to_pylist() for name in ("language", "half", "layer", "gamma")), strict=True))
    for name in BOUNDED:
        found = [bounds.get((*place, name), (np.nan, np.nan)) for place in places]
        for i, side in enumerate(("low", "high")):
            rows = rows.append_column(f"{name}_change_{side}", nullable([pair[i] for pair in found]))
    return rows


def conditions(
    steered: pa.Table,
) -> tuple[Int[np.ndarray, " condition"], Float[np.ndarray, " condition"], Int[np.ndarray, " row"]]:
    """Return layer and gamma of the distinct conditions, ascending, and the index of each row's condition."""
    layers, layer = np.unique(steered["layer"].to_numpy(), return_inverse=True)
    gammas, gamma = np.unique(steered["gamma"].to_numpy(), return_inverse=True)
    distinct, index = np.unique(layer * len(gammas) + gamma, return_inverse=True)
    return layers[distinct // len(gammas)], gammas[distinct % len(gammas)], index


def values(own: Answers, pivot: Answers, pair_metrics: Collection[str]) -> dict[str, Float[np.ndarray, " condition"]]:
    """Return accuracy and every metric of `FROM_PIVOT`, by column; the axis "language" of ``own`` is conditions."""
    by_pair = answers.of_pairs(pivot, own, pair_metrics)
    # (pivot, condition) -> (condition)
    return {"accuracy": answers.accuracy(own), **{FROM_PIVOT[name]: values[0] for name, values in by_pair.items()}}


def _by_kind(steered: pa.Table) -> list[pa.Table]:
    """Return the rows of each vector and operation, in the order of their first rows; all of an empty table."""
    chosen = list(dict.fromkeys(zip(steered["vector"].to_pylist(), steered["operation"].to_pylist(), strict=True)))
    where = [(pc.field("vector") == vector) & (pc.field("operation") == operation) for vector, operation in chosen]
    return [steered.filter(each) for each in where] or [steered]


def _kind(
    name: str,
    steered: pa.Table,
    before: Float[np.ndarray, "question choice"],
    key: Int[np.ndarray, " question"],
    question_ids: pa.Array,
) -> Kind:
    """Return the kind of the rows of one vector and operation; ``key`` is -1 where the pivot lacks the question."""
    layer, gamma, condition = conditions(steered)
    question = stacking.positions(steered["question_id"], question_ids, f"steered of language '{name}'")
    own = matrix(steered, "logprob")
    n_choices = max(before.shape[1], own.shape[1])
    after = np.full((len(layer), len(before), n_choices), np.nan, np.float32)
    # (row, choice) -> (condition, question, choice)
    after[condition, question, : own.shape[1]] = own
    held_out = np.unique(question)
    if len(question) != len(layer) * len(held_out) or not _same_choices(after, before, held_out):
        raise CrosslensError(
            f"steered of language '{name}': some held-out questions are missing or duplicated for some (layer, gamma), "
            "or missing from the un-steered answers. Delete the language's steered.arrow and answers.arrow and run "
            "again."
        )
    vector, operation = (steered[column][0].as_py() for column in KIND) if len(steered) else (OWN, ADD)
    after = after[..., : before.shape[1]]  # the others are NaN
    has_vector = np.isin(np.arange(len(key)), held_out)
    return Kind(name, vector, operation, layer, gamma, before, after, key).on(has_vector & (key >= 0))


def _same_choices(
    after: Float[np.ndarray, "condition question choice"],
    before: Float[np.ndarray, "question choice"],
    questions: Int[np.ndarray, " n"],
) -> bool:
    """Return whether ``questions`` have as many choices, at least one, with steering as without, in every condition."""
    steered, plain = ((~np.isnan(values)).sum(axis=-1)[..., questions] for values in (after, before))
    return bool((plain > 0).all() and (steered == plain).all())


def _rows(kind: Kind, pivot: Answers, pair_metrics: Collection[str]) -> pa.Table:
    """Return the rows of "steered_metrics" of a language's conditions of one kind."""
    n = len(kind.layer)
    columns = {
        "language": pa.array([kind.language] * n, pa.string()),
        "layer": kind.layer,
        "gamma": kind.gamma,
        "vector": pa.array([kind.vector] * n, pa.string()),
        "operation": pa.array([kind.operation] * n, pa.string()),
        "n": pa.array([int(kind.questions.sum())] * n, pa.int32()),
    }
    before = values(kind.answers(kind.before[None]), pivot, pair_metrics)
    for column, after in values(kind.answers(kind.after), pivot, pair_metrics).items():
        columns[column] = nullable(after)
        columns[f"unsteered_{column}"] = nullable(np.repeat(before[column], n))
    return pa.table(columns)
