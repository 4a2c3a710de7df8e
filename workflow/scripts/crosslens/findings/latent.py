"""Claims about the logit lens: which language the middle layers favour, and what late layers know (C6 to C9).

Values are means over the layers of the middle or the upper third of a model's depth (`metrics.latent_thirds`).
"""

from crosslens.findings import paired
from crosslens.findings.results import Results, Subject
from crosslens.findings.verdicts import Effect, Untestable
from crosslens.metrics.latent_thirds import CONSISTENCY, MIDDLE, UPPER

PROMPTS, NORMALISATIONS = ("native", "without_choices", "symmetric"), ("per_token", "first_token")
# What a config lacks if the run has no log ratio after a prompt.
ASKED_BY = {"without_choices": "without_choices", "symmetric": "pivot"}


def ratio(results: Results, subject: Subject, prompt: str, normalisation: str) -> Effect:
    """C6: theta = -mean over the middle third of the log ratio, mean over languages, in nats. Paper, section 4.2.

    Above 0, the choices are more probable in the pivot. All prompts and normalisations must agree: native choices can
    be copied from the paper's prompt, and languages need different numbers of tokens.
    """
    measure = _measure(results, subject, prompt, normalisation)
    values = paired.drawn(results, "depth_replicates", measure, subject.model, subject.dataset, third=MIDDLE)
    return paired.over_languages(results, values, -1.0)


def ratio_by_size(results: Results, subject: Subject, prompt: str, normalisation: str) -> Effect:
    """C7: theta = mean over the middle third of ratio(large) - ratio(small), in nats. Paper, section 4.2."""
    measure = _measure(results, subject, prompt, normalisation)
    return paired.change(results, *paired.sizes(results, subject, "depth_replicates", measure, third=MIDDLE))


def decodable(results: Results, subject: Subject, form: str) -> Effect:
    """C8: theta = latent accuracy in the upper third - that of the same answers after another question, in points.

    Not minus 1 / J: some answers are more probable whatever is asked. form: the language of the choices, native or
    pivot. Paper, section 4.2.
    """
    results.need(subject.dataset, "choices")
    return _late(results, subject, f"accuracy_{form}_excess")


def pivot_less_native(results: Results, subject: Subject, quantity: str) -> Effect:
    """C9: theta = latent accuracy, or consistency between pairs, in the pivot's choices - that in native ones.

    Mean over the upper third; accuracy in points. Pairs are without the pivot, whose two forms are one text. Paper,
    section 4.2. quantity: accuracy or consistency.
    """
    results.need(subject.dataset, "choices")
    if quantity == "accuracy":
        return _late(results, subject, "accuracy_difference")
    accuracy = paired.drawn(results, "depth_replicates", "accuracy_native", subject.model, subject.dataset, third=UPPER)
    counts = len(results.others(subject.dataset)), paired.most(accuracy)
    return paired.over_pairs(results, subject, "depth_pair_replicates", CONSISTENCY, *counts)


def _late(results: Results, subject: Subject, measure: str) -> Effect:
    table = results.table("depth_replicates", subject.model, subject.dataset)
    if measure.endswith("_excess") and measure not in table["measure"].to_pylist():
        raise Untestable("no answers were scored after another question: `lens.control_questions` must be at least 2")
    values = paired.drawn(results, "depth_replicates", measure, subject.model, subject.dataset, third=UPPER)
    return paired.over_languages(results, values, 100.0)


def _measure(results: Results, subject: Subject, prompt: str, normalisation: str) -> str:
    """Return the name of a log ratio in tables "depth_replicates". Raises Untestable if the prompt was not run."""
    results.need(subject.dataset, "choices")
    measure = f"log_ratio {prompt} {normalisation}"
    for model in [subject.model] if subject.largest is None else [subject.model, subject.largest]:
        measures = results.table("depth_replicates", model, subject.dataset)["measure"].to_pylist()
        if prompt in ASKED_BY and measure not in measures and f"log_ratio native {normalisation}" in measures:
            raise Untestable(
                f"the lens was not read after this prompt: `lens.prompts` needs {ASKED_BY[prompt]}, and "
                "`lens.control_questions` at least 1"
            )
    return measure
