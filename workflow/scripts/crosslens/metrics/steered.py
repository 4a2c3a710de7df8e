"""Metrics of steered answers: how steering changes them, and how far it moves them towards the pivot's.

Compares with the un-steered answers to the same held-out questions. Steers nothing; `engine.steering` and
`engine.forward` do.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from crosslens.errors import CrosslensError
from crosslens.metrics import answers, stacking
from crosslens.metrics.answers import Answers
from crosslens.metrics.stacking import nullable
from crosslens.tables.files import matrix

# What conditions are compared within: layers and gammas of one vector and operation, which have the same questions
KIND = ("vector", "operation")
# Columns of the metrics of the pair (un-steered pivot, language), by the name of the metric
FROM_PIVOT = {
    "consistency": "consistency_with_pivot",
    "positive_transfer": "positive_transfer_from_pivot",
    "negative_transfer": "negative_transfer_from_pivot",
}


def steered_metrics(
    unsteered: Mapping[str, pa.Table],
    steered: Mapping[str, pa.Table],
    pivot: str,
    pair_metrics: Collection[str] = tuple(FROM_PIVOT),
) -> pa.Table:
    """Return the table "steered_metrics": one row per language, vector, operation, layer and gamma, in this order.

    unsteered, steered: tables "answers" and "steered" by language. The pivot's ``steered`` is empty and gives no rows.
    Only those questions count that have the vector, which are held out of it, and that the pivot has too. pair_metrics:
    those of `FROM_PIVOT` that are defined; the others are null. Raises CrosslensError if a condition lacks such a
    question or has it twice.
    """
    aligned, names = stacking.align(unsteered), list(unsteered)
    by_language = [answers.from_logprobs(aligned.logprob[[i]], aligned.key[[i]]) for i in range(len(names))]
    of_pivot = by_language[names.index(pivot)]
    return pa.concat_tables(
        _of_kind(name, kind, own, of_pivot, aligned.question_ids, pair_metrics)
        for name, own in zip(names, by_language, strict=True)
        for kind in kinds(steered[name])
    )


def kinds(steered: pa.Table) -> list[pa.Table]:
    """Return the rows of each vector and operation, in the order of their first rows; all of an empty table."""
    chosen = list(dict.fromkeys(zip(steered["vector"].to_pylist(), steered["operation"].to_pylist(), strict=True)))
    where = [(pc.field("vector") == vector) & (pc.field("operation") == operation) for vector, operation in chosen]
    return [steered.filter(each) for each in where] or [steered]


def conditions(
    steered: pa.Table,
) -> tuple[Int[np.ndarray, " condition"], Float[np.ndarray, " condition"], Int[np.ndarray, " row"]]:
    """Return layer and gamma of the distinct conditions, ascending, and the index of each row's condition."""
    layers, layer = np.unique(steered["layer"].to_numpy(), return_inverse=True)
    gammas, gamma = np.unique(steered["gamma"].to_numpy(), return_inverse=True)
    distinct, index = np.unique(layer * len(gammas) + gamma, return_inverse=True)
    return layers[distinct // len(gammas)], gammas[distinct % len(gammas)], index


def _of_kind(
    name: str,
    steered: pa.Table,
    unsteered: Answers,
    pivot: Answers,
    question_ids: pa.Array,
    pair_metrics: Collection[str],
) -> pa.Table:
    """Return the rows of a language for the conditions (layer, gamma) of one vector and operation."""
    layer, gamma, condition = conditions(steered)
    question = stacking.positions(steered["question_id"], question_ids, f"steered of language '{name}'")
    own = matrix(steered, "logprob")
    n_choices = max(unsteered.ranks.shape[2], own.shape[1])
    logprob = np.full((len(layer), unsteered.ranks.shape[1], n_choices), np.nan, np.float32)
    # (row, choice) -> (condition, question, choice)
    logprob[condition, question, : own.shape[1]] = own
    held_out = np.unique(question)
    complete = len(question) == len(layer) * len(held_out) and _same_choices(logprob, unsteered, held_out)
    if not complete or not unsteered.present[0, held_out].all():
        raise CrosslensError(
            f"steered of language '{name}': some held-out questions are missing or duplicated for some (layer, gamma), "
            "or missing from the un-steered answers. Delete the language's steered.arrow and answers.arrow and run "
            "again."
        )
    logprob = logprob[..., : unsteered.ranks.shape[2]]  # the others are NaN
    held_out = held_out[pivot.present[0, held_out]]
    after = answers.from_logprobs(logprob, np.broadcast_to(unsteered.key, logprob.shape[:2]))
    before = _values(unsteered.on(held_out), pivot.on(held_out), pair_metrics)
    columns = {
        "language": pa.array([name] * len(layer), pa.string()),
        "layer": layer,
        "gamma": gamma,
        **{column: pa.array(steered[column][:1].to_pylist() * len(layer), pa.string()) for column in KIND},
        "n": pa.array([len(held_out)] * len(layer), pa.int32()),
    }
    for column, values in _values(after.on(held_out), pivot.on(held_out), pair_metrics).items():
        columns[column] = nullable(values)
        columns[f"unsteered_{column}"] = nullable(np.repeat(before[column], len(layer)))
    return pa.table(columns)


def _same_choices(
    logprob: Float[np.ndarray, "condition question choice"], unsteered: Answers, questions: Int[np.ndarray, " n"]
) -> bool:
    """Return whether ``questions`` have, in every condition, as many choices as without steering."""
    steered, plain = ((~np.isnan(values)).sum(axis=-1)[:, questions] for values in (logprob, unsteered.ranks))
    return bool((steered == plain).all())


def _values(own: Answers, pivot: Answers, pair_metrics: Collection[str]) -> dict[str, Float[np.ndarray, " condition"]]:
    """Return accuracy and every metric of `FROM_PIVOT`, by column; the axis "language" of ``own`` is conditions."""
    by_pair = answers.of_pairs(pivot, own, pair_metrics)
    # (pivot, condition) -> (condition)
    return {"accuracy": answers.accuracy(own), **{FROM_PIVOT[name]: values[0] for name, values in by_pair.items()}}
