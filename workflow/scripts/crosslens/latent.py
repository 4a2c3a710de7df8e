"""What the logit lens says at one layer: in which language a model "thinks", and how well it answers there.

Works on the rows of one layer of tables "lens"; knows nothing of how the lens is computed.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

import crosslens.metric_schemas  # noqa: F401 - declares the tables that this module computes
from crosslens import alignment, metrics
from crosslens.alignment import Aligned, nullable
from crosslens.errors import CrosslensError
from crosslens.schemas import FORMS


def latent_metrics(lens: Mapping[str, pa.Table], layer: int, aggregate: str) -> tuple[dict, dict]:
    """Columns of tables "latent_metrics" and "latent_pair_metrics" of one layer, from tables "lens" by language."""
    aligned = align_layer(lens, layer)
    native, pivot, native_control, pivot_control = (aligned[form].logprob for form in FORMS)
    raw = metrics.mean(log_ratio(native, pivot, aggregate), axis=1)
    control = metrics.mean(log_ratio(native_control, pivot_control, aggregate), axis=1)
    given = {form: metrics.answers(aligned[form].logprob, aligned[form].key) for form in ("native", "pivot")}
    languages = {
        "language": list(lens),
        "layer": [layer] * len(lens),
        "n": given["native"].present.sum(axis=1),
        "log_ratio": nullable(raw),
        "log_ratio_control": nullable(control),
        "log_ratio_corrected": nullable(raw - control),
        "accuracy_native": nullable(metrics.accuracy(given["native"])),
        "accuracy_pivot": nullable(metrics.accuracy(given["pivot"])),
    }
    return languages, pair_columns(list(lens), given, layer)


def log_ratio(
    native: Float[np.ndarray, "*batch choice"], pivot: Float[np.ndarray, "*batch choice"], aggregate: str
) -> Float[np.ndarray, "*batch"]:
    """log(p(native choices) / p(pivot choices)) of each question (paper, section 4.2), nats; > 0: native is likelier.

    p of a set of choices is the mean of their length-normalised probabilities, which the paper leaves open:
    ``mean_logprob`` takes the geometric mean, ``mean_prob`` the arithmetic mean.
    """
    return _set_logprob(native, aggregate) - _set_logprob(pivot, aggregate)


def _set_logprob(logprob: Float[np.ndarray, "*batch choice"], aggregate: str) -> Float[np.ndarray, "*batch"]:
    if aggregate == "mean_logprob":
        return logprob.mean(axis=-1, dtype=np.float64)
    if aggregate == "mean_prob":
        highest = logprob.max(axis=-1, keepdims=True).astype(np.float64)  # so that exp neither overflows nor vanishes
        return highest[..., 0] + np.log(np.exp(logprob - highest).mean(axis=-1))
    raise CrosslensError(f"lens.aggregate is '{aggregate}'; it can be mean_logprob or mean_prob.")


def align_layer(lens: Mapping[str, pa.Table], layer: int) -> dict[str, Aligned]:
    """One layer's latent log-probabilities and the keys, by form; all forms on the same questions.

    Raises CrosslensError where a language lacks the layer, or a question one of the forms.
    """
    by_language = {language: _by_form(table, layer, language) for language, table in lens.items()}
    kind = f"layer {layer} of lens.arrow"
    return {form: alignment.align({name: of[form] for name, of in by_language.items()}, kind) for form in FORMS}


def _by_form(lens: pa.Table, layer: int, language: str) -> dict[str, pa.Table]:
    """The rows of a layer, form by form; in each the same questions in the same order."""
    here = pc.equal(lens["layer"], pa.scalar(layer, pa.int16()))
    rows = lens.select(["question_id", "answer", "form", "logprob"]).filter(here)
    form = rows["form"].cast(pa.string())
    found = {name: rows.filter(pc.equal(form, name)) for name in FORMS}
    if any(not table["question_id"].equals(found["native"]["question_id"]) for table in found.values()):
        raise CrosslensError(
            f"lens of language '{language}', layer {layer}: not every question is there once in each of the forms "
            f"{', '.join(FORMS)}. Delete its lens.arrow and rerun."
        )
    return found


def pair_columns(names: list[str], given: Mapping[str, metrics.Answers], layer: int) -> dict:
    """Columns of table "latent_pair_metrics": every ordered pair, for the choices of each form."""
    by_form = [
        alignment.pair_columns(names, metrics.common_questions(answers, answers), metrics.of_pairs(answers))
        for answers in given.values()
    ]
    n_pairs = len(by_form[0]["n"])
    return {
        "layer": np.full(n_pairs * len(by_form), layer),
        "form": [form for form in given for _ in range(n_pairs)],
        **{name: pa.concat_arrays([columns[name] for columns in by_form]) for name in by_form[0]},
    }
