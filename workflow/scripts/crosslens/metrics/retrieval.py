"""Is a question's state in one language close to its state in another, closer than to those of other questions?

`units` are states of length 1, one array for all languages, float32, 0 where a language lacks the question. Values are
of all questions and with each of ``parts`` left out, along the axis "left_out". The means that centre a language's
states stay those of all questions.
"""

import numpy as np
from jaxtyping import Bool, Float, Float32

from crosslens.metrics import answers
from crosslens.metrics.states import Parts, States, common_questions, left_out

# MEXA of a pair needs all cosines of its states; of all pairs of 122 languages, that is the work of a GPU. With more
# languages than this, it is computed for pairs with the pivot alone, as its authors do.
MEXA_LANGUAGES = 32

OfPairs = Float[np.ndarray, "left_out source target"]
Units = Float32[np.ndarray, "language question d_model"]


def units(states: States, centred: bool) -> Units:
    """Return the states, relative to the language's mean if ``centred``, divided by their norms; 0 if the norm is 0."""
    result = np.zeros((*states.row.shape, states.of_language[0].shape[1]), np.float32)
    for unit, of_language, where in zip(result, states.of_language, states.row, strict=True):
        present = np.flatnonzero(where >= 0)
        # (question in the file, d_model) -> (question in the union, d_model)
        own = of_language[where[present]]
        if centred:
            # relative to the first state, large constant features cost no digits
            own = own - own[:1]
            own -= own.mean(axis=0)
        norm = np.sqrt(np.einsum("qd,qd->q", own, own))[:, None]
        unit[present] = own / np.where(norm > 0, norm, 1)
    return result


def mean_cosine(raw: Units, present: Bool[np.ndarray, "language question"], parts: Parts = ()) -> OfPairs:
    """Return the mean over common questions of the cosine between the two states, ``raw``: not centred.

    In [-1, 1]; a state of norm 0 has cosine 0 with all others. NaN if two languages share no question.
    """
    return answers.ratio(_parallel(raw, parts), common_questions(present, parts))


def margin(centred: Units, present: Bool[np.ndarray, "language question"], parts: Parts = ()) -> OfPairs:
    """Return mean cos(parallel) - mean cos(not parallel) of language-centred states.

    Parallel: the two states of a common question. Not parallel: a question's state in the source and another question's
    in the target, of all that each has. In [-2, 2], about 0 for independent states; NaN if there is no such pair of
    questions.
    """
    parallel, common = _parallel(centred, parts), common_questions(present, parts)
    # (left_out, question), 1 for the questions that are kept
    keeps = np.ones((1 + len(parts), present.shape[1]), np.float32)
    for keep, part in zip(keeps[1:], parts, strict=True):
        keep[part] = 0
    # (left_out, question) x (language, question, d_model) -> (language, left_out, d_model) -> (left_out, ...)
    kept = (keeps @ centred).transpose(1, 0, 2)
    n = keeps.astype(np.float64) @ present.T
    # Questions of the source x questions of the target: sums of cosines, and how many there are
    all_pairs, counted = kept @ kept.transpose(0, 2, 1), n[:, :, None] * n[:, None, :]
    return answers.ratio(parallel, common) - answers.ratio(all_pairs - parallel, counted - common)


def mexa(
    centred: Units, present: Bool[np.ndarray, "language question"], parts: Parts = (), pivot: int | None = None
) -> OfPairs:
    """Return the share of common questions whose translation is the nearest, in both directions.

    MEXA (Kargaran et al. 2024): the mean over questions i of [c_ii > max over j != i of max(c_ij, c_ji)], with c_ij the
    cosine of the source's state of question i and the target's of j; here of language-centred states of the last token.
    In [0, 1], 1 / n or less by chance; NaN for fewer than 2 common questions and on the diagonal, and for pairs without
    the language ``pivot``, unless that is None.
    """
    result = np.full((1 + len(parts), len(present), len(present)), np.nan)
    group = np.full(present.shape[1], len(parts))  # questions in no part, which are never left out
    for i, part in enumerate(parts):
        group[part] = i
    by_group = np.argsort(group, kind="stable")
    for source in range(len(present)) if pivot is None else [pivot]:
        for target in range(source) if pivot is None else [i for i in range(len(present)) if i != pivot]:
            common = by_group[(present[source] & present[target])[by_group]]
            cosine = centred[source, common] @ centred[target, common].T
            values = mutual_nearest(cosine, group[common], len(parts)) if len(common) else np.nan
            result[:, source, target] = result[:, target, source] = values
    return result


def mutual_nearest(cosine: np.ndarray, group: np.ndarray, n_groups: int) -> Float[np.ndarray, " left_out"]:
    """Return the share of the diagonal's entries that exceed all others of their row and column.

    group: ascending number of each question's group; the groups below ``n_groups`` are left out in turn. A question
    counts without a group if only entries of this group are in its way.
    """
    own = np.diagonal(cosine).copy()
    others = cosine.copy()
    np.fill_diagonal(others, -np.inf)
    found, starts = np.unique(group, return_index=True)
    blocked = np.zeros((len(own), n_groups + 1), bool)  # (question, group)
    # (question, other) -> (question, group), along rows and along columns
    highest = np.maximum(np.maximum.reduceat(others, starts, axis=1), np.maximum.reduceat(others, starts, axis=0).T)
    blocked[:, found] = highest >= own[:, None]
    in_the_way = blocked.sum(axis=1, keepdims=True) - np.concatenate([np.zeros((len(own), 1), int), blocked], axis=1)
    kept = group[:, None] != np.arange(-1, n_groups + 1)
    share = answers.ratio(((in_the_way == 0) & kept).sum(axis=0), kept.sum(axis=0))
    return np.where(kept.sum(axis=0) < 2, np.nan, share)[: n_groups + 1]


def _parallel(units: Units, parts: Parts) -> OfPairs:
    """Return the sum over common questions of the cosine between the two states."""
    flat = units.reshape(len(units), -1)  # (language, question, d_model) -> (language, entry)
    total = (flat @ flat.T).astype(np.float64)
    of_parts = (units[:, part].reshape(len(units), -1) for part in parts)
    return left_out(total, [(of_part @ of_part.T).astype(np.float64) for of_part in of_parts])
