"""What the answers of two languages share, and how much of it chance explains, for all ordered pairs at once.

A pair is compared on the questions that both languages have. Every measure is a function of weighted sums over these
questions, so a replicate of the bootstrap is the same code with the weights of `resampling`. Each null keeps what a
model does without knowing the question in common: its preference for letters, alone or given the key's letter. Excess
is `answers.excess`: 0 at the null, 1 at the most.

Formulas of the nulls: docs/design.md. Reads no tables and computes no intervals.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from crosslens.metrics.answers import excess, ratio
from crosslens.metrics.compared import Compared, tertiles

# All but positive_transfer need to know which choice is the same in both languages.
MEASURES = (
    "consistency",
    "consistency_null",
    "consistency_excess",
    "consistency_excess_within_key",
    "consistency_excess_given_difficulty",
    "positive_transfer",
    "positive_transfer_null",
    "positive_transfer_excess",
    "positive_transfer_excess_given_difficulty",
    "negative_transfer",
    "negative_transfer_null",
    "negative_transfer_excess",
    "agreement",
    "kappa",
    "kappa_p",
    "rankc",
    "rankc_excess",
)


def measures(pair: Compared, weight: Float[np.ndarray, " question"] | None = None) -> dict[str, np.ndarray]:
    """Return every measure of `MEASURES` for all ordered pairs [source, target].

    weight: how often each question counts; once by default. Difficulty is the share of *all* languages that are right
    here, the pair included; `given_difficulty` leaves the pair out.
    """
    if weight is not None:
        drawn = np.flatnonzero(weight)
        pair, weight = pair.on(drawn), weight[drawn]
    sums = _sums(pair, np.ones(len(pair.key), pair.rank.dtype) if weight is None else weight)
    lengths, keys, difficulties = sums.lengths, sums.keys, sums.difficulties
    n_of = {id(strata): sums.count(strata) for strata in (lengths, keys, difficulties)}

    def expected(values: np.ndarray, strata: list[np.ndarray]) -> np.ndarray:
        return _expected(sums.over(values, strata), n_of[id(strata)])

    n = sum(n_of[id(lengths)])
    source_right, source_wrong, square = (
        sum(sums.over(values, lengths))[:, 0]
        for values in (pair.right, pair.wrong_choice.sum(axis=1), (pair.rank**2).sum(axis=1))
    )
    scale = np.sqrt(square * square.T)
    consistency = ratio(sums.both(pair.rank), scale)
    null, within_key, given_difficulty = (
        ratio(expected(pair.rank, strata), scale) for strata in (lengths, keys, difficulties)
    )
    both_right, same_wrong = sums.both(pair.right), sums.both(pair.wrong_choice)
    right_by_key, right_by_difficulty = (expected(pair.right, strata) for strata in (keys, difficulties))
    wrong_null, same = expected(pair.wrong_choice, keys), same_wrong + both_right
    chance = expected(pair.wrong_choice + pair.right_choice, lengths)
    of_all = sum(sums.over(pair.present * pair.last, lengths))[:, 0]
    ranked, rank_chance = of_all + sums.both(pair.top), of_all + expected(pair.top, lengths)
    return {
        "consistency": consistency,
        "consistency_null": null,
        "consistency_excess": excess(consistency, null),
        "consistency_excess_within_key": excess(consistency, within_key),
        "consistency_excess_given_difficulty": excess(consistency, given_difficulty),
        "positive_transfer": ratio(both_right, source_right),
        "positive_transfer_null": ratio(right_by_key, source_right),
        "positive_transfer_excess": excess(*(ratio(x, source_right) for x in (both_right, right_by_key))),
        "positive_transfer_excess_given_difficulty": excess(
            *(ratio(x, source_right) for x in (both_right, right_by_difficulty))
        ),
        "negative_transfer": ratio(same_wrong, source_wrong),
        "negative_transfer_null": ratio(wrong_null, source_wrong),
        "negative_transfer_excess": excess(*(ratio(x, source_wrong) for x in (same_wrong, wrong_null))),
        "agreement": ratio(same, n),
        "kappa": excess(ratio(same, n), ratio(chance, n)),
        "kappa_p": _kappa_p(pair, sums, n),
        "rankc": ratio(ranked, n),
        "rankc_excess": excess(ratio(ranked, n), ratio(rank_chance, n)),
    }


def given_difficulty(pair: Compared) -> dict[str, Float[np.ndarray, "source target"]]:
    """Return the two measures given difficulty, where difficulty is the share of the *other* languages that are right.

    Their nulls are those within the questions of one key and one tertile of difficulty. On the questions that at least
    3 other languages have; NaN without any.
    """
    n_languages = len(pair.present)
    consistency, transfer = (np.full((n_languages, n_languages), np.nan) for _ in range(2))
    total, count = pair.right.sum(axis=0), pair.present.sum(axis=0)
    by_key = np.unique(np.stack([pair.n_choices, pair.key], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    for a in range(n_languages if n_languages >= 5 else 0):
        for b in range(a):
            both = np.flatnonzero(pair.present[a] * pair.present[b] * (count >= 5))
            right = pair.right[[a, b]][:, both]
            others = (total[both] - right.sum(axis=0)) / (count[both] - 2)
            strata = 3 * by_key[both] + tertiles(others)
            if len(both):
                ranks = pair.rank[[a, b]][:, :, both]
                consistency[a, b] = consistency[b, a] = _excess_of_pair(ranks, strata)
                transfer[a, b], transfer[b, a] = _transfers_of_pair(right, strata)
    return {
        "consistency_excess_given_difficulty": consistency,
        "positive_transfer_excess_given_difficulty": transfer,
    }


def _excess_of_pair(ranks: Float[np.ndarray, "2 choice question"], strata: Int[np.ndarray, " question"]) -> float:
    square = np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum())
    observed = (ranks[0] * ranks[1]).sum()
    # (side, choice, question) -> one choice of both sides
    expected = np.sum([_expected_of_pair(*by_choice, strata) for by_choice in ranks.transpose(1, 0, 2)])
    return float(excess(ratio(observed, square), ratio(expected, square)))


def _transfers_of_pair(right: Float[np.ndarray, "2 question"], strata: Int[np.ndarray, " question"]) -> list[float]:
    both, expected = right[0] @ right[1], _expected_of_pair(*right, strata)
    return [float(excess(ratio(both, own.sum()), ratio(expected, own.sum()))) for own in right]


def _expected_of_pair(
    a: Float[np.ndarray, " question"], b: Float[np.ndarray, " question"], strata: Int[np.ndarray, " question"]
) -> np.floating:
    """Return the sum of a b if questions are permuted within strata."""
    n, sum_a, sum_b = (np.bincount(strata, weights=values) for values in (None, a, b))
    return (sum_a * sum_b / np.maximum(n, 1)).sum()


class _Sums(NamedTuple):
    """Weighted sums over the questions that both languages of a pair have, by strata of questions."""

    present: Float[np.ndarray, "language question"]
    weight: Float[np.ndarray, " question"]
    # The questions of each stratum, which is a number of choices; or that and a key; or that and a tertile
    lengths: list[Int[np.ndarray, " _"]]
    keys: list[Int[np.ndarray, " _"]]
    difficulties: list[Int[np.ndarray, " _"]]

    def over(
        self, values: Float[np.ndarray, "language *choice question"], strata: list[Int[np.ndarray, " _"]]
    ) -> list[Float[np.ndarray, "source choice target"]]:
        """Return the sums of the source's values over what the target has, per stratum."""
        flat = values.reshape(-1, values.shape[-1]) * self.weight
        shape = (len(values), -1, len(self.present))
        return [(flat[:, of] @ self.present[:, of].T).reshape(shape) for of in strata]

    def count(self, strata: list[Int[np.ndarray, " _"]]) -> list[Float[np.ndarray, "source target"]]:
        """Return the numbers of common questions per stratum."""
        return [sums[:, 0] for sums in self.over(self.present, strata)]

    def both(self, values: Float[np.ndarray, "language *choice question"]) -> Float[np.ndarray, "source target"]:
        """Return the sums of the products of both languages' values."""
        return (values * self.weight).reshape(len(values), -1) @ values.reshape(len(values), -1).T


def _sums(pair: Compared, weight: Float[np.ndarray, " question"]) -> _Sums:
    labels = (pair.n_choices, pair.key, pair.tertile)
    return _Sums(pair.present, weight, *(_split(*labels[: i + 1]) for i in range(3)))


def _split(*labels: Int[np.ndarray, " question"]) -> list[Int[np.ndarray, " _"]]:
    """Return the questions of every combination of labels."""
    code = np.ravel_multi_index([label - label.min() for label in labels], [np.ptp(label) + 1 for label in labels])
    return [np.flatnonzero(code == each) for each in np.unique(code)]


def _expected(
    sums: list[Float[np.ndarray, "source choice target"]], n: list[Float[np.ndarray, "source target"]]
) -> Float[np.ndarray, "source target"]:
    """Return the mean, over all permutations of the questions within strata, of the sums of products of two languages.

    Sum over strata g and choices j of S_gj(source) S_gj(target) / n_g.
    """
    # the target's sums are those with the roles exchanged: (target, choice, source)
    return sum(
        np.einsum("scr,rcs->sr", of, of, dtype=np.float64) / np.maximum(count, 1)  # no questions, no product
        for of, count in zip(sums, n, strict=True)
    )


def _kappa_p(pair: Compared, sums: _Sums, n: np.ndarray) -> Float[np.ndarray, "source target"]:
    """Return CAPA (Goel et al. 2025): probabilistic agreement adjusted for the probabilities of the keys.

    observed = mean of sum_c p_s(c) p_t(c); expected = P_s P_t + (1 - P_s)(1 - P_t) mean(1 / (J - 1)), P = mean
    probability of the key; (observed - expected) / (1 - expected). It does not remove a shared preference for letters.
    """
    everything = [np.arange(len(sums.weight))]
    key_probability = ratio(sums.over(pair.key_probability, everything)[0][:, 0], n)
    wrong_choices = ratio(sums.over(pair.present / np.maximum(pair.n_choices - 1, 1), everything)[0][:, 0], n)
    expected = key_probability * key_probability.T + (1 - key_probability) * (1 - key_probability.T) * wrong_choices
    return excess(ratio(sums.both(pair.probability), n), expected)
