"""Metrics of the logit lens at one layer: in which language a model "thinks", and how well it answers there.

Works on one layer's rows of tables "lens"; knows nothing about how the lens is computed.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from crosslens.errors import CrosslensError
from crosslens.metrics import answers, stacking
from crosslens.metrics.stacking import Aligned, nullable
from crosslens.tables.inference import FORMS

OWN_FORMS, CONTROLS = ("native", "pivot"), ("native_control", "pivot_control")


def latent_metrics(
    lens: Mapping[str, pa.Table],
    layer: int,
    aggregate: str,
    forms: Sequence[str] = FORMS,
    pair_metrics: Collection[str] = tuple(answers.PAIR_METRICS),
) -> tuple[dict, dict]:
    """Return the columns of tables "latent_metrics" and "latent_pair_metrics" of one layer.

    ``lens`` holds the table "lens" of each language. forms: the texts that were scored; what needs others is null, as
    are the metrics of pairs that ``pair_metrics`` does not name. Raises CrosslensError as `align_layer` and `log_ratio`
    do.
    """
    aligned = align_layer(lens, layer, forms)
    scored = {form: answers.from_logprobs(*aligned[form][1:]) for form in OWN_FORMS if form in forms}
    undefined = np.full(scored["native"].choice.shape, np.nan)
    # (language, question, choice) -> (language, question); the control is NaN for questions that have none
    raw, control = (
        log_ratio(*(aligned[form].logprob for form in pair), aggregate) if set(pair) <= set(forms) else undefined
        for pair in (OWN_FORMS, CONTROLS)
    )
    accuracy = {form: answers.accuracy(answered) for form, answered in scored.items()}
    languages = {
        "language": list(lens),
        "layer": [layer] * len(lens),
        "n": scored["native"].present.sum(axis=1),
        "log_ratio": nullable(answers.mean(raw, axis=1)),
        "n_control": (~np.isnan(control)).sum(axis=1),
        "log_ratio_control": nullable(answers.mean(control, axis=1)),
        "log_ratio_corrected": nullable(answers.mean(raw - control, axis=1)),
        **{f"accuracy_{form}": nullable(accuracy.get(form, undefined[:, 0])) for form in OWN_FORMS},
    }
    return languages, pair_columns(list(lens), scored, layer, pair_metrics)


def log_ratio(
    native: Float[np.ndarray, "*batch choice"], pivot: Float[np.ndarray, "*batch choice"], aggregate: str
) -> Float[np.ndarray, "*batch"]:
    """Return log(p(native choices) / p(pivot choices)) of each question (paper, section 4.2), in nats.

    Above 0, the native choices are more probable. p of a set of choices is a mean, over the question's own choices, of
    their length-normalised probabilities; which mean, the paper leaves open. ``aggregate`` "mean_logprob" takes the
    geometric mean, "mean_prob" the arithmetic mean. Raises CrosslensError for any other ``aggregate``.
    """
    return _set_logprob(native, aggregate) - _set_logprob(pivot, aggregate)


def _set_logprob(logprob: Float[np.ndarray, "*batch choice"], aggregate: str) -> Float[np.ndarray, "*batch"]:
    if aggregate == "mean_logprob":
        return answers.mean(logprob.astype(np.float64), axis=-1)
    if aggregate == "mean_prob":
        # so that exp neither overflows nor vanishes
        highest = np.fmax.reduce(logprob, axis=-1, keepdims=True).astype(np.float64)
        return highest[..., 0] + np.log(answers.mean(np.exp(logprob - highest), axis=-1))
    raise CrosslensError(f"lens.aggregate is '{aggregate}', but it must be mean_logprob or mean_prob.")


def align_layer(lens: Mapping[str, pa.Table], layer: int, forms: Sequence[str]) -> dict[str, Aligned]:
    """Return one layer's latent log-probabilities and the keys, by form.

    All ``forms`` have the same questions; the controls are NaN, and -1, for those that were not sampled. Raises
    CrosslensError if a language lacks the layer, or if a question lacks one of the other forms.
    """
    by_language = {language: _by_form(table, layer, forms, language) for language, table in lens.items()}
    kind = f"layer {layer} of lens.arrow"
    # language -> form -> rows becomes form -> (language, question, choice)
    of_form = {form: {name: rows[form] for name, rows in by_language.items()} for form in forms}
    scored = {form: stacking.align(of_form[form], kind) for form in OWN_FORMS if form in forms}
    ids = scored["native"].question_ids
    return scored | {form: stacking.align(of_form[form], kind, ids) for form in CONTROLS if form in forms}


def _by_form(lens: pa.Table, layer: int, forms: Sequence[str], language: str) -> dict[str, pa.Table]:
    """Return the rows of a layer by form; native and pivot, and the two controls, have the same questions."""
    here = pc.and_(
        pc.equal(lens["layer"], pa.scalar(layer, pa.int16())), pc.equal(lens["prompt"].cast(pa.string()), "native")
    )
    rows = lens.select(["question_id", "key", "form", "logprob"]).filter(here)
    form = rows["form"].cast(pa.string())
    by_form = {name: rows.filter(pc.equal(form, name)) for name in forms}
    ids = {name: rows["question_id"] for name, rows in by_form.items()}
    if any(ids[first] != ids[second] for first, second in (OWN_FORMS, CONTROLS) if {first, second} <= set(forms)):
        raise CrosslensError(
            f"lens of language '{language}', layer {layer}: some questions are missing or duplicated in one of the "
            f"forms {', '.join(forms)}. Delete the language's lens.arrow and run again."
        )
    return by_form


def pair_columns(
    names: list[str], by_form: Mapping[str, answers.Answers], layer: int, pair_metrics: Collection[str]
) -> dict:
    """Return the columns of table "latent_pair_metrics": every ordered pair, for the choices of each form."""
    columns = [
        stacking.pair_columns(
            names, answers.common_questions(scored, scored), answers.of_pairs(scored, scored, pair_metrics)
        )
        for scored in by_form.values()
    ]
    n_pairs = len(columns[0]["n"])
    return {
        "layer": np.full(n_pairs * len(columns), layer),
        "form": [form for form in by_form for _ in range(n_pairs)],
        **{name: pa.concat_arrays([of_form[name] for of_form in columns]) for name in columns[0]},
    }
