"""The ceiling of consistency: how far a language agrees with itself when the order of the choices is changed.

A sample of the questions is asked once more with choice i shown as choice (i + shift) mod J; the same questions have
the same shift, from 1 to J - 1, in all languages, and the letters are mapped back to the original choices. What a model
knows moves with the choices, a preference for a letter does not. As no shift is 0, a preference alone does not give 0
but -1 / (J - 1), which `rank_products.null` shows. Only where languages have the same choices in the same order.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from crosslens.metrics import answers, intervals, means, rank_products, stacking
from crosslens.metrics.answers import Answers
from crosslens.metrics.resampling import Draws
from crosslens.metrics.stacking import nullable
from crosslens.tables.output_metrics import CEILING, CEILING_MEANS, CEILING_PAIRS

TABLES = (CEILING, CEILING_PAIRS, CEILING_MEANS)
MEASURES = ("self_consistency", "consistency_permuted", "consistency_to_ceiling")


class CeilingMetrics(NamedTuple):
    """The columns of the three tables of these names, without rows if no question was asked twice."""

    ceiling: dict
    ceiling_pairs: dict
    ceiling_means: dict


class Asked(NamedTuple):
    """The questions that were asked twice: the answers in both orders of the choices, and how far these were moved."""

    question_ids: pa.Array
    first: Answers
    again: Answers
    shift: Int[np.ndarray, " question"]


def ceiling_metrics(
    unpermuted: Mapping[str, pa.Table],
    permuted: Mapping[str, pa.Table],
    draws: Draws,
    level: float,
    families: Mapping[str, str],
) -> CeilingMetrics:
    """Return the ceilings from tables "answers" and "permuted" by language; families: that of each language.

    c(s, pi t) is the consistency of s, asked in the original order, with t, asked in the other. The ratio
    c(s, pi t) / sqrt(c(s, pi s) c(t, pi t)) corrects it for what a language does not agree on with itself (attenuation,
    Spearman 1904), for ranks approximately, and is undefined unless both ceilings' intervals lie above 0. A pair is
    compared on the questions that both were asked twice.
    """
    if not any(map(len, permuted.values())):
        return CeilingMetrics(*({column.name: [] for column in table.columns} for table in TABLES))
    asked, names = asked_twice(unpermuted, permuted), list(unpermuted)
    consistency = answers.consistency(asked.first, asked.again)
    deviation = rank_products.deviations(asked.first, asked.again, draws.of(asked.question_ids))
    own, own_deviation = np.diag(consistency), np.einsum("bll->bl", deviation)
    low, high = intervals.percentiles(np.clip(own + own_deviation, -1, 1), level)
    to_ceiling, of_ratio = ratio_to_ceiling(consistency, np.where(low > 0, own, np.nan), deviation)
    pairs = {"consistency_permuted": (consistency, deviation), "consistency_to_ceiling": (to_ceiling, of_ratio)}
    family = [families[name] for name in names]
    return CeilingMetrics(
        {
            "language": names,
            "n": asked.first.present.sum(axis=1),
            "self_consistency": nullable(own),
            "self_consistency_low": nullable(low),
            "self_consistency_high": nullable(high),
            "self_consistency_null": nullable(rank_products.null(asked.first, asked.again)),
            **{name: nullable(values) for name, values in position_bias(asked).items()},
        },
        stacking.pair_columns(
            names,
            answers.common_questions(asked.first, asked.again),
            {
                "consistency": answers.consistency(asked.first, asked.first),
                **{name: x for name, (x, _) in pairs.items()},
            },
        ),
        {
            "measure": MEASURES,
            **means.columns(
                [means.over_languages(own, own + own_deviation, family, level)]
                + [_over_pairs(observed, changes, family, level) for observed, changes in pairs.values()]
            ),
        },
    )


def asked_twice(unpermuted: Mapping[str, pa.Table], permuted: Mapping[str, pa.Table]) -> Asked:
    """Return the questions that were asked twice in some language; a language lacks those that it was asked once.

    Raises CrosslensError as `stacking.align` does.
    """
    aligned = stacking.align(unpermuted)
    again = stacking.align(permuted, "permuted.arrow", aligned.question_ids)
    shift = np.zeros(len(aligned.question_ids), int)
    for language, table in permuted.items():
        rows = stacking.positions(table["question_id"], aligned.question_ids, f"permuted.arrow of '{language}'")
        shift[rows] = table["shift"].to_numpy()
    twice = again.key >= 0
    used = np.flatnonzero(twice.any(axis=0))
    original = np.where(twice[..., None], aligned.logprob, np.nan)
    first, second = (
        answers.from_logprobs(logprob[:, used], again.key[:, used]) for logprob in (original, again.logprob)
    )
    return Asked(aligned.question_ids.take(pa.array(used)), first, second, shift[used])


def ratio_to_ceiling(
    consistency: Float[np.ndarray, "source target"],
    ceiling: Float[np.ndarray, " language"],
    deviation: Float[np.ndarray, "replicate source target"],
) -> tuple[Float[np.ndarray, "source target"], Float[np.ndarray, "replicate source target"]]:
    """Return consistency / sqrt(ceiling_s ceiling_t), and by how much it differs in each replicate.

    May exceed 1. NaN where a ceiling is. The differences are those of first order (the delta method), as a replicate's
    own ceiling may be near or below 0: r* - r = (c* - c) / sqrt(s t) - r / 2 ((s* - s) / s + (t* - t) / t).
    """
    scale = np.sqrt(np.outer(ceiling, ceiling))
    ratio = consistency / scale
    relative = np.einsum("bll->bl", deviation) / ceiling
    return ratio, deviation / scale - ratio / 2 * (relative[:, :, None] + relative[:, None, :])


def position_bias(asked: Asked) -> dict[str, Float[np.ndarray, " language"]]:
    """Return the share of questions with the same choice in both orders, with the same letter, and these by chance.

    As no shift is 0, no question has both. Chance is what two answers give that are independent but have the same
    preferences, within equal numbers of choices J: sum_J n_J / n sum_c p_J(c) q_J(c), p and q the shares of the choices
    (or letters) in the two orders. In [0, 1]; NaN for a language that was asked nothing twice.
    """
    present, first, second = asked.first.present, asked.first.choice, asked.again.choice
    n_choices = (~np.isnan(asked.first.ranks)).sum(axis=-1)
    # Where the letters stood in the other order: choice c at place (c + shift) mod J.
    position = np.where(present, (second + asked.shift) % np.maximum(n_choices, 1), -1)
    n = present.sum(axis=1)
    found = {}
    for name, compared in (("same_choice", second), ("same_position", position)):
        found[name] = answers.ratio((present & (first == compared)).sum(axis=1), n)
        found[f"{name}_chance"] = answers.ratio(_expected_matches(first, compared, n_choices), n)
    return found


def _expected_matches(
    first: Int[np.ndarray, "language question"],
    second: Int[np.ndarray, "language question"],
    n_choices: Int[np.ndarray, "language question"],
) -> Float[np.ndarray, " language"]:
    """Return the number of questions where two answers would match if they were matched with any other question's."""
    expected = np.zeros(len(first))
    for j in np.unique(n_choices[n_choices > 0]):
        same = (n_choices == j)[..., None]
        # (language, question, choice) -> (language, choice)
        counts = [((each[..., None] == np.arange(j)) & same).sum(axis=1) for each in (first, second)]
        expected += np.nan_to_num(answers.ratio((counts[0] * counts[1]).sum(axis=1), same.sum(axis=(1, 2))))
    return expected


def _over_pairs(
    observed: Float[np.ndarray, "source target"],
    deviation: Float[np.ndarray, "replicate source target"],
    families: Sequence[str],
    level: float,
) -> means.Mean:
    observed = answers.over_others(observed)
    return means.over_pairs(observed, means.family_sums(observed + deviation, families), families, level)
