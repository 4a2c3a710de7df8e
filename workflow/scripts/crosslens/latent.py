"""What the logit lens says at one layer: in which language a model "thinks", and how well it answers there.

Works on the rows of one layer of tables "lens"; knows nothing of how the lens is computed.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from crosslens import alignment, metrics
from crosslens.alignment import Aligned, nullable
from crosslens.errors import CrosslensError
from crosslens.tables import matrix

# Whose texts are scored: the choices in the prompt's language and in the pivot's, and another question's in both
FORMS = ("native", "pivot", "native_control", "pivot_control")


def latent_metrics(
    answers: Mapping[str, pa.Table], lens: Mapping[str, pa.Table], layer: int, aggregate: str
) -> tuple[dict, dict]:
    """Columns of tables "latent_metrics" and "latent_pair_metrics" of one layer, from tables by language."""
    aligned = alignment.align(answers)
    logprob = align_layer(lens, aligned, layer)
    native, pivot, native_control, pivot_control = logprob
    raw = metrics.mean(log_ratio(native, pivot, aggregate), axis=1)
    control = metrics.mean(log_ratio(native_control, pivot_control, aggregate), axis=1)
    given = {form: metrics.answers(logprob[FORMS.index(form)], aligned.key) for form in ("native", "pivot")}
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


def align_layer(
    lens: Mapping[str, pa.Table], aligned: Aligned, layer: int
) -> Float[np.ndarray, "form language question choice"]:
    """One layer's latent log-probabilities, on the questions of ``aligned``; NaN where a language lacks the question.

    Raises CrosslensError where a language's lens does not hold all of its questions in all forms at this layer.
    """
    result = np.full((len(FORMS), *aligned.logprob.shape), np.nan, np.float32)
    for i, (language, table) in enumerate(lens.items()):
        where = f"lens of language '{language}', layer {layer}"
        here = pc.equal(table["layer"], pa.scalar(layer, pa.int16()))
        rows = table.select(["question_id", "form", "logprob"]).filter(here)
        question = alignment.positions(rows["question_id"], aligned.question_ids, where)
        form = pc.index_in(rows["form"].cast(pa.string()), value_set=pa.array(FORMS)).to_numpy()
        result[form, i, question] = matrix(rows, "logprob")
        missing = np.isnan(result[:, i]).any(axis=-1) != np.isnan(aligned.logprob[i]).any(axis=-1)
        if missing.any() or len(rows) != (~np.isnan(result[:, i, :, 0])).sum():
            raise CrosslensError(
                f"{where}: the questions are not those of its answers, once in each of the forms {', '.join(FORMS)}. "
                "Delete its lens.arrow and answers.arrow and rerun."
            )
    return result


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
