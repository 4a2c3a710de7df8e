"""How steering changes a language's answers, and how far it moves them towards the pivot's.

Compares with the un-steered answers to the same held-out questions. Steers nothing: `steering` and `forward` do.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

import crosslens.metric_schemas  # noqa: F401 - declares the tables that this module computes
from crosslens import alignment, metrics
from crosslens.alignment import nullable
from crosslens.errors import CrosslensError
from crosslens.metrics import Answers
from crosslens.tables import matrix

# Metrics of the pair (un-steered pivot, language), by the name of their column
FROM_PIVOT = {
    "consistency_with_pivot": metrics.consistency,
    "positive_transfer_from_pivot": metrics.positive_transfer,
    "negative_transfer_from_pivot": metrics.negative_transfer,
}


def steering_metrics(answers: Mapping[str, pa.Table], steered: Mapping[str, pa.Table], pivot: str) -> pa.Table:
    """Table "steering_metrics": one row per language and condition (layer, gamma), in this order.

    answers, steered: tables by language; the pivot's ``steered`` is empty and gives no rows. Only held-out questions
    count, those in ``steered``, and of these the ones that the pivot has too.
    """
    aligned, names = alignment.align(answers), list(answers)
    given = [metrics.answers(aligned.logprob[[i]], aligned.key[[i]]) for i in range(len(names))]
    of_pivot = given[names.index(pivot)]
    return pa.concat_tables(
        _of_language(name, steered[name], unsteered, of_pivot, aligned.question_ids)
        for name, unsteered in zip(names, given, strict=True)
    )


def conditions(
    steered: pa.Table,
) -> tuple[Int[np.ndarray, " condition"], Float[np.ndarray, " condition"], Int[np.ndarray, " row"]]:
    """Layer and gamma of the distinct conditions, ascending, and the index of each row's condition."""
    layers, layer = np.unique(steered["layer"].to_numpy(), return_inverse=True)
    gammas, gamma = np.unique(steered["gamma"].to_numpy(), return_inverse=True)
    found, index = np.unique(layer * len(gammas) + gamma, return_inverse=True)
    return layers[found // len(gammas)], gammas[found % len(gammas)], index


def _of_language(name: str, steered: pa.Table, unsteered: Answers, pivot: Answers, question_ids: pa.Array) -> pa.Table:
    layer, gamma, condition = conditions(steered)
    question = alignment.positions(steered["question_id"], question_ids, f"steered of language '{name}'")
    logprob = np.full((len(layer), *unsteered.ranks.shape[1:]), np.nan, np.float32)
    logprob[condition, question] = matrix(steered, "logprob")
    held_out = np.unique(question)
    complete = len(question) == len(layer) * len(held_out) and not np.isnan(logprob[:, held_out]).any()
    if not complete or not unsteered.present[0, held_out].all():
        raise CrosslensError(
            f"steered of language '{name}': not every condition (layer, gamma) holds every held-out question once, or "
            "one is not among its answers. Delete its steered.arrow and answers.arrow and rerun."
        )
    held_out = held_out[pivot.present[0, held_out]]
    after = metrics.answers(logprob, np.broadcast_to(unsteered.key, logprob.shape[:2]))
    before = _values(unsteered.on(held_out), pivot.on(held_out))
    columns = {
        "language": pa.array([name] * len(layer), pa.string()),
        "layer": layer,
        "gamma": gamma,
        "n": pa.array([len(held_out)] * len(layer), pa.int32()),
    }
    for column, values in _values(after.on(held_out), pivot.on(held_out)).items():
        columns[column] = nullable(values)
        columns[f"unsteered_{column}"] = nullable(np.repeat(before[column], len(layer)))
    return pa.table(columns)


def _values(given: Answers, pivot: Answers) -> dict[str, Float[np.ndarray, " condition"]]:
    """Accuracy, and every metric of `FROM_PIVOT`, by column."""
    from_pivot = {name: metric(pivot, given)[0] for name, metric in FROM_PIVOT.items()}
    return {"accuracy": metrics.accuracy(given), **from_pivot}
