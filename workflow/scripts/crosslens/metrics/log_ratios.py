"""The log ratio at one layer: after a prompt, are the native choices more probable than the pivot's?

The ratio has confounds, so it is computed in several ways. Native choices stand in the prompt and can be copied from
it: `PROMPTS_READ` has the ratio after other prompts too. Languages need different numbers of tokens for the same text:
`NORMALISATIONS` divides by tokens or characters, or takes the first token alone. No way is right alone; a sign that all
of them share is evidence. Works on one layer's rows of tables "lens".
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from crosslens.errors import CrosslensError
from crosslens.metrics import answers, question_means, stacking
from crosslens.metrics.question_means import Averaged, Averager
from crosslens.metrics.stacking import nullable
from crosslens.tables.files import matrix
from crosslens.tables.inference import FORMS, PROMPTS

# How the log-probability of a choice is made comparable between texts of different length; the paper's is per_token.
NORMALISATIONS = ("per_token", "first_token", "per_character", "sum")
# The prompts of `PROMPTS`, and two more rows: native_sample is the paper's prompt on the questions that have further
# prompts, to be compared with these; symmetric is the mean of the native and the pivot's prompt, a question at a time.
PROMPTS_READ = ("native", "native_sample", "without_choices", "pivot", "symmetric")

# Of every language and question, after one prompt: a row per normalisation, then the mean numbers of tokens of a native
# and of a pivot choice. NaN where the question was not asked so.
Ratios = Float[np.ndarray, "quantity language question"]
TOKENS = ("tokens_native", "tokens_pivot")


def ratios(
    lens: Mapping[str, pa.Table], aggregate: str, question_ids: pa.Array
) -> tuple[dict[str, Ratios], Ratios | None]:
    """Return the log ratios of every question by prompt, of `PROMPTS_READ`, and those of the control.

    lens: the rows of one layer, by language. The control scores another question's choices after the native prompt;
    None if there is none. Prompts that were not asked are not there, and nothing is without the pivot's choices. Raises
    CrosslensError as `log_ratio` does.
    """
    sets = choice_sets(lens, aggregate, question_ids)
    after = {
        prompt: _compared(sets[prompt, "native"], sets[prompt, "pivot"])
        for prompt in PROMPTS
        if (prompt, "native") in sets and (prompt, "pivot") in sets
    }
    if "native" not in after:  # the languages do not share their choices
        return {}, None
    found = {"native": after["native"]}
    if further := [after[prompt] for prompt in PROMPTS[1:] if prompt in after]:
        sampled = np.any([~np.isnan(ratio[0]) for ratio in further], axis=0)
        found["native_sample"] = np.where(sampled, after["native"], np.nan)
    found |= {prompt: after[prompt] for prompt in PROMPTS[1:] if prompt in after}
    if "pivot" in after:
        found["symmetric"] = (after["native"] + after["pivot"]) / 2
    controls = [sets.get(("native", f"{form}_control")) for form in ("native", "pivot")]
    return found, None if any(control is None for control in controls) else _compared(*controls)


def log_ratio(
    native: Float[np.ndarray, "*batch choice"], pivot: Float[np.ndarray, "*batch choice"], aggregate: str
) -> Float[np.ndarray, "*batch"]:
    """Return log(p(native choices) / p(pivot choices)) of each question (paper, section 4.2), in nats.

    Above 0, the native choices are more probable. p of a set of choices is a mean, over the question's own choices, of
    their length-normalised probabilities; which mean, the paper leaves open. ``aggregate`` "mean_logprob" takes the
    geometric mean, "mean_prob" the arithmetic mean. Raises CrosslensError for any other ``aggregate``.
    """
    return set_logprob(native, aggregate) - set_logprob(pivot, aggregate)


def set_logprob(logprob: Float[np.ndarray, "*batch choice"], aggregate: str) -> Float[np.ndarray, "*batch"]:
    """Return log p of the sets of choices, the mean over a question's own choices that `log_ratio` describes."""
    if aggregate == "mean_logprob":
        return answers.mean(logprob.astype(np.float64), axis=-1)
    if aggregate == "mean_prob":
        # so that exp neither overflows nor vanishes
        highest = np.fmax.reduce(logprob, axis=-1, keepdims=True).astype(np.float64)
        return highest[..., 0] + np.log(answers.mean(np.exp(logprob - highest), axis=-1))
    raise CrosslensError(f"lens.aggregate is '{aggregate}', but it must be mean_logprob or mean_prob.")


def normalised(
    logprob: Float[np.ndarray, "row choice"],
    first: Float[np.ndarray, "row choice"],
    n_tokens: Float[np.ndarray, "row choice"],
    n_characters: Float[np.ndarray, "row choice"],
    aggregate: str,
) -> Float[np.ndarray, "normalisation row"]:
    """Return log p of the sets of choices in every one of `NORMALISATIONS`.

    ``logprob`` is the mean per token, which ``aggregate`` averages over choices; the others are means of
    log-probabilities: of the first token, of the sum over tokens per character, and of the sum.
    """
    total = logprob * n_tokens
    others = (first, answers.ratio(total, n_characters), total)
    return np.stack([set_logprob(logprob, aggregate), *(answers.mean(one, axis=-1) for one in others)])


def choice_sets(
    lens: Mapping[str, pa.Table], aggregate: str, question_ids: pa.Array
) -> dict[tuple[str, str], Float[np.ndarray, "value language question"]]:
    """Return log p of the sets of choices and, last, the mean number of tokens of a choice, by prompt and form."""
    found: dict[tuple[str, str], np.ndarray] = {}
    shape = (len(NORMALISATIONS) + 1, len(lens), len(question_ids))
    for i, (language, rows) in enumerate(lens.items()):
        question = stacking.positions(rows["question_id"], question_ids, f"lens.arrow of language '{language}'")
        prompt, form = (_codes(rows[name], names) for name, names in (("prompt", PROMPTS), ("form", FORMS)))
        columns = ("logprob", "first_logprob", "n_tokens", "n_characters")
        values = [matrix(rows, name).astype(np.float64) for name in columns]
        tokens = answers.mean(np.where(np.isnan(values[0]), np.nan, values[2]), axis=1)
        of_rows = np.vstack([normalised(*values, aggregate), tokens])
        for (p, prompt_name), (f, form_name) in product(enumerate(PROMPTS), enumerate(FORMS)):
            here = (prompt == p) & (form == f)
            if here.any():
                if (prompt_name, form_name) not in found:
                    found[prompt_name, form_name] = np.full(shape, np.nan)
                # (value, row) -> (value, question)
                found[prompt_name, form_name][:, i, question[here]] = of_rows[:, here]
    return found


def ratio_columns(found: Mapping[str, Ratios], control: Ratios | None, languages: Sequence[str], layer: int) -> dict:
    """Return the columns of table "log_ratios": a row per prompt, normalisation and language."""
    names = ("n", "log_ratio", "n_control", "log_ratio_control", "log_ratio_corrected", *TOKENS)
    columns: dict[str, list] = {name: [] for name in names}
    for prompt, ratio in found.items():
        tokens = [answers.mean(ratio[-2 + i], axis=1) for i in range(2)]
        for k in range(len(NORMALISATIONS)):
            controlled = control[k] if prompt == "native" and control is not None else np.full_like(ratio[k], np.nan)
            per_language = (
                (~np.isnan(ratio[k])).sum(axis=1),
                answers.mean(ratio[k], axis=1),
                (~np.isnan(controlled)).sum(axis=1),
                answers.mean(controlled, axis=1),
                answers.mean(ratio[k] - controlled, axis=1),
                *tokens,
            )
            for name, values in zip(names, per_language, strict=True):
                columns[name].extend(values.tolist())
    rows = [(prompt, norm, name) for prompt in found for norm in NORMALISATIONS for name in languages]
    prompts, norms, tags = zip(*rows, strict=True) if rows else ((), (), ())
    counted = {name: pa.array(columns[name], pa.int32()) for name in ("n", "n_control")}
    measured = {name: nullable(columns[name]) for name in names if name not in counted}
    where = {"language": tags, "layer": [layer] * len(rows), "prompt": prompts, "normalisation": norms}
    return {**where, **counted, **measured}


def mean_columns(found: Mapping[str, Ratios], control: Ratios | None, layer: int, average: Averager) -> dict:
    """Return the columns of table "log_ratio_means": a row per prompt, normalisation and series.

    The series are the log ratio and, for the paper's prompt, its control and their difference of each question.
    """
    rows: list[tuple[str, str, str, Averaged]] = []
    for prompt, ratio in found.items():
        for k, norm in enumerate(NORMALISATIONS):
            series = {"log_ratio": ratio[k]}
            if prompt == "native" and control is not None:
                series |= {"control": control[k], "corrected": ratio[k] - control[k]}
            rows += [(prompt, norm, name, average(values)) for name, values in series.items()]
    prompts, norms, series, averaged = zip(*rows, strict=True) if rows else ((), (), (), ())
    where = {"layer": [layer] * len(rows), "prompt": prompts, "normalisation": norms, "series": series}
    return where | question_means.columns(averaged)


def _compared(
    native: Float[np.ndarray, "value language question"], pivot: Float[np.ndarray, "value language question"]
) -> Ratios:
    return np.concatenate([native[:-1] - pivot[:-1], native[-1:], pivot[-1:]])


def _codes(column: pa.ChunkedArray, names: Sequence[str]) -> np.ndarray:
    """Return the index of every value among ``names``."""
    return pc.index_in(column.cast(pa.string()), value_set=pa.array(names)).to_numpy()
