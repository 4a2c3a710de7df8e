"""Which condition of steering is reported: chosen on the development half of the questions, measured on the test half.

The best of many conditions is too good by chance on the questions on which it is the best. Reads the table
"steering_gains" and computes no interval of its own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa

from crosslens.sampling import DEVELOPMENT, TEST
from crosslens.tables.conditions import ADD, OWN
from crosslens.tables.steered_metrics import LETTER_SHIFT, STEERING_SELECTED, UNSTEERED

CHOSEN_BY, RANDOM = "accuracy", "random_"


def selected(gains: pa.Table) -> pa.Table:
    """Return the table "steering_selected", one row per measure, from table "steering_gains".

    The condition is that of `best` for all measures. No row if the language's own vector is never added with gamma > 0.
    """
    own = [row for row in gains.to_pylist() if (row["vector"], row["operation"]) == (OWN, ADD)]
    where = best(own)
    against, of_vector = defaultdict(list), {}
    for row in gains.to_pylist():
        if (row["operation"], row["half"], row["versus"]) == (ADD, TEST, UNSTEERED) and _place(row) == where:
            of_vector[row["measure"], row["vector"]] = row["mean"]
    for row in own:
        if row["half"] == TEST and _place(row) == where:
            against[row["measure"]].append(row)
    rows = []
    for compared in against.values():
        (gain,) = [row for row in compared if row["versus"] == UNSTEERED]
        controls = [row for row in compared if row["versus"] != UNSTEERED and row["mean"] is not None]
        rows.append(gain | _closest(of_vector, controls) | _random(controls))
    names = [column.name for column in STEERING_SELECTED.columns]
    schema = pa.schema([(column.name, column.type) for column in STEERING_SELECTED.columns])
    return pa.Table.from_pylist([{name: row[name] for name in names} for row in rows], schema)


def best(own: Sequence[dict]) -> tuple[int, float] | None:
    """Return the (layer, gamma), gamma > 0, of the greatest mean gain of accuracy on the development half.

    own: rows of the language's own vector, added. A condition counts if it has every control vector that its layer has
    under any gamma, and at least one; if there is none such, all conditions count. Of equals the first is taken. None
    without conditions.
    """
    rows = [row for row in own if (row["measure"], row["half"]) == (CHOSEN_BY, DEVELOPMENT) and row["gamma"] > 0]
    of_layer, of_place = defaultdict(set), defaultdict(set)
    for row in rows:
        if row["versus"] not in (UNSTEERED, LETTER_SHIFT):
            of_layer[row["layer"]].add(row["versus"])
            of_place[_place(row)].add(row["versus"])
    gains = {_place(row): row["mean"] for row in rows if row["versus"] == UNSTEERED and row["mean"] is not None}
    controlled = [place for place in gains if of_place[place] and of_place[place] == of_layer[place[0]]]
    candidates = {place: gains[place] for place in controlled} or gains
    return max(candidates, key=candidates.get) if candidates else None


def _place(row: dict) -> tuple[int, float]:
    return row["layer"], row["gamma"]


def _closest(of_vector: Mapping[tuple[str, str], float], controls: Sequence[dict]) -> dict:
    """Return the control that leaves the smallest difference, its own gain, and the difference.

    of_vector: the gain of each vector by measure, in the languages and on the questions that it has.
    """
    if not controls:
        return dict.fromkeys(("control", "control_gain", "difference", "difference_low", "difference_high"))
    closest = min(controls, key=lambda row: row["mean"])
    return {
        "control": closest["versus"],
        "control_gain": of_vector.get((closest["measure"], closest["versus"])),
        "difference": closest["mean"],
        "difference_low": closest["low"],
        "difference_high": closest["high"],
    }


def _random(controls: Sequence[dict]) -> dict:
    """Return how the gain compares with each random vector: the least difference, and the greatest p-value.

    A gain must exceed each of them. The p-value is 1 if it does not exceed one.
    """
    drawn = [row for row in controls if row["versus"].startswith(RANDOM)]
    p_values = [row["p_value"] if row["mean"] > 0 else 1.0 for row in drawn]
    return {
        "n_random": len(drawn),
        "random_difference": min((row["mean"] for row in drawn), default=None),
        "random_p_value": None if None in p_values else max(p_values, default=None),
    }
