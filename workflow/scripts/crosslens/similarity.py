"""How alike two languages' hidden states of the same questions are: debiased linear CKA and mean cosine.

States are one array [question, d_model] a language, as they lie in the file: copying all languages of a layer into one
array costs more than the arithmetic. ``row`` [language, question] says where each question of the union lies in them,
-1 for nowhere; a pair is compared on the questions that both languages have.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from crosslens import alignment, metrics
from crosslens.tables import matrix

MIN_QUESTIONS = 4  # the unbiased estimator of HSIC divides by n - 3
ROUNDING = 1e-12  # entries of a centred Gram matrix below this share of its greatest entry are rounding errors


def similarity(tables: Mapping[str, pa.Table], layer: int) -> dict:
    """Columns of table "similarity" of one layer, from tables "hidden_states" by language.

    All ordered pairs of different languages, as in table "pair_metrics"; both measures are symmetric.
    """
    question_ids = alignment.union(table["question_id"] for table in tables.values())
    row = np.stack([rows(table["question_id"], question_ids) for table in tables.values()])
    states = [matrix(table, f"layer_{layer}") for table in tables.values()]
    measured = {"cka": debiased_cka(grams(states, row)), "cosine": mean_cosine(states, row)}
    columns = alignment.pair_columns(list(tables), common_questions(row), measured)
    return {"layer": np.full(len(columns["n"]), layer), **columns}


def rows(ids: pa.ChunkedArray, question_ids: pa.Array) -> Int[np.ndarray, " question"]:
    """Where each of ``question_ids`` is in ``ids``; -1 for nowhere."""
    return pc.fill_null(pc.index_in(question_ids, value_set=ids.combine_chunks()), -1).to_numpy()


def common_questions(row: Int[np.ndarray, "language question"]) -> Int[np.ndarray, "language language"]:
    """Number of questions that both languages have."""
    present = (row >= 0).astype(int)
    return present @ present.T


def grams(
    states: Sequence[Float[np.ndarray, "_ d_model"]], row: Int[np.ndarray, "language question"]
) -> Float[np.ndarray, "language question question"]:
    """Inner products of each language's states, float64; NaN where one of the two questions is lacking.

    The states are taken relative to the language's first one: this changes nothing in a centred kernel, but large
    constant features would cost digits, and constant states give exactly 0.
    """
    result = np.full((*row.shape, row.shape[1]), np.nan)
    for gram, of_language, where in zip(result, states, row, strict=True):
        present = np.flatnonzero(where >= 0)
        relative = of_language[where[present]].astype(np.float64) - of_language[0]
        gram[np.ix_(present, present)] = relative @ relative.T
    return result


def debiased_cka(grams: Float[np.ndarray, "language question question"]) -> Float[np.ndarray, "language language"]:
    """Linear centred kernel alignment with the unbiased estimator of HSIC (Kornblith et al. 2019; Song et al. 2012).

    CKA(K, L) = HSIC_1(K, L) / sqrt(HSIC_1(K, K) HSIC_1(L, L)). In [-1, 1], about 0 for independent states; NaN on the
    diagonal, for fewer than 4 common questions, and where a language's states do not vary.
    """
    result = np.full((len(grams), len(grams)), np.nan)
    for questions, source, target in _by_common_questions(~np.isnan(np.einsum("lqq->lq", grams))):
        if questions.sum() < MIN_QUESTIONS:
            continue
        languages, index = np.unique([source, target], return_inverse=True)
        common = np.ix_(questions, questions)
        centred = np.stack([u_centred(gram[common]).reshape(-1) for gram in grams[languages]])
        hsic = centred @ centred.T  # times n (n - 3), which the quotient cancels
        cka = metrics.ratio(hsic, np.sqrt(np.outer(hsic.diagonal(), hsic.diagonal())))
        result[source, target] = result[target, source] = cka[tuple(index.reshape(2, -1))]
    return result


def u_centred(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """A Gram matrix with its diagonal and the sums of its rows made zero (Szekely & Rizzo 2014), n >= 3.

    The sum of products of two of them is n (n - 3) HSIC_1, equation 5 of Song et al. 2012.
    """
    n, off_diagonal = len(gram), ~np.eye(len(gram), dtype=bool)
    zeroed = gram * off_diagonal
    sums = zeroed.sum(axis=0) / (n - 2)
    centred = (zeroed - sums[:, None] - sums + sums.sum() / (n - 1)) * off_diagonal
    return np.where(np.abs(centred) > ROUNDING * np.abs(gram).max(), centred, 0)


def mean_cosine(
    states: Sequence[Float[np.ndarray, "_ d_model"]], row: Int[np.ndarray, "language question"]
) -> Float[np.ndarray, "language language"]:
    """Mean over common questions of the cosine of the two states (not centred). In [-1, 1].

    A state of norm 0 has cosine 0 with all others; NaN where two languages share no question.
    """
    total = np.zeros((len(states), len(states)))
    for where in row.T:
        present = np.flatnonzero(where >= 0)
        unit = np.stack([states[language][where[language]] for language in present]).astype(np.float64)
        norm = np.linalg.norm(unit, axis=1, keepdims=True)
        unit /= np.where(norm > 0, norm, 1)
        total[np.ix_(present, present)] += unit @ unit.T
    return metrics.ratio(total, common_questions(row))


def _by_common_questions(
    present: Bool[np.ndarray, "language question"],
) -> Iterator[tuple[Bool[np.ndarray, " question"], Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]]:
    """The unordered pairs of languages, grouped by the questions that both have: (questions, sources, targets)."""
    source, target = np.triu_indices(len(present), k=1)
    sets, group = np.unique(present[source] & present[target], axis=0, return_inverse=True)
    for i, questions in enumerate(sets):
        yield questions, source[group == i], target[group == i]
