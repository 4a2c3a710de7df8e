"""Consistency in a bootstrap of the questions, for all pairs of languages at once, by matrix products.

Without ties within a question and with one number of choices, Spearman's rho of the concatenated ranks (Eq. 1) is
Pearson's r of the `comparable` ranks, which have mean 0 in every question: a ratio of sums over questions. So a
replicate needs only weighted sums. With ties, or several numbers of choices, r is close to rho but not equal to it, and
only its deviations are used: replicate less full sample, around the exact rho.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from crosslens.metrics import answers
from crosslens.metrics.answers import Answers

BLOCK = 16  # source languages at a time, to save memory


def pearson(
    source: Answers, target: Answers, weight: Float[np.ndarray, "replicate question"]
) -> Float[np.ndarray, "replicate source target"]:
    """Return r = sum_q w a b / sqrt(sum_q w a a * sum_q w b b), a and b the ranks in source and target, per replicate.

    Over the questions that both have. In [-1, 1]; NaN where a sum of squares is 0.
    """
    blocks = [_ratio(*sums) for sums in _weighted_sums(source, target, weight.astype(np.float32))]
    return np.concatenate(blocks, axis=1)


def deviations(
    source: Answers, target: Answers, weight: Float[np.ndarray, "replicate question"]
) -> Float[np.ndarray, "replicate source target"]:
    """Return by how much `pearson` differs in each replicate from that of the full sample.

    0 where either is undefined: a replicate that draws no question of a pair tells nothing about it.
    """
    full = np.ones((1, weight.shape[1]), np.float32)
    found = pearson(source, target, np.concatenate([full, weight]))
    return np.nan_to_num(found[1:] - found[:1])


def null(source: Answers, target: Answers) -> Float[np.ndarray, " language"]:
    """Return `pearson` of each language with itself as the letters' preferences alone give it.

    It is the mean over all ways to pair the questions of ``source`` with those of ``target``, within equal numbers of
    choices J: sum_J n_J sum_j a_Jj b_Jj / sqrt(sum a a * sum b b), a_J and b_J the choices' mean ranks.
    Both have the same questions. NaN where a vector is constant or empty.
    """
    n_choices = (~np.isnan(source.ranks)).sum(axis=-1)
    product = np.zeros(len(source.ranks))
    for j in np.unique(n_choices[n_choices > 0]):
        same = n_choices == j
        # (language, question, choice) -> (language, choice)
        first, second = (
            answers.mean(np.where(same[..., None], side.ranks, np.nan), axis=1) for side in (source, target)
        )
        product += same.sum(axis=1) * np.nansum(first * second, axis=1)
    squares = np.nansum(source.ranks**2, axis=(1, 2)) * np.nansum(target.ranks**2, axis=(1, 2))
    return answers.ratio(product, np.sqrt(squares))


def _weighted_sums(source: Answers, target: Answers, weight: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Return the sums of a b, a a and b b over the common questions, [replicate, source, target], block by block."""
    # (language, question, choice) -> (question, language, choice)
    of_source, of_target = (
        np.nan_to_num(side.ranks.astype(np.float32)).transpose(1, 0, 2) for side in (source, target)
    )
    # (language, question) -> (question, language)
    in_source, in_target = (side.present.T.astype(np.float32) for side in (source, target))
    for first in range(0, of_source.shape[1], BLOCK):
        block, present = of_source[:, first : first + BLOCK], in_source[:, first : first + BLOCK]
        products = (
            block @ of_target.transpose(0, 2, 1),  # (question, source, choice) x (question, choice, target)
            (block**2).sum(axis=2)[:, :, None] * in_target[:, None],
            present[:, :, None] * (of_target**2).sum(axis=2)[:, None],
        )
        # (replicate, question) x (question, source * target) -> (replicate, source, target)
        yield [(weight @ each.reshape(len(each), -1)).reshape(len(weight), *each.shape[1:]) for each in products]


def _ratio(product: np.ndarray, of_source: np.ndarray, of_target: np.ndarray) -> np.ndarray:
    squares = of_source * of_target
    return np.divide(product, np.sqrt(squares), out=np.full_like(product, np.nan), where=squares > 0)
