"""Latent answers against the same answers without their question, and what wrong answers had solved in the middle.

A right answer at a layer may need no question: some texts are more probable whatever is asked. The controls score the
choices of a question after *another* question's prompt; how often its key is the most probable then is what the answer
texts give by themselves. A value and its control are about the same answers, so their difference is paired. Works on
one layer, with the arrays that `latent.align_layer` returns.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from crosslens import sampling
from crosslens.errors import CrosslensError
from crosslens.metrics import answers, question_means, stacking
from crosslens.metrics.latent import CONTROLS, OWN_FORMS
from crosslens.metrics.question_means import Averager
from crosslens.metrics.stacking import Aligned, nullable

# Of every question: 1 right, 0 wrong, NaN where it was not asked or not scored so.
Scores = Float[np.ndarray, "language question"]


def latent_scores(aligned: Mapping[str, Aligned], languages: Sequence[str], seed: int) -> dict[str, Scores]:
    """Return what table "latent_means" says of latent accuracy, for every question, by measure.

    accuracy_{form}: whether the most probable choice is the key. accuracy_{form}_control: the same, when the choices
    are scored after another question. accuracy_{form}_excess: their difference. accuracy_difference: pivot less native,
    and so for control and excess. ``seed`` is that of the controls' sample. Raises CrosslensError as `to_donors` does.
    """
    right = {form: _right(aligned[form]) for form in OWN_FORMS if form in aligned}
    measures = {f"accuracy_{form}": scores for form, scores in right.items()}
    for form, control in zip(OWN_FORMS, CONTROLS, strict=True):
        if control in aligned:
            measures[f"accuracy_{form}_control"] = to_donors(aligned[control], aligned["native"], languages, seed)
            measures[f"accuracy_{form}_excess"] = right[form] - measures[f"accuracy_{form}_control"]
    for kind in ("", "_control", "_excess"):
        native, pivot = (measures.get(f"accuracy_{form}{kind}") for form in OWN_FORMS)
        if native is not None and pivot is not None:
            measures[f"accuracy_difference{kind}"] = pivot - native
    return measures


def error_split(scores: Mapping[str, Scores], wrong: Bool[np.ndarray, "language question"]) -> dict[str, Scores]:
    """Return whether the answers to questions that were answered wrongly are right in the pivot's form, by measure.

    ``wrong`` says which letters are wrong. solved: right at the layer, "solved, not delivered" (cf. arXiv 2506.22724
    and 2504.04264). solved_control: right after another question, by the answer texts alone. solved_excess: the
    difference of the two. Empty if the pivot's choices were not scored.
    """
    names = {"accuracy_pivot": "solved", "accuracy_pivot_control": "solved_control"}
    names["accuracy_pivot_excess"] = "solved_excess"
    return {to: np.where(wrong, scores[name], np.nan) for name, to in names.items() if name in scores}


def wrong_letters(letters: Mapping[str, pa.Table], question_ids: pa.Array) -> Bool[np.ndarray, "language question"]:
    """Return which questions each language answers wrongly, from tables "answers"."""
    aligned = stacking.align(letters, question_ids=question_ids)
    return answers.from_logprobs(aligned.logprob, aligned.key).wrong


def to_donors(control: Aligned, own: Aligned, languages: Sequence[str], seed: int) -> Scores:
    """Return whether each question's answer is right after another prompt, at the question whose answers they are.

    The rows of ``control`` are about the question whose prompt it is, and hold the choices and the key of its donor,
    the next sampled question in the seed's hash order with as many choices. Raises CrosslensError if the keys are not
    those of the donors.
    """
    right, ids = _right(control), control.question_ids.to_pylist()
    moved = np.full_like(right, np.nan)
    n_choices = (~np.isnan(control.logprob)).sum(axis=-1)
    for i, language in enumerate(languages):
        for j in np.unique(n_choices[i][n_choices[i] > 0]):
            same = np.flatnonzero(n_choices[i] == j)
            index = {ids[q]: q for q in same}
            donor_of = sampling.derangement(list(index), seed)
            prompt, donor = (np.array([index[name] for name in side]) for side in (donor_of, donor_of.values()))
            if (control.key[i, prompt] != own.key[i, donor]).any():
                raise CrosslensError(
                    f"lens of language '{language}': the controls have other choices than the seed {seed} gives them. "
                    "Delete the language's lens.arrow and run again."
                )
            moved[i, donor] = right[i, prompt]
    return moved


def split_columns(
    split: Mapping[str, Scores], wrong: Bool[np.ndarray, "language question"], languages: Sequence[str], layer: int
) -> dict:
    """Return the columns of table "error_split"; no rows if the pivot's choices were not scored."""
    names = list(languages) if split else []
    undefined = np.full((len(names), 1), np.nan)
    solved, control, excess = (split.get(f"solved{end}", undefined) for end in ("", "_control", "_excess"))
    return {
        "language": names,
        "layer": [layer] * len(names),
        "n_wrong": pa.array(wrong.sum(axis=1)[: len(names)], pa.int32()),
        "solved": nullable(answers.mean(solved, axis=1)),
        "n_control": pa.array((~np.isnan(excess)).sum(axis=1), pa.int32()),
        "solved_control": nullable(answers.mean(control, axis=1)),
        "solved_excess": nullable(answers.mean(excess, axis=1)),
    }


def mean_columns(measures: Mapping[str, Scores], layer: int, average: Averager) -> dict:
    """Return the columns of table "latent_means": a row per measure."""
    averaged = [average(values) for values in measures.values()]
    where = {"layer": [layer] * len(measures), "measure": list(measures)}
    return where | question_means.columns(averaged)


def _right(aligned: Aligned) -> Scores:
    answered = answers.from_logprobs(aligned.logprob, aligned.key)
    return np.where(answered.present, answered.right, np.nan)
