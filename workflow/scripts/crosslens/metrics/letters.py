"""Letters: which ones a model prefers, how sure it is and with what right, and its accuracy without the preference.

A model that knows nothing but prefers a letter agrees with itself in all languages, so preferences must be seen before
consistency is. All of it is about the letters of the un-steered answers, [language, question, choice], with NaN where a
language lacks a question or a question a choice. Values of a language without questions are NaN.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from crosslens.metrics import answers, intervals, resampling, stacking
from crosslens.metrics.answers import Answers
from crosslens.metrics.resampling import Draws
from crosslens.metrics.stacking import nullable

BINS = 10  # of the expected calibration error


class LetterMetrics(NamedTuple):
    """The columns of the two tables of these names."""

    letters: dict
    letter_shares: dict


def letter_metrics(tables: Mapping[str, pa.Table], draws: Draws, level: float, shared: bool) -> LetterMetrics:
    """Return the metrics of the letters in tables "answers", given by language.

    shared: whether languages share questions; otherwise ids begin with the language, here and in ``draws``. Means over
    questions have percentile intervals: the preferred letter, and the letters' means of calibration, are those of all
    questions. Raises CrosslensError as `stacking.align` does.
    """
    aligned, names = stacking.align(tables if shared else stacking.apart(tables)), list(tables)
    answered = answers.from_logprobs(aligned.logprob, aligned.key)
    corrected = answers.from_logprobs(calibrated(aligned.logprob), aligned.key)
    top = shares(answered.choice, aligned.logprob).argmax(axis=1)  # the most frequent letter
    of_questions = {
        "max_share": answered.choice == top[:, None],
        "letter_mass": letter_mass(aligned.logprob),
        "entropy": entropy(aligned.logprob),
        "brier": brier(aligned.logprob, aligned.key),
        "accuracy_calibrated": corrected.right,
        "calibration_gain": corrected.right.astype(float) - answered.right,
    }
    bounds, weight = {}, draws.of(aligned.question_ids)
    for name, values in of_questions.items():
        known = np.where(answered.present, values, np.nan)
        low, high = intervals.percentiles(resampling.means(known, weight), level)
        bounds |= {name: answers.mean(known, axis=1), f"{name}_low": nullable(low), f"{name}_high": nullable(high)}
    columns = {
        "language": names,
        "n": answered.present.sum(axis=1),
        "top_choice": pa.array(top, pa.int8()),
        "top_choice_keys": shares(aligned.key, aligned.logprob)[np.arange(len(top)), top],
        "ece": calibration_error(aligned.logprob, answered),
        "accuracy": answers.accuracy(answered),
        **bounds,
    }
    return LetterMetrics(columns, share_columns(names, aligned.logprob, answered))


def share_columns(names: list[str], logprob: Float[np.ndarray, "language question choice"], answered: Answers) -> dict:
    """Return the columns of table "letter_shares", for the choices that some question of the language has."""
    language, choice = np.nonzero((~np.isnan(logprob)).any(axis=1))
    return {
        "language": pa.array(names, pa.string()).take(pa.array(language)),
        "choice": pa.array(choice, pa.int8()),
        "share_of_answers": shares(answered.choice, logprob)[language, choice],
        "share_of_keys": shares(answered.key, logprob)[language, choice],
    }


def shares(
    chosen: Int[np.ndarray, "language question"], logprob: Float[np.ndarray, "language question choice"]
) -> Float[np.ndarray, "language choice"]:
    """Return for each choice the share of questions where it is ``chosen``; -1 means that the question is lacking."""
    one_hot = chosen[..., None] == np.arange(logprob.shape[-1])
    # (language, question, choice) -> (language, choice)
    return answers.ratio(one_hot.sum(axis=1), (chosen >= 0).sum(axis=1)[:, None].repeat(one_hot.shape[-1], axis=1))


def probabilities(logprob: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch choice"]:
    """Return the probabilities of a question's letters, renormalised to sum to 1; NaN where there is no choice."""
    best = np.fmax.reduce(logprob, axis=-1, keepdims=True)
    unnormalised = np.exp((logprob - best).astype(np.float64))
    return unnormalised / np.nansum(unnormalised, axis=-1, keepdims=True)


def letter_mass(logprob: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch"]:
    """Return the sum of the probabilities, over the full vocabulary, of a question's letters. In [0, 1]."""
    return _total(np.exp(logprob.astype(np.float64)))


def entropy(logprob: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch"]:
    """Return - sum_j p_j log p_j of the renormalised letter probabilities, nats. In [0, log J] for J choices."""
    p = probabilities(logprob)
    return _total(-p * np.log(np.where(p > 0, p, 1)))


def brier(
    logprob: Float[np.ndarray, "language question choice"], key: Int[np.ndarray, "language question"]
) -> Float[np.ndarray, "language question"]:
    """Return sum_j (p_j - [j is the key])^2 of the renormalised letter probabilities (Brier 1950).

    In [0, 2]; guessing with equal probabilities gives 1 - 1 / J for J choices.
    """
    is_key = key[..., None] == np.arange(logprob.shape[-1])
    return _total((probabilities(logprob) - is_key) ** 2)


def calibration_error(
    logprob: Float[np.ndarray, "language question choice"], answered: Answers
) -> Float[np.ndarray, " language"]:
    """Return the expected calibration error (Naeini, Cooper & Hauskrecht 2015): sum_b n_b / n |right_b - sure_b|.

    b: one of 10 bins of equal width of how sure an answer is, the renormalised probability of its letter. right_b: the
    bin's accuracy; sure_b: its mean probability. In [0, 1], and above 0 for few questions even if all is calibrated.
    """
    sure = np.fmax.reduce(probabilities(logprob), axis=-1)
    language, question = np.nonzero(answered.present)
    excess = answered.right[language, question] - sure[language, question]
    # A bin holds its lower bound; the last one holds 1 too.
    bins = np.minimum((sure[language, question] * BINS).astype(int), BINS - 1)
    sums = np.bincount(language * BINS + bins, excess, minlength=len(logprob) * BINS).reshape(-1, BINS)
    return answers.ratio(np.abs(sums).sum(axis=1), answered.present.sum(axis=1))


def calibrated(
    logprob: Float[np.ndarray, "language question choice"],
) -> Float[np.ndarray, "language question choice"]:
    """Return log p less its mean, letter by letter, over the language's questions with as many choices.

    So no letter is preferred on average (cf. Zhou et al. 2024, batch calibration). Uses no key. A factor that all
    letters of a question share, such as their mass, changes no order. A question that alone has its number of choices
    stays as it is.
    """
    n_choices = (~np.isnan(logprob)).sum(axis=-1)
    centred = logprob.astype(np.float64)
    for j in np.unique(n_choices[n_choices > 0]):
        same = n_choices == j
        among = np.where(same[..., None], logprob[..., :j], np.nan).astype(np.float64)
        # (language, question, choice) -> (language, 1, choice)
        centre = answers.mean(among, axis=1)[:, None]
        several = same & (same.sum(axis=1, keepdims=True) > 1)
        centred[..., :j] -= np.where(several[..., None], centre, 0)
    return centred


def _total(values: Float[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch"]:
    """Return the sum over a question's choices; NaN if there is no choice."""
    return np.where(np.isnan(values).all(axis=-1), np.nan, np.nansum(values, axis=-1))
