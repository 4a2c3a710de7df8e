"""One resampling of the questions for all intervals: whole clusters are drawn, the same ones for everything compared.

Questions of a cluster (a passage, a source) are not independent, so clusters are drawn with replacement (Efron 1979;
Davison & Hinkley 1997, section 3.8). A data set has the same draws for all languages, models and conditions: they
depend on its clusters and the seed only, so that differences are paired. Knows nothing about languages and metrics.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from crosslens.metrics import stacking


class Draws(NamedTuple):
    """How often every question is drawn in every replicate of a bootstrap."""

    question_ids: pa.Array
    weight: Float[np.ndarray, "replicate question"]

    def of(self, question_ids: pa.Array, where: str = "questions") -> Float[np.ndarray, "replicate question"]:
        """Return the weights of ``question_ids``, in this order. Raises CrosslensError for a question without one."""
        return self.weight[:, stacking.positions(question_ids, self.question_ids, where)]


def draws(strata: Sequence[Mapping[str, str]], replicates: int, seed: int) -> Draws:
    """Return the draws of questions, given as a cluster by question id in every stratum.

    Each stratum is drawn on its own, as many clusters as it has. One stratum holds questions that languages share.
    """
    random = np.random.default_rng(seed)
    ids, weights = [], []
    for stratum in strata:
        clusters, cluster = np.unique([stratum[name] for name in sorted(stratum)], return_inverse=True)
        drawn = random.multinomial(len(clusters), np.full(len(clusters), 1 / len(clusters)), size=replicates)
        weights.append(drawn[:, cluster].astype(np.float32))  # (replicate, cluster) -> (replicate, question)
        ids += sorted(stratum)
    return Draws(pa.array(ids, pa.string()), np.concatenate(weights, axis=1))


def identity(strata: Sequence[Mapping[str, str]], replicates: int, seed: int) -> str:
    """Return a name of the draws that two runs share only if they have drawn the same questions.

    It is stored with everything that is resampled. A few draws are part of it, as another NumPy may draw otherwise.
    """
    drawn = draws(strata, 2, seed).weight.astype(int).tolist()
    named = json.dumps([[sorted(stratum.items()) for stratum in strata], replicates, seed, drawn])
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def means(
    values: Float[np.ndarray, "*batch question"], weight: Float[np.ndarray, "replicate question"]
) -> Float[np.ndarray, "replicate *batch"]:
    """Return the weighted means over questions in every replicate: sum_q w x / sum_q w; NaN values are left out.

    NaN where a replicate draws no question that has a value.
    """
    known = ~np.isnan(values)
    rows = (int(np.prod(values.shape[:-1])), values.shape[-1])
    flat = np.where(known, values, 0).reshape(rows).astype(np.float32)
    # (replicate, question) x (batch, question) -> (replicate, batch)
    total, count = weight @ flat.T, weight @ known.reshape(rows).astype(np.float32).T
    shape = (len(weight), *values.shape[:-1])
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0).reshape(shape)
