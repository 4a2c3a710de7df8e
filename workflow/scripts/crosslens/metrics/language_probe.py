"""Can the language be told from the state? A linear discriminant analysis, cross-validated over clusters of questions.

States are first projected on the directions in which they vary most, so the accuracy is that of a linear reader of
these directions, and a lower bound for one of all.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from crosslens.metrics import answers
from crosslens.metrics.states import Parts, States

DIMENSIONS = 50
FOLDS = 5


def accuracy(states: States, folds: Parts, seed: int) -> Float[np.ndarray, " language"]:
    """Return the share of a language's states that are told to be its own, each by a probe that saw other folds only.

    In [0, 1]; a probe that knows nothing is right in 1 / L of L languages on average. NaN for a language that no probe
    can be trained on or tested with.
    """
    scores = principal_scores(states.of_language, seed)
    right, n = np.zeros((2, len(scores)))
    for fold in folds:
        # rows of each language's states in the fold, and all others
        tested = [where[fold][where[fold] >= 0] for where in states.row]
        trained = [np.delete(of_language, rows, axis=0) for of_language, rows in zip(scores, tested, strict=True)]
        known = [i for i, of_language in enumerate(trained) if len(of_language)]
        if len(known) < 2:
            continue
        weight, bias = discriminant([trained[i] for i in known])
        for i in known:
            told = np.argmax(scores[i][tested[i]] @ weight.T + bias, axis=1)
            right[i] += (np.array(known)[told] == i).sum()
            n[i] += len(told)
    return answers.ratio(right, n)


def discriminant(
    classes: Sequence[Float[np.ndarray, "_ dimension"]],
) -> tuple[Float[np.ndarray, "language dimension"], Float[np.ndarray, " language"]]:
    """Return weight and bias of linear discriminant functions w'x + b with equal priors: w = S^-1 m, b = -m'w / 2.

    m: a language's mean; S: the pooled covariance of states less their language's mean, shrunk (`shrunk`).
    """
    means = np.stack([rows.mean(axis=0) for rows in classes])
    covariance = shrunk(np.concatenate([rows - mean for rows, mean in zip(classes, means, strict=True)]))
    weight = np.linalg.lstsq(covariance, means.T, rcond=None)[0].T
    return weight, -(weight * means).sum(axis=1) / 2


def shrunk(centred: Float[np.ndarray, "row dimension"]) -> Float[np.ndarray, "dimension dimension"]:
    """Return the covariance of ``centred`` rows, shrunk towards a multiple of the identity (Ledoit & Wolf 2004)."""
    n, size = centred.shape
    covariance = centred.T @ centred / n
    target = np.trace(covariance) / size * np.eye(size)
    distance = ((covariance - target) ** 2).sum()
    # mean over rows of the squared distance between x x' and the covariance, over n
    error = (((centred**2).sum(axis=1) ** 2).mean() - (covariance**2).sum()) / n
    share = min(1.0, error / distance) if distance > 0 else 1.0
    return share * target + (1 - share) * covariance


def principal_scores(
    states: Sequence[Float[np.ndarray, "_ d_model"]], seed: int
) -> list[Float[np.ndarray, "_ dimension"]]:
    """Return the states' projections on about the first 50 principal directions of all languages together.

    By two steps of subspace iteration from a random start (Halko, Martinsson & Tropp 2011, algorithm 4.4): the span is
    near the best one, which is all that a probe needs.
    """
    mean = np.mean([rows.mean(axis=0, dtype=np.float64) for rows in states], axis=0).astype(np.float32)
    size = min(DIMENSIONS, len(mean), sum(map(len, states)))
    basis = np.random.default_rng(seed).standard_normal((len(mean), size), np.float32)
    for _ in range(2):
        # (d_model, question) x (question, dimension), summed over languages
        spread = sum((rows - mean).T @ ((rows - mean) @ basis) for rows in states)
        basis = np.linalg.qr(spread)[0]
    return [((rows - mean) @ basis).astype(np.float64) for rows in states]
