"""The logit lens in the middle and in the upper third of a model's depth: means over layers of every question.

A statement about the middle or the late layers needs one number, not one per layer. Values of a question are averaged
over the layers of a third that the lens reads, and questions are resampled with the draws that everything on the data
set has. `log_ratios` and `latent_means` say what is averaged, at one layer at a time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens.metrics import answers, compared, latent, latent_means, log_ratios, means, replicates, resampling
from crosslens.metrics.answers import Answers
from crosslens.metrics.latent import OWN_FORMS
from crosslens.metrics.question_means import Intervals
from crosslens.metrics.replicates import Drawn, DrawnPairs
from crosslens.metrics.stacking import Aligned
from crosslens.tables.inference import FORMS

MIDDLE, UPPER = "middle", "upper"
# The log ratios that statements about the middle layers rest on, so far as the run has them.
PROMPTS_AVERAGED = ("native", "without_choices", "symmetric")
NORMALISATIONS_AVERAGED = ("per_token", "first_token")
SCORES_AVERAGED = (
    "accuracy_native",
    "accuracy_pivot",
    "accuracy_difference",
    "accuracy_native_excess",
    "accuracy_pivot_excess",
)
CONSISTENCY = "latent_consistency_difference"
PAIR_DRAWS = 200  # at most: every draw is a matrix product per layer and form

# Of every question, by measure; NaN where undefined.
Scores = dict[str, Float[np.ndarray, "language question"]]


class LatentThirds(NamedTuple):
    """The columns of two tables, and what they say nothing about."""

    replicates: dict  # table "depth_replicates"
    pair_replicates: dict  # table "pair_replicates"
    remarks: list[str]


class _Given(NamedTuple):
    """The lens of all languages, by language, and how it is read."""

    lens: Mapping[str, pa.Table]
    forms: Sequence[str]
    pivot: str
    aggregate: str
    seed: int


def thirds(layers: Iterable[int], n_layers: int) -> dict[str, list[int]]:
    """Return those of ``layers`` l in the middle third, L/3 < l <= 2L/3, and in the upper, l > 2L/3, L = n_layers."""
    ordered = sorted(layers)
    middle = [layer for layer in ordered if n_layers < 3 * layer <= 2 * n_layers]
    return {MIDDLE: middle, UPPER: [layer for layer in ordered if 3 * layer > 2 * n_layers]}


def latent_thirds(
    lens: Mapping[str, pa.Table],
    n_layers: int,
    intervals: Intervals,
    pivot: str,
    aggregate: str,
    seed: int,
    forms: Sequence[str] = FORMS,
    pair_metrics: Sequence[str] = tuple(answers.PAIR_METRICS),
) -> LatentThirds:
    """Return means over the layers of each third, of every language but the pivot, with their replicates.

    lens: tables "lens" by language. n_layers: the model's depth. The other arguments are those of
    `latent_layer.latent_layer`. A third of which the lens reads no layer has no rows. A difference of two forms is
    taken at every question and layer, so that it is paired. Raises CrosslensError as `latent_layer.latent_layer` does.
    """
    layers = np.unique(np.concatenate([table["layer"].to_numpy() for table in lens.values()])).tolist()
    read, given = thirds(layers, n_layers), _Given(lens, forms, pivot, aggregate, seed)
    remarks = [
        f"The lens reads no layer in the {third} third of {n_layers}: no rows." for third in read if not read[third]
    ]
    rows: dict[tuple, Drawn] = {}
    for third, of_layer in ((MIDDLE, _log_ratios), (UPPER, _accuracies)):
        if read[third]:
            question_ids, averaged = _averaged(given, read[third], of_layer)
            drawn = _drawn(averaged, tuple(lens), pivot, intervals.draws.of(question_ids))
            rows |= {(third, name): of_measure for name, of_measure in drawn.items()}
    pairs = {}
    if read[UPPER] and set(OWN_FORMS) <= set(forms) and "consistency" in pair_metrics:
        pairs[CONSISTENCY] = _consistency_difference(given, read[UPPER], intervals)
    return LatentThirds(replicates.columns(rows, ("third", "measure")), replicates.pair_columns(pairs), remarks)


def _aligned(given: _Given, layer: int) -> tuple[dict[str, pa.Table], dict[str, Aligned]]:
    lens = {language: latent.at_layer(table, layer) for language, table in given.lens.items()}
    return lens, latent.align_layer(lens, layer, given.forms)


def _log_ratios(given: _Given, lens: Mapping[str, pa.Table], aligned: Mapping[str, Aligned]) -> Scores:
    found, _ = log_ratios.ratios(lens, given.aggregate, aligned["native"].question_ids)
    place = {norm: log_ratios.NORMALISATIONS.index(norm) for norm in NORMALISATIONS_AVERAGED}
    return {
        f"log_ratio {prompt} {norm}": found[prompt][k]
        for prompt in PROMPTS_AVERAGED
        if prompt in found
        for norm, k in place.items()
    }


def _accuracies(given: _Given, lens: Mapping[str, pa.Table], aligned: Mapping[str, Aligned]) -> Scores:
    scores = latent_means.latent_scores(aligned, list(given.lens), given.seed)
    return {name: scores[name] for name in SCORES_AVERAGED if name in scores}


def _averaged(given: _Given, layers: Sequence[int], of_layer: Callable[..., Scores]) -> tuple[pa.Array, Scores]:
    """Return the question ids and the means over layers of every question; NaN where one layer lacks the question."""
    total: Scores = {}
    for layer in layers:
        lens, aligned = _aligned(given, layer)
        for name, values in of_layer(given, lens, aligned).items():
            total[name] = total[name] + values if name in total else values
    return aligned["native"].question_ids, {name: values / len(layers) for name, values in total.items()}


def _drawn(
    averaged: Scores, languages: Sequence[str], pivot: str, weight: Float[np.ndarray, "replicate question"]
) -> dict[str, Drawn]:
    """Return the means over questions of all languages but the pivot, by measure that any of them has."""
    others = [i for i, name in enumerate(languages) if name != pivot]
    found = {}
    for name, values in averaged.items():
        of_others = values[others]
        sampled = ~np.isnan(of_others).all(axis=0)  # the products skip all other questions
        if not sampled.any():  # without controls
            continue
        of_others = of_others[:, sampled]
        n = (~np.isnan(of_others)).sum(axis=1)
        drawn = resampling.means(of_others, weight[:, sampled])
        found[name] = Drawn(tuple(languages[i] for i in others), n, answers.mean(of_others, axis=1), drawn)
    return found


def _consistency_difference(given: _Given, layers: Sequence[int], intervals: Intervals) -> DrawnPairs:
    """Return sums of the consistency of pivot-form answers less that of native-form ones, mean over the layers.

    Of all ordered pairs without the pivot, whose two forms are the same texts. In replicates, at most `PAIR_DRAWS`,
    ranks stay those of the whole data, as in `pairs`; where one is undefined, the value in the data stands.
    """
    others = [i for i, name in enumerate(given.lens) if name != given.pivot]
    of_others = [intervals.families[name] for i, name in enumerate(given.lens) if i in others]
    observed, drawn = 0.0, 0.0
    for layer in layers:
        _, aligned = _aligned(given, layer)
        weight = intervals.draws.of(aligned["native"].question_ids)[:PAIR_DRAWS]
        scored = {form: answers.from_logprobs(*aligned[form][1:]) for form in OWN_FORMS}
        scored = {form: Answers(*(values[others] for values in each)) for form, each in scored.items()}
        exact = {form: answers.over_others(answers.consistency(each, each)) for form, each in scored.items()}
        again = {form: _resampled(each, exact[form], weight) for form, each in scored.items()}
        observed = observed + (exact["pivot"] - exact["native"]) / len(layers)
        drawn = drawn + (again["pivot"] - again["native"]) / len(layers)
    known = np.where(np.isnan(observed), np.nan, drawn)
    return replicates.of_pairs(observed, means.family_sums(known, of_others), of_others)


def _resampled(
    scored: Answers, observed: Float[np.ndarray, "source target"], weight: Float[np.ndarray, "replicate question"]
) -> Float[np.ndarray, "replicate source target"]:
    """Return the consistency of all pairs in every replicate: the correlation of `compared.concatenated_ranks`."""
    # (language, question, choice) -> (question, language, choice): a replicate takes rows
    rank = np.nan_to_num(compared.concatenated_ranks(scored.ranks)).astype(np.float32).transpose(1, 0, 2)
    square, present = (rank**2).sum(axis=2), scored.present.T.astype(np.float32)
    found = np.empty((len(weight), *observed.shape), np.float32)
    for i, times in enumerate(weight):
        of = np.flatnonzero(times)
        root = np.sqrt(times[of])
        flat = (rank[of] * root[:, None, None]).transpose(1, 0, 2).reshape(rank.shape[1], -1)
        scale = (square[of] * times[of, None]).T @ present[of]  # of the source on the questions that the target has
        value = answers.ratio(flat @ flat.T, np.sqrt(scale * scale.T))
        found[i] = np.where(np.isnan(value), observed, value)
    return found
