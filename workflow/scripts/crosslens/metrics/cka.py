"""Debiased linear CKA of two languages' hidden states of the same questions, and the same within the model's answers.

Everything is computed from Gram matrices, for all pairs at once, of all questions and with each of ``parts`` left out,
along the axis "left_out". Leaving questions out subtracts their rows and columns from sums, which costs little. A pair
is compared on the questions that both have.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from crosslens.metrics import answers
from crosslens.metrics.states import Parts, States, common_questions, left_out

MIN_QUESTIONS = 4  # the unbiased estimator of HSIC divides by n - 3
MIN_OF_LETTER = 3  # with fewer, what is left of a state after its letter's mean says nothing
ROUNDING = 1e-12  # smaller entries of a centred Gram matrix, as a share of its greatest entry, are rounding errors

OfPairs = Float[np.ndarray, "left_out source target"]


def grams(states: States) -> Float[np.ndarray, "language question question"]:
    """Return the inner products of each language's states, float64; NaN if the language lacks one of the two questions.

    The states are taken relative to the language's first one. A centred kernel does not change by this, but large
    constant features then cost no digits, and constant states give exactly 0.
    """
    result = np.full((*states.row.shape, states.row.shape[1]), np.nan)
    for gram, of_language, where in zip(result, states.of_language, states.row, strict=True):
        present = np.flatnonzero(where >= 0)
        # (question in the file, d_model) -> (question in the union, d_model) -> (question, question)
        relative = of_language[where[present]].astype(np.float64) - of_language[0]
        gram[np.ix_(present, present)] = relative @ relative.T
    return result


def debiased_cka(grams: Float[np.ndarray, "language question question"], parts: Parts = ()) -> OfPairs:
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
    return _alignment(*_hsic(kernels, present, parts), common_questions(present, parts))


def within_letters(
    grams: Float[np.ndarray, "language question question"],
    letter: Int[np.ndarray, "language question"],
    parts: Parts = (),
) -> OfPairs:
    """Return debiased CKA of what is left of the states after the mean of their letter, less its mean by chance.

    ``letter``: the model's own answers as `frequent` returns them, -1 for questions that are left out. Each state is
    taken relative to the mean state of the language's questions with the same letter. By chance: the mean over all
    permutations of the questions within the letters of each language, independent in the two. It has a closed form: in
    a permuted kernel, an entry is on average the mean of its block of two letters. In [-2, 2], about 0 if two languages
    share nothing but letters; NaN where `debiased_cka` is. k letters that are unrelated to the states take away a share
    of about 2 (k - 1) / n of the CKA, as each language loses k - 1 dimensions of n. With a part left out, the means of
    letters stay those of all questions. Definition of this workflow.
    """
    present = letter >= 0
    kernels, permuted = np.zeros(grams.shape), np.zeros(grams.shape)
    for kernel, mean, gram, of_language in zip(kernels, permuted, grams, letter, strict=True):
        own = np.flatnonzero(of_language >= 0)
        if len(own) >= MIN_QUESTIONS:
            where = np.ix_(own, own)
            one_hot = _one_hot(of_language[own])
            kernel[where] = u_centred(without_means(gram[where], one_hot), np.abs(gram[where]).max())
            mean[where] = block_means(kernel[where], one_hot)
    of_pair, of_source = _hsic(kernels, present, parts)
    by_chance, _ = _hsic(permuted, present, parts)
    return _alignment(of_pair - by_chance, of_source, common_questions(present, parts))


def letter_variance(
    grams: Float[np.ndarray, "language question question"],
    letter: Int[np.ndarray, "language question"],
    parts: Parts = (),
) -> Float[np.ndarray, "left_out language"]:
    """Return the share of the variance of a language's states that the model's own letter explains.

    Epsilon squared (Kelley 1935), 1 - (SS_within / (n - k)) / (SS / (n - 1)) for k letters, so about 0 if letter and
    state are independent, whatever n is. At most 1; NaN if the states do not vary or no letter repeats. ``letter`` and
    what happens with a part left out: as in `within_letters`.
    """
    result = np.full((1 + len(parts), len(letter)), np.nan)
    for i, (gram, of_language) in enumerate(zip(grams, letter, strict=True)):
        own = np.flatnonzero(of_language >= 0)
        if not len(own):
            continue
        one_hot, gram = _one_hot(of_language[own]), gram[np.ix_(own, own)]
        squares = np.zeros((3, letter.shape[1]))  # of each question: within its letter, in all, and 1 if it counts
        squares[0, own] = np.diag(without_means(gram, one_hot))
        squares[1, own] = np.diag(without_means(gram, np.ones((len(own), 1))))
        squares[2, own] = 1
        within, total, n = left_out(squares.sum(axis=1), [squares[:, part].sum(axis=1) for part in parts]).T
        total = np.where(total > ROUNDING * np.abs(gram).max(), total, 0)
        result[:, i] = 1 - answers.ratio(within * (n - 1), total * np.maximum(n - one_hot.shape[1], 0))
    return result


def frequent(letter: Int[np.ndarray, "language question"]) -> Int[np.ndarray, "language question"]:
    """Return the letters, with -1 for those that a language gives to fewer than 3 questions."""
    result = letter.copy()
    for of_language in result:
        found, count = np.unique(of_language, return_counts=True)
        of_language[np.isin(of_language, found[count < MIN_OF_LETTER])] = -1
    return result


def u_centred(gram: Float[np.ndarray, "n n"], greatest: float | None = None) -> Float[np.ndarray, "n n"]:
    """Return a Gram matrix, n >= 3, with its diagonal and the sums of its rows made zero (Szekely & Rizzo 2014).

    The sum of the products of two such matrices is n (n - 3) HSIC_1, equation 5 of Song et al. 2012. greatest: the
    entry that rounding errors are compared with, by default the matrix's own.
    """
    n, off_diagonal = len(gram), ~np.eye(len(gram), dtype=bool)
    zeroed = gram * off_diagonal
    sums = zeroed.sum(axis=0) / (n - 2)
    centred = (zeroed - sums[:, None] - sums + sums.sum() / (n - 1)) * off_diagonal
    return np.where(np.abs(centred) > ROUNDING * (np.abs(gram).max() if greatest is None else greatest), centred, 0)


def without_means(gram: Float[np.ndarray, "n n"], one_hot: Float[np.ndarray, "n letter"]) -> Float[np.ndarray, "n n"]:
    """Return the Gram matrix of the states less the mean state of their letter: R G R, R = I - Z (Z'Z)^-1 Z'."""
    mean = one_hot / one_hot.sum(axis=0)  # (n, letter)
    half = gram - one_hot @ (mean.T @ gram)
    return half - (half @ mean) @ one_hot.T


def block_means(kernel: Float[np.ndarray, "n n"], one_hot: Float[np.ndarray, "n letter"]) -> Float[np.ndarray, "n n"]:
    """Return the mean of P K P' over all permutations P within letters, for a kernel K whose diagonal is 0.

    Off the diagonal, an entry of letters a and b is the mean of all entries of a and b between different questions.
    """
    n = one_hot.sum(axis=0)
    entries = np.outer(n, n) - np.diag(n)  # off the diagonal; a letter of one question has none of its own
    mean = answers.ratio(one_hot.T @ kernel @ one_hot, entries)
    expected = one_hot @ np.nan_to_num(mean) @ one_hot.T
    np.fill_diagonal(expected, 0)
    return expected


def _one_hot(letter: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n letter"]:
    return (letter[:, None] == np.unique(letter)).astype(np.float64)


def _alignment(of_pair: OfPairs, of_source: OfPairs, n: Int[np.ndarray, "left_out source target"]) -> OfPairs:
    """Return HSIC(s, t) / sqrt(HSIC(s, s) HSIC(t, t)); NaN on the diagonal and for too few common questions."""
    aligned = answers.ratio(of_pair, np.sqrt(of_source * of_source.transpose(0, 2, 1)))
    return np.where((n < MIN_QUESTIONS) | np.eye(n.shape[-1], dtype=bool), np.nan, aligned)


def _hsic(
    kernels: Float[np.ndarray, "language question question"],
    present: Bool[np.ndarray, "language question"],
    parts: Parts,
) -> tuple[OfPairs, OfPairs]:
    """Return n (n - 3) HSIC_1 of every pair of languages, and of the source with itself, over n common questions.

    Equation 5 of Song et al. 2012, for all pairs at once: tr(KL) - 2 1'KL1 / (n - 2) + 1'K1 1'L1 / ((n - 1)(n - 2)).
    ``kernels`` are centred over all questions that a language has, and 0 elsewhere. This does not change HSIC_1, and it
    reduces the last two terms to what the questions contribute that the other language lacks or that are left out, so
    no digits are lost. What a source has on a target's questions depends on *which* questions these are, and most
    languages have the same, so such sums have an axis "pattern" instead of "target".
    """
    patterns, pattern = np.unique(present, axis=0, return_inverse=True)
    patterns, pattern = patterns.astype(np.float64), pattern.reshape(-1)
    n = np.maximum(common_questions(present, parts), 3)  # below 3 the pair is undefined, and the caller leaves it out

    def sums(kernels: np.ndarray) -> np.ndarray:
        """Return the sums of a source's rows over a pattern's questions, [source, pattern, question]."""
        return (patterns @ kernels) * patterns

    def hsic(n: np.ndarray, trace: np.ndarray, squares: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
        total = rows.sum(axis=2)[:, pattern]  # (source, pattern) -> (source, target)
        of_source = (
            squares[:, pattern] - 2 * (rows**2).sum(axis=2)[:, pattern] / (n - 2) + total**2 / ((n - 1) * (n - 2))
        )
        of_source = np.where(of_source > ROUNDING * squares[:, pattern], of_source, 0)
        of_pair = trace - 2 * _row_products(rows, pattern) / (n - 2) + total * total.T / ((n - 1) * (n - 2))
        return [of_pair, of_source]

    squared = kernels**2
    trace, rows, square_rows = _products(kernels), sums(kernels), sums(squared)
    squares = square_rows.sum(axis=2)
    results = [hsic(n[0], trace, squares, rows)]
    for number, part in zip(n[1:], parts, strict=True):
        # The part's rows, (language, part, question), and where they meet its columns, (language, part, part)
        strip, inside = kernels[:, part], patterns[:, part]
        block = strip[:, :, part]
        # What both its rows and its columns contain was taken away twice.
        both = np.einsum("lpi,pi->lp", inside @ block**2, inside)
        kept = rows - (inside @ strip) * patterns
        kept[:, :, part] = 0
        left = trace - 2 * _products(strip) + _products(block)
        results.append(hsic(number, left, squares - 2 * square_rows[:, :, part].sum(axis=2) + both, kept))
    of_pair, of_source = (np.stack(values) for values in zip(*results, strict=True))
    return of_pair, of_source


def _products(kernels: np.ndarray) -> Float[np.ndarray, "source target"]:
    """Return the sum of the products of two languages' entries, for every pair."""
    flat = kernels.reshape(len(kernels), -1)  # (language, question, question) -> (language, entry)
    return flat @ flat.T


def _row_products(
    rows: Float[np.ndarray, "source pattern question"], pattern: Int[np.ndarray, " language"]
) -> Float[np.ndarray, "source target"]:
    """Return the sum over questions of the product of a source's row sums and a target's, each over the other's."""
    if rows.shape[1] == 1:
        return rows[:, 0] @ rows[:, 0].T
    by_target = rows[:, pattern]  # (source, pattern, question) -> (source, target, question)
    return np.einsum("stq,tsq->st", by_target, by_target)
