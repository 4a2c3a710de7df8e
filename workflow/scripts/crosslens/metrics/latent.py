"""Answers of the logit lens at one layer: how well a model answers there, in its own words and in the pivot's.

Works on one layer's rows of tables "lens"; knows nothing about how the lens is computed. `log_ratios` says in which
language the texts are more probable, `latent_means` averages both over languages.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslens.errors import CrosslensError
from crosslens.metrics import answers, stacking
from crosslens.metrics.stacking import Aligned, nullable
from crosslens.tables.inference import FORMS

OWN_FORMS, CONTROLS = ("native", "pivot"), ("native_control", "pivot_control")


def latent_metrics(
    aligned: Mapping[str, Aligned],
    languages: Sequence[str],
    layer: int,
    pair_metrics: Collection[str] = tuple(answers.PAIR_METRICS),
) -> tuple[dict, dict]:
    """Return the columns of tables "latent_metrics" and "latent_pair_metrics" of one layer.

    ``aligned`` holds the latent log-probabilities by form, as `align_layer` returns them; what needs a form that is not
    there is null, as are the metrics of pairs that ``pair_metrics`` does not name.
    """
    scored = {form: answers.from_logprobs(*aligned[form][1:]) for form in OWN_FORMS if form in aligned}
    accuracy = {form: answers.accuracy(answered) for form, answered in scored.items()}
    undefined = np.full(len(languages), np.nan)
    columns = {
        "language": list(languages),
        "layer": [layer] * len(languages),
        "n": scored["native"].present.sum(axis=1),
        **{f"accuracy_{form}": nullable(accuracy.get(form, undefined)) for form in OWN_FORMS},
    }
    return columns, pair_columns(list(languages), scored, layer, pair_metrics)


def at_layer(lens: pa.Table, layer: int) -> pa.Table:
    """Return the rows of a table "lens" that are about ``layer``."""
    return lens.filter(pc.equal(lens["layer"], pa.scalar(layer, pa.int16())))


def align_layer(lens: Mapping[str, pa.Table], layer: int, forms: Sequence[str] = FORMS) -> dict[str, Aligned]:
    """Return one layer's latent log-probabilities after the questions' own prompts, and the keys, by form.

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
    own = pc.equal(lens["prompt"].cast(pa.string()), "native")
    here = pc.and_(pc.equal(lens["layer"], pa.scalar(layer, pa.int16())), own)
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
