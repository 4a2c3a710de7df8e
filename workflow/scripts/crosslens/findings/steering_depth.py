"""The claim that steering works best in the middle layers, at equal size beside the state (C17)."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from crosslens.findings import paired
from crosslens.findings.results import Results, Subject
from crosslens.findings.steering import ADD_ONE, Place, selected
from crosslens.findings.verdicts import Effect, Untestable
from crosslens.metrics.replicates import Drawn

Gains = Mapping[Place, Drawn]


def middle(results: Results, subject: Subject, third: str) -> Effect:
    """C17: theta = gain in the middle third - gain in another third at equal ||gamma v|| / ||h||, in points.

    gamma is in units of ||v||, whose share of ||h|| grows with depth, so equal gammas are not equal sizes. The layers
    of the other ``third``, early or late, have the selected gamma. Language by language, the gain of a middle layer at
    the size of theirs is interpolated linearly between its gammas of the selected sign, from gain 0 at gamma 0; theta
    is the mean over all pairs of a middle and another layer. A language without a middle layer that was swept as far
    is left out. Accuracy on the test half. Paper, section 5, Fig. 8.
    """
    place = selected(results, subject.model, subject.dataset)
    gains, sizes = _gains(results, subject, np.sign(place.gamma)), _sizes(results, subject)
    of_middle = [layer for layer in _layers(gains) if _third(results, subject, layer) == "middle"]
    if not of_middle:
        raise Untestable(f"no layer of the middle third is steered: {ADD_ONE}")
    others = [at for at in gains if at.gamma == place.gamma and _third(results, subject, at.layer) == third]
    if not others:
        raise Untestable(f"no layer of the {third} third is steered with gamma {place.gamma:g}: {ADD_ONE}")
    every = [
        less(interpolated(gains, layer, sizes, _size_at(sizes, gains[other], other)), gains[other])
        for layer in of_middle
        for other in others
    ]
    values = _average(every)
    if np.isnan(values.value).all():
        reach = max(at.gamma for at in gains if at.layer in of_middle)
        raise Untestable(
            f"steering of the {third} third is larger than that of the middle third with any gamma up to {reach:g}: "
            "sweep gamma further in the middle third (`steering.conditions`)"
        )
    return paired.over_languages(results, values, 100.0)


def interpolated(
    gains: Gains, layer: int, sizes: Mapping[tuple[str, int], float], wanted: Mapping[str, float]
) -> Drawn:
    """Return the gain of a layer at the ``wanted`` size of each language, linear between the sizes that were run.

    sizes: ||v|| / ||h|| by language and layer. Size 0 has gain 0. NaN beyond the largest size, in all replicates.
    """
    places = sorted((place for place in gains if place.layer == layer), key=lambda place: abs(place.gamma))
    first = gains[places[0]]
    names = [name for name in first.languages if all(name in gains[place].languages for place in places)]
    known = [on(gains[place], names) for place in places]
    weight = np.stack([weights([abs(p.gamma) * sizes[name, layer] for p in places], wanted[name]) for name in names], 1)
    # (gamma, language) and (gamma, replicate, language)
    value = (weight * np.stack([one.value for one in known])).sum(axis=0)
    replicates = (weight[:, None] * np.stack([one.replicates for one in known])).sum(axis=0)
    return Drawn(tuple(names), known[0].n, value, replicates)


def less(first: Drawn, second: Drawn) -> Drawn:
    """Return first - second in the languages that both have; the two have the same draws."""
    names = [name for name in first.languages if name in second.languages]
    a, b = on(first, names), on(second, names)
    return Drawn(a.languages, np.minimum(a.n, b.n), a.value - b.value, a.replicates - b.replicates)


def on(values: Drawn, languages: Sequence[str]) -> Drawn:
    """Return the values of some languages, in this order."""
    at = [values.languages.index(name) for name in languages]
    return Drawn(tuple(languages), values.n[at], values.value[at], values.replicates[:, at])


def weights(sizes: list[float], wanted: float) -> Float[np.ndarray, " gamma"]:
    """Return w so that w @ gains is the gain at size ``wanted``; ``sizes`` ascend, and size 0 has gain 0."""
    if not wanted <= sizes[-1]:  # NaN is not
        return np.full(len(sizes), np.nan)
    return np.array([np.interp(wanted, [0, *sizes], np.eye(len(sizes) + 1)[i + 1]) for i in range(len(sizes))])


def _gains(results: Results, subject: Subject, sign: float) -> Gains:
    table = results.table("steering_replicates", subject.model, subject.dataset)
    places = dict.fromkeys(zip(table["layer"].to_pylist(), table["gamma"].to_pylist(), strict=True))
    at = [Place(*place) for place in places if np.sign(place[1]) == sign]
    arguments = ("steering_replicates", "accuracy", subject.model, subject.dataset)
    return {place: paired.drawn(results, *arguments, **place._asdict()) for place in at}


def _sizes(results: Results, subject: Subject) -> dict[tuple[str, int], float]:
    table = results.table("steering_sizes", subject.model, subject.dataset)
    return {
        (row["language"], row["layer"]): np.nan if row["ratio"] is None else row["ratio"] for row in table.to_pylist()
    }


def _size_at(sizes: Mapping[tuple[str, int], float], values: Drawn, place: Place) -> dict[str, float]:
    return {name: abs(place.gamma) * sizes[name, place.layer] for name in values.languages}


def _layers(gains: Gains) -> list[int]:
    return sorted({place.layer for place in gains})


def _third(results: Results, subject: Subject, layer: int) -> str:
    """Return early, middle or late: up to L/3, up to 2L/3, or above, of the model's L layers."""
    depth = results.models[subject.model]["layers"]
    return ("early", "middle", "late")[(3 * layer > depth) + (3 * layer > 2 * depth)]


def _average(every: list[Drawn]) -> Drawn:
    """Return the mean over those of several values that a language has; NaN where it has none."""
    names = [name for name in every[0].languages if all(name in one.languages for one in every)]
    on_names = [on(one, names) for one in every]
    known = np.stack([~np.isnan(one.value) for one in on_names])
    count = np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    value = np.where(known, [one.value for one in on_names], 0).sum(axis=0) / count
    drawn = np.where(known[:, None], [one.replicates for one in on_names], 0).sum(axis=0) / count
    return Drawn(tuple(names), np.min([one.n for one in on_names], axis=0), value, drawn)
