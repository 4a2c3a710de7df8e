"""Similarity of two languages' hidden states of the same questions: debiased linear CKA and mean cosine.

States are one array [question, d_model] per language, as stored in the file, because copying all languages of a layer
into one array would cost more than the arithmetic. ``row`` [language, question] holds each question's row in the
language's array, or -1 if the language lacks the question. A pair is compared on the questions that both have.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from crosslens.metrics import answers, stacking
from crosslens.tables.files import matrix

MIN_QUESTIONS = 4  # the unbiased estimator of HSIC divides by n - 3
ROUNDING = 1e-12  # smaller entries of a centred Gram matrix, as a share of its greatest entry, are rounding errors


def similarity(tables: Mapping[str, pa.Table], layer: int) -> dict:
    """Return the columns of table "similarity" of one layer, from tables "hidden_states" by language.

    There is one row per ordered pair of different languages, as in table "pair_metrics"; both measures are symmetric.
    """
    question_ids = stacking.union(table["question_id"] for table in tables.values())
    row = np.stack([rows(table["question_id"], question_ids) for table in tables.values()])
    states = [matrix(table, f"layer_{layer}") for table in tables.values()]
    measured = {"cka": debiased_cka(grams(states, row)), "cosine": mean_cosine(states, row)}
    columns = stacking.pair_columns(list(tables), common_questions(row), measured)
    return {"layer": np.full(len(columns["n"]), layer), **columns}


def rows(ids: pa.ChunkedArray, question_ids: pa.Array) -> Int[np.ndarray, " question"]:
    """Return the index of each of ``question_ids`` in ``ids``, or -1 if it is not there."""
    return pc.fill_null(pc.index_in(question_ids, value_set=ids.combine_chunks()), -1).to_numpy()


def common_questions(row: Int[np.ndarray, "language question"]) -> Int[np.ndarray, "language language"]:
    """Return the number of questions that both languages of a pair have."""
    present = (row >= 0).astype(int)
    return present @ present.T


def grams(
    states: Sequence[Float[np.ndarray, "_ d_model"]], row: Int[np.ndarray, "language question"]
) -> Float[np.ndarray, "language question question"]:
    """Return the inner products of each language's states, float64; NaN if the language lacks one of the two questions.

    The states are taken relative to the language's first one. A centred kernel does not change by this, but large
    constant features then cost no digits, and constant states give exactly 0.
    """
    result = np.full((*row.shape, row.shape[1]), np.nan)
    for gram, of_language, where in zip(result, states, row, strict=True):
        present = np.flatnonzero(where >= 0)
        # (question in the file, d_model) -> (question in the union, d_model) -> (question, question)
        relative = of_language[where[present]].astype(np.float64) - of_language[0]
        gram[np.ix_(present, present)] = relative @ relative.T
    return result


def debiased_cka(grams: Float[np.ndarray, "language question question"]) -> Float[np.ndarray, "language language"]:
    """Return linear centred kernel alignment with the unbiased estimator of HSIC.

    Sources: Kornblith et al. 2019; Song et al. 2012. CKA(K, L) = HSIC_1(K, L) / sqrt(HSIC_1(K, K) HSIC_1(L, L)), each
    over the questions that both languages have. In [-1, 1], about 0 for independent states; NaN on the diagonal, for
    fewer than 4 common questions, and if a language's states do not vary.
    """
    present = ~np.isnan(np.einsum("lqq->lq", grams))
    kernels = np.zeros(grams.shape)
    for kernel, gram, own in zip(kernels, grams, present, strict=True):
        if own.sum() >= MIN_QUESTIONS:
            kernel[np.ix_(own, own)] = u_centred(gram[np.ix_(own, own)])
    hsic, of_source = _hsic(kernels, present.astype(np.float64))
    cka = answers.ratio(hsic, np.sqrt(of_source * of_source.T))
    undefined = (common_questions(np.where(present, 0, -1)) < MIN_QUESTIONS) | np.eye(len(grams), dtype=bool)
    return np.where(undefined, np.nan, cka)


def _hsic(
    kernels: Float[np.ndarray, "language question question"], present: Float[np.ndarray, "language question"]
) -> tuple[Float[np.ndarray, "source target"], Float[np.ndarray, "source target"]]:
    """Return n (n - 3) HSIC_1 of every pair of languages, and of the source with itself, over n common questions.

    Equation 5 of Song et al. 2012, for all pairs at once: tr(KL) - 2 1'KL1 / (n - 2) + 1'K1 1'L1 / ((n - 1)(n - 2)).
    ``kernels`` are centred over all questions that a language has, and 0 elsewhere. This does not change HSIC_1, and it
    reduces the last two terms to what the questions that the other language lacks contribute, so no digits are lost.
    """
    n_languages, n_questions = present.shape
    n = np.maximum(present @ present.T, 3)  # below 3 the pair is undefined, and the caller leaves it out

    def sums(kernels: np.ndarray) -> np.ndarray:
        """Return the sums of a source's rows over the target's questions, [source, question, target]."""
        # (source, question, question) -> (source * question, question) -> (source, question, target)
        return (kernels.reshape(-1, n_questions) @ present.T).reshape(n_languages, n_questions, n_languages)

    # (source, question, target) -> (source, target, question)
    rows = sums(kernels).transpose(0, 2, 1) * present
    # (language, question, question) -> (language, question * question)
    flat, total = kernels.reshape(n_languages, -1), rows.sum(axis=2)
    squares = np.einsum("sqt,tq->st", sums(kernels**2), present)

    def hsic(trace: np.ndarray, target_rows: np.ndarray, target_total: np.ndarray) -> np.ndarray:
        product = np.einsum("stq,stq->st", rows, target_rows)
        return trace - 2 * product / (n - 2) + total * target_total / ((n - 1) * (n - 2))

    of_source = hsic(squares, rows, total)
    of_source = np.where(of_source > ROUNDING * squares, of_source, 0)
    # the target's rows: (source, target, question) -> (target, source, question)
    return hsic(flat @ flat.T, rows.transpose(1, 0, 2), total.T), of_source


def u_centred(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Return a Gram matrix, n >= 3, with its diagonal and the sums of its rows made zero (Szekely & Rizzo 2014).

    The sum of the products of two such matrices is n (n - 3) HSIC_1, equation 5 of Song et al. 2012.
    """
    n, off_diagonal = len(gram), ~np.eye(len(gram), dtype=bool)
    zeroed = gram * off_diagonal
    sums = zeroed.sum(axis=0) / (n - 2)
    centred = (zeroed - sums[:, None] - sums + sums.sum() / (n - 1)) * off_diagonal
    return np.where(np.abs(centred) > ROUNDING * np.abs(gram).max(), centred, 0)


def mean_cosine(
    states: Sequence[Float[np.ndarray, "_ d_model"]], row: Int[np.ndarray, "language question"]
) -> Float[np.ndarray, "language language"]:
    """Return the mean over common questions of the cosine between the two states (not centred). In [-1, 1].

    A state of norm 0 has cosine 0 with all others; NaN if two languages share no question.
    """
    total = np.zeros((len(states), len(states)))
    for where in row.T:
        present = np.flatnonzero(where >= 0)
        # language x (d_model) -> (language, d_model), of one question
        unit = np.stack([states[language][where[language]] for language in present]).astype(np.float64)
        norm = np.linalg.norm(unit, axis=1, keepdims=True)
        unit /= np.where(norm > 0, norm, 1)
        total[np.ix_(present, present)] += unit @ unit.T
    return answers.ratio(total, common_questions(row))
