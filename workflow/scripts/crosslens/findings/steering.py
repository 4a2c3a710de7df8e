"""Claims about steering towards the pivot (C14 to C16 and C18).

The condition (layer, gamma) of a model is the one that `metrics.steering_selection` chose on the development half of
the held-out questions; every effect is measured on the test half.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from crosslens.findings import paired
from crosslens.findings.results import Results, Subject, rows
from crosslens.findings.verdicts import Counts, Effect, Untestable, effect
from crosslens.metrics.replicates import Drawn
from crosslens.metrics.steering_selection import RANDOM
from crosslens.sampling import DEVELOPMENT, TEST
from crosslens.tables.conditions import ADD, OWN
from crosslens.tables.steered_metrics import UNSTEERED

OTHER_LANGUAGE = "language:"
ADD_ONE = "add an entry to `steering.conditions`"


class Place(NamedTuple):
    """Where and how far a model is steered."""

    layer: int
    gamma: float

    def __str__(self) -> str:
        return f"layer {self.layer}, gamma {self.gamma:g}"


def gain(results: Results, subject: Subject, measure: str, scale: float, control: str) -> Effect:
    """C14, C15: theta = gain of the own vector - gain of a control, at the selected condition.

    Of several controls of a kind, the one that leaves the smallest difference; p: the largest of all, and 1 if one of
    the differences is not above 0 while another is. So a gain must exceed each of them. measure: as in table
    "steering_gains". control: what the names of the control vectors begin with. Paper, section 5, Figs. 4, 5, 7 to 11.
    """
    place = selected(results, subject.model, subject.dataset)
    found = _compared(results, subject, measure, place, control)
    if not found:
        kind = "random vectors were" if control == RANDOM else "another language's vector was"
        raise Untestable(f"{kind} not run at {place}, the selected condition: {ADD_ONE}")
    return exceeds_each([_effect(results, row, scale) for row in found])


def exceeds_each(found: Sequence[Effect]) -> Effect:
    """Return the smallest of several effects with the largest of their p-values.

    The p-value is 1 if their signs differ: then neither all are above 0 nor all below.
    """
    smallest = min(found, key=lambda one: one.estimate)
    p = max(one.p for one in found) if not any(np.isnan(one.p) for one in found) else np.nan
    return smallest._replace(p=1.0 if len({one.estimate > 0 for one in found}) > 1 else p)


def opposite(results: Results, subject: Subject) -> Effect:
    """C16: theta = -(gain at -gamma - gain of a random vector), gamma and the layer as selected, in points.

    The random vectors are those at -gamma. If they were run at gamma only, they take their place, as a random direction
    has no sign; the two standard errors are then added, which is the most that an unpaired difference can have. Of
    several, as in `gain`. Paper, section 5.
    """
    place = selected(results, subject.model, subject.dataset)
    against = Place(place.layer, -place.gamma)
    own = _gains(results, subject, "accuracy", against, OWN)
    if not own:
        raise Untestable(f"the own vector was not run at {against}, opposite to the selected condition: {ADD_ONE}")
    if found := _compared(results, subject, "accuracy", against, RANDOM):
        return exceeds_each([_effect(results, row, -100.0) for row in found])
    if controls := _gains(results, subject, "accuracy", place, RANDOM):
        return exceeds_each([_unpaired(results, own[0], control) for control in controls])
    raise Untestable(f"random vectors were run neither at {against} nor at {place}: {ADD_ONE}")


def who_gains(results: Results, subject: Subject, who: str) -> Effect:
    """C18: theta, in points, of one of two statements on who gains most. Paper, section 5, Figs. 5, 8 and 9.

    who = models: gain(small) - gain(large) in accuracy, each at its selected condition, paired by language. languages:
    in the small model, mean gain of the languages in Latin script of low accuracy - mean gain of all others. Low is an
    un-steered accuracy on the development half below the median of the steered languages, and the gain is on the test
    half, so that no language looks low and gains by the same chance. Latin-script languages without an accuracy there
    are on neither side.
    """
    if who == "models":
        large, small = (at_selected(results, model, subject.dataset) for model in (subject.large, subject.model))
        return paired.change(results, large, small, 100.0)
    values = at_selected(results, subject.model, subject.dataset)
    halves = rows(results.table("steering_by_half", subject.model, subject.dataset), half=DEVELOPMENT)
    accuracy = dict(zip(halves["language"].to_pylist(), halves["unsteered_accuracy"].to_pylist(), strict=True))
    plain = np.array([np.nan if accuracy.get(tag) is None else accuracy[tag] for tag in values.languages])
    latin = np.array([results.scripts[tag] == "Latn" for tag in values.languages])
    chosen = latin & (plain < np.nanmedian(plain))
    weight = np.where(chosen, 1.0, np.where(latin & np.isnan(plain), 0.0, -1.0))
    if not chosen.any() or chosen.all():
        raise Untestable(
            f"{chosen.sum()} of {len(chosen)} languages are in Latin script and of low accuracy; at least 1 such "
            "language and 1 other are needed"
        )
    return paired.over_languages(results, values, 100.0, weight)


def selected(results: Results, model: str, dataset: str) -> Place:
    """Return the selected condition. Raises Untestable if the model is not steered towards the pivot."""
    results.need(dataset, "questions")
    if results.layers("steering_selected", model, dataset):  # else no model is steered
        for row in results.table("steering_selected", model, dataset).to_pylist():
            return Place(row["layer"], row["gamma"])
    raise Untestable(f"{model} is not steered towards {results.pivot} on {dataset}: {ADD_ONE} with a gamma above 0")


def at_selected(results: Results, model: str, dataset: str) -> Drawn:
    """Return the gain in accuracy of every language on the test half at the selected condition."""
    place = selected(results, model, dataset)
    return paired.drawn(results, "steering_replicates", "accuracy", model, dataset, **place._asdict())


def _compared(results: Results, subject: Subject, measure: str, place: Place, control: str) -> list[dict]:
    """Return the rows about the own vector against every control of a kind."""
    at = _at(results, subject, measure, place)
    return [row for row in at if row["vector"] == OWN and row["versus"].startswith(control)]


def _gains(results: Results, subject: Subject, measure: str, place: Place, vector: str) -> list[dict]:
    """Return the rows about every vector of a kind against no steering."""
    at = _at(results, subject, measure, place)
    return [row for row in at if row["vector"].startswith(vector) and row["versus"] == UNSTEERED]


def _at(results: Results, subject: Subject, measure: str, place: Place) -> list[dict]:
    table = results.table("steering_gains", subject.model, subject.dataset)
    if measure not in table["measure"].to_pylist():
        results.need(subject.dataset, "choices")
    return rows(table, measure=measure, half=TEST, operation=ADD, **place._asdict()).to_pylist()


def _effect(results: Results, row: dict, scale: float) -> Effect:
    mean, se = (np.nan if row[name] is None else row[name] for name in ("mean", "se"))
    return effect(scale * mean, abs(scale) * se, _counts(row), results.level)


def _unpaired(results: Results, own: dict, control: dict) -> Effect:
    mine, other = (_effect(results, row, -100.0) for row in (own, control))
    errors = [np.nan if row["se"] is None else 100 * row["se"] for row in (own, control)]
    counts = Counts(*(min(pair) for pair in zip(_counts(own), _counts(control), strict=True)))
    return effect(mine.estimate - other.estimate, sum(errors), counts, results.level)


def _counts(row: dict) -> Counts:
    return Counts(row["n_languages"], row["n_families"], row["n_questions_max"])
