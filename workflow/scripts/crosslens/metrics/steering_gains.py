"""The gain from steering: what it changes on average over languages, against no steering and against control vectors.

Every difference is taken on the same questions in every language, and resampled with the same draws, before languages
are averaged: it is paired. Measures are those of `summed`, intervals those of `means`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from crosslens import sampling
from crosslens.metrics import intervals, letter_shift, means, resampling, summed
from crosslens.metrics.answers import Answers
from crosslens.metrics.replicates import Drawn
from crosslens.metrics.replicates import columns as replicate_columns
from crosslens.metrics.stacking import nullable
from crosslens.metrics.steered import FROM_PIVOT, Kind, Steered, values
from crosslens.tables.conditions import ADD, OWN, PATCH
from crosslens.tables.steered_metrics import ALL, BOUNDED, LETTER_SHIFT, UNSTEERED

PARTS = (ALL, *sampling.HALVES)


class Comparison(NamedTuple):
    """Answers of one language under some conditions, and others to the same questions that they are compared with.

    parts: the parts of the questions, of `PARTS`, on which they are compared.
    """

    vector: str
    operation: str
    versus: str
    layer: Int[np.ndarray, " condition"]
    gamma: Float[np.ndarray, " condition"]
    answers: Answers  # [condition, question]
    reference: Answers  # [condition or 1, question]
    parts: Sequence[str] = PARTS


class Gain(NamedTuple):
    """A gain in one language: what it is over, the number of questions, and the gain in every replicate."""

    language: str
    observed: float
    reference: float
    n: int
    replicates: Float[np.ndarray, " replicate"]


class SteeringGains(NamedTuple):
    """The table "steering_gains", the columns of table "steering_replicates", and bounds of every language's changes.

    bounds: of the change by a language's own vector, added: by language, half, layer, gamma and measure.
    """

    table: pa.Table
    replicates: dict
    bounds: Mapping[tuple[str, str, int, float, str], tuple[float, float]]


def development(question_ids: pa.Array, clusters: Mapping[str, str], seed: int) -> Bool[np.ndarray, " question"]:
    """Return which questions are in the development half. clusters: the cluster of every question by id."""
    halves = [sampling.half(clusters[question], seed) for question in question_ids.to_pylist()]
    return np.array(halves, object) == sampling.DEVELOPMENT


def steering_gains(
    steered: Steered,
    clusters: Mapping[str, str],
    families: Mapping[str, str],
    pair_metrics: Collection[str] = tuple(FROM_PIVOT),
    *,
    bootstrap: int,
    level: float,
    seed: int,
) -> SteeringGains:
    """Return all gains, and the gains from each language's own vector in every replicate and with their intervals.

    clusters: the cluster of every question by id. families: of the languages. pair_metrics: those that are defined;
    measures that need others have no rows.
    """
    draws = resampling.draws([clusters], bootstrap, seed).of(steered.question_ids, "steered")
    in_development = development(steered.question_ids, clusters, seed)
    halves = [summed.Half(half, draws[:, half]) for half in (in_development, ~in_development)]
    by_language = defaultdict(list)
    for kind in steered.kinds:
        by_language[kind.language].append(kind)
    gains: dict[tuple, list[Gain]] = defaultdict(list)
    for language, kinds in by_language.items():
        for row, gain in _of_language(language, kinds, steered.pivot, halves, pair_metrics):
            gains[row].append(gain)
    order = {name: i for i, name in enumerate((*summed.MEASURES, *PARTS))}
    rows = sorted(gains, key=lambda row: (order[row[0]], order[row[1]]))  # otherwise in the order of their first rows
    table = _table(rows, [gains[row] for row in rows], families, level)
    return SteeringGains(table, _replicates(gains), _bounds(gains, level))


def comparisons(kinds: Sequence[Kind], in_development: Bool[np.ndarray, " question"]) -> Iterator[Comparison]:
    """Yield what is compared within a language: every kind with no steering, and the own vector with its controls.

    The letter shift is measured on the development half and replayed on the test half. A control is another vector with
    the same operation; they are compared under the conditions, and on the questions, that both have.
    """
    answered = {(kind.vector, kind.operation): kind.answers(kind.after) for kind in kinds}
    for kind in kinds:
        named = (kind.vector, kind.operation)
        plain, after = kind.answers(kind.before[None]), answered[named]
        at = (kind.layer, kind.gamma)
        yield Comparison(*named, UNSTEERED, *at, after, plain)
        if kind.vector == OWN:
            shift = letter_shift.shift(kind.before, kind.after, in_development & kind.questions)
            shifted = kind.answers(letter_shift.replayed(kind.before, shift).astype(np.float32))
            yield Comparison(LETTER_SHIFT, kind.operation, UNSTEERED, *at, shifted, plain, [sampling.TEST])
            yield Comparison(*named, LETTER_SHIFT, *at, after, shifted, [sampling.TEST])
            for control in kinds:
                if control.operation == kind.operation and control.vector not in (OWN, PATCH):
                    yield _against(kind, control, after, answered[control.vector, control.operation])


def _against(own: Kind, control: Kind, of_own: Answers, of_control: Answers) -> Comparison:
    """Return the comparison of the own vector with a control, under the conditions and on the questions of both."""
    places = {place: i for i, place in enumerate(_places(control))}
    pairs = [(i, places[place]) for i, place in enumerate(_places(own)) if place in places]
    # (pair, side) -> (pair) of either side
    mine, other = np.array(pairs, int).reshape(-1, 2).T
    if (own.questions != control.questions).any():
        both = own.questions & control.questions
        of_own, of_control = (kind.answers(kind.after) for kind in (own.on(both), control.on(both)))
    if len(mine) < len(own.layer):
        of_own = Answers(*(array[mine] for array in of_own))
    of_control = Answers(*(array[other] for array in of_control))
    return Comparison(own.vector, own.operation, control.vector, own.layer[mine], own.gamma[mine], of_own, of_control)


def _places(kind: Kind) -> list[tuple[int, float]]:
    return list(zip(kind.layer.tolist(), kind.gamma.tolist(), strict=True))


def _of_language(
    language: str,
    kinds: Sequence[Kind],
    pivot: Answers,
    halves: Sequence[summed.Half],
    pair_metrics: Collection[str],
) -> Iterator[tuple[tuple, Gain]]:
    """Yield every gain of a language, with what it is of: measure, part, vector, operation, layer, gamma, versus."""
    compared = [each for each in comparisons(kinds, halves[0].questions) if len(each.layer)]
    measures = summed.defined(pair_metrics)
    known: dict[int, dict] = {}  # by identity: several comparisons have the same answers
    for side in (side for each in compared for side in (each.answers, each.reference)):
        if id(side) not in known:
            known[id(side)] = _evaluated(measures, side, pivot, halves)
    for name in measures:
        for each in compared:
            (after, replicates), (before, of_reference) = (
                known[id(side)][name] for side in (each.answers, each.reference)
            )
            before = np.broadcast_to(before, after.shape)
            asked = (each.answers.present & pivot.present)[0]
            n = [int(asked.sum()), *(int((asked & half.questions).sum()) for half in halves)]
            for p in map(PARTS.index, each.parts):
                changes = (replicates[p] - of_reference[p]).T  # (replicate, condition) -> (condition, replicate)
                for c, (layer, gamma) in enumerate(zip(each.layer.tolist(), each.gamma.tolist(), strict=True)):
                    row = (name, PARTS[p], each.vector, each.operation, layer, gamma, each.versus)
                    yield row, Gain(language, after[p, c] - before[p, c], before[p, c], n[p], changes[c])


def _evaluated(
    measures: Mapping[str, summed.Measure], own: Answers, pivot: Answers, halves: Sequence[summed.Half]
) -> dict[str, tuple[Float[np.ndarray, "part condition"], Float[np.ndarray, "part replicate condition"]]]:
    """Return every measure on every part of the questions, and in every replicate.

    Consistency is that of Eq. 1; only its replicates are sums over questions, which differ from it where choices tie.
    """
    once = [summed.Half(half.questions, np.ones((1, half.weight.shape[1]))) for half in halves]
    observed = {name: found[:, 0] for name, found in summed.values(measures, own, pivot, once).items()}
    if (name := FROM_PIVOT["consistency"]) in measures:
        parts = [np.arange(len(once[0].questions)), *(np.flatnonzero(half.questions) for half in once)]
        observed[name] = np.stack([values(own.on(q), pivot.on(q), ["consistency"])[name] for q in parts])
    replicates = summed.values(measures, own, pivot, halves)
    return {name: (observed[name], replicates[name].astype(np.float32)) for name in measures}


def _replicates(gains: Mapping[tuple, Sequence[Gain]]) -> dict:
    """Return the columns of table "steering_replicates": gains of the own vector, added, on the test half."""
    rows: dict[tuple, Drawn] = {}
    for (measure, part, vector, operation, layer, gamma, versus), found in gains.items():
        if (measure, part, vector, operation, versus) == ("accuracy", sampling.TEST, OWN, ADD, UNSTEERED):
            languages, observed, _, n, drawn = zip(*found, strict=True)
            rows[layer, gamma, measure] = Drawn(languages, np.array(n), np.array(observed), np.stack(drawn, axis=1))
    return replicate_columns(dict(sorted(rows.items())), ("layer", "gamma", "measure"))


def _bounds(gains: Mapping[tuple, Sequence[Gain]], level: float) -> dict:
    """Return the percentile interval of every change that table "steering_by_half" bounds; see `SteeringGains`."""
    bounds = {}
    for (measure, part, vector, operation, layer, gamma, versus), found in gains.items():
        if measure in BOUNDED and part != ALL and (vector, operation, versus) == (OWN, ADD, UNSTEERED):
            # replicate x (language) -> (replicate, language)
            drawn = np.stack([gain.replicates for gain in found], axis=1)
            for gain, *interval in zip(found, *intervals.percentiles(drawn, level), strict=True):
                bounds[gain.language, part, layer, gamma, measure] = tuple(map(float, interval))
    return bounds


def _table(
    rows: Sequence[tuple], gains: Sequence[Sequence[Gain]], families: Mapping[str, str], level: float
) -> pa.Table:
    """Return the table: one row per item of ``rows``, averaged over the languages of its gains."""
    averaged, reference, fewest, most = [], [], [], []
    for of_row in gains:
        languages, observed, before, n, replicates = zip(*of_row, strict=True)
        used = ~np.isnan(observed)
        # replicate x (language) -> (replicate, language)
        drawn = np.stack(replicates, axis=1).astype(np.float64)
        averaged.append(means.over_languages(np.array(observed), drawn, [families[tag] for tag in languages], level))
        reference.append(np.mean(np.array(before)[used]) if used.any() else np.nan)
        fewest.append(min(n))
        most.append(max(n))
    names = ("measure", "half", "vector", "operation", "layer", "gamma", "versus")
    described = dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))
    texts = {name: pa.array(described[name], pa.string()) for name in names if name not in ("layer", "gamma")}
    return pa.table(
        {
            **texts,
            "layer": pa.array(described["layer"], pa.int16()),
            "gamma": pa.array(np.array(described["gamma"], np.float32)),
            **means.columns(averaged),
            "reference": nullable(reference),
            "n_questions_min": pa.array(fewest, pa.int32()),
            "n_questions_max": pa.array(most, pa.int32()),
        }
    )
