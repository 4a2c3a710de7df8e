"""The claims that are tested: the paper's 18, each a function that returns an effect and a row of `CLAIMS`.

docs/extending.md has a recipe for a claim of your own. `evaluation` makes tables of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from crosslens.findings import latent, log_ratio, relatedness, similarity, size, steering, steering_depth
from crosslens.findings.verdicts import Effect
from crosslens.metrics.correlations import OUTCOMES
from crosslens.metrics.steering_selection import RANDOM


@dataclass(frozen=True)
class Part:
    """A part of a claim: the arguments with which the claim's function is called.

    smallest_effect, unit: if they differ from the claim's. counts: whether the claim's verdict depends on it.
    """

    name: str = ""
    arguments: tuple = ()
    smallest_effect: float | None = None
    unit: str | None = None
    counts: bool = True


@dataclass(frozen=True)
class Claim:
    """A claim, and how it is tested.

    effect: takes the results, a subject, and the arguments of a part; it returns theta, signed so that the claim says
    theta > 0, or raises Untestable. theta: its definition in words. scope: one of those of `Results.subjects`.
    one_thing: whether the parts measure the same thing in several ways, none of which is right alone.
    premise: a claim earlier in the list. A claim with a premise says that theta is about 0 while the premise is
    supported.
    """

    id: str
    statement: str
    theta: str
    scope: str
    smallest_effect: float
    unit: str
    effect: Callable[..., Effect]
    parts: tuple[Part, ...] = (Part(),)
    premise: str = ""
    one_thing: bool = False


def _parts(*arguments: Sequence[str]) -> tuple[Part, ...]:
    """Return a part for every combination of arguments."""
    return tuple(Part(" ".join(each).replace("_", " "), each) for each in product(*arguments))


_RATIOS = (latent.PROMPTS, latent.NORMALISATIONS)
_CONTROLS = {"random vectors": RANDOM, "another language's vector": steering.OTHER_LANGUAGE}
_SPECIFICITY = "another language's vector"


def _beyond(measures: Mapping[str, str], scale: float) -> tuple[Part, ...]:
    """Return the parts of a gain beyond controls. Those about another language's vector are reported only."""
    return tuple(
        Part(", ".join(filter(None, [name, control])), (measure, scale, vectors), counts=control != _SPECIFICITY)
        for name, measure in measures.items()
        for control, vectors in _CONTROLS.items()
    )


CLAIMS = (
    Claim(
        "C1",
        "Larger models are more accurate.",
        "mean accuracy, large − small",
        "series",
        1.0,
        "points",
        size.accuracy,
    ),
    Claim(
        "C2",
        "The accuracy of larger models varies more between languages.",
        "standard deviation of logit accuracy, large − small",
        "series",
        0.1,
        "",
        size.spread,
    ),
    Claim(
        "C3",
        "Larger models are less consistent.",
        "−(mean excess consistency, large − small)",
        "series",
        0.02,
        "",
        size.over_pairs,
        (Part("", ("consistency_excess", -1.0)),),
    ),
    Claim(
        "C4",
        "Larger models gain little transfer, though they gain accuracy.",
        "mean excess transfer, large − small; claimed to be about 0",
        "series",
        0.03,
        "",
        size.over_pairs,
        (Part("", ("positive_transfer_excess", 1.0)),),
        premise="C1",
    ),
    Claim(
        "C5",
        "Transfer is higher between related languages, and between languages of the same script.",
        "coefficients of same script and same family in a regression of excess transfer with source and target effects",
        "model",
        0.02,
        "",
        relatedness.relatedness,
        tuple(Part(f"same {name}", (name,)) for name in relatedness.REGRESSORS),
    ),
    Claim(
        "C6",
        "Small models work in the pivot language in the middle layers.",
        "−(log ratio of native to pivot choices), mean over the middle third",
        "small",
        0.1,
        "nats",
        latent.ratio,
        _parts(*_RATIOS),
        one_thing=True,
    ),
    Claim(
        "C7",
        "Larger models move to the native language in the middle layers.",
        "log ratio, large − small, mean over the middle third",
        "series",
        0.1,
        "nats",
        latent.ratio_by_size,
        _parts(*_RATIOS),
        one_thing=True,
    ),
    Claim(
        "C8",
        "Correct answers can be decoded in late layers.",
        "latent accuracy − latent accuracy of the same answers after another question, mean over the upper third",
        "model",
        2.0,
        "points",
        latent.decodable,
        _parts(("native", "pivot")),
    ),
    Claim(
        "C9",
        "Answers in the pivot language are more accurate and more consistent in late layers.",
        "latent accuracy and latent consistency, pivot choices − native choices, mean over the upper third",
        "model",
        1.0,
        "points",
        latent.pivot_less_native,
        (Part("accuracy", ("accuracy",)), Part("consistency", ("consistency",), 0.02, "")),
    ),
    Claim(
        "C10",
        "A log ratio towards the native language goes with lower accuracy, consistency and transfer.",
        "−(partial correlation of log ratio and outcome over languages, given resource level and token fertility)",
        "model",
        0.2,
        "",
        log_ratio.predicts,
        _parts(*_RATIOS, tuple(OUTCOMES)),
        one_thing=True,
    ),
    Claim(
        "C11",
        "The log ratio predicts accuracy, consistency and transfer less in larger models.",
        "partial correlation of C10 (without its minus sign), large − small",
        "series",
        0.2,
        "",
        log_ratio.predicts_by_size,
        _parts(*_RATIOS, tuple(OUTCOMES)),
        one_thing=True,
    ),
    Claim(
        "C12",
        "Languages with dissimilar states answer inconsistently.",
        "partial Spearman correlation of similarity within letters and excess consistency over pairs of languages, "
        "given both accuracies, mean over the middle third",
        "model",
        0.1,
        "",
        similarity.dissimilar,
    ),
    Claim(
        "C13",
        "Larger models dissociate languages from the pivot.",
        "−(similarity within letters to the pivot, large − small), mean over the middle third",
        "series",
        0.05,
        "",
        similarity.dissociated,
    ),
    Claim(
        "C14",
        "Steering towards the pivot makes small models more accurate.",
        "gain in accuracy − gain of a control vector",
        "small",
        0.5,
        "points",
        steering.gain,
        _beyond({"": "accuracy"}, 100.0),
    ),
    Claim(
        "C15",
        "Steering towards the pivot gives small models more consistency with it and more transfer from it.",
        "gain in excess consistency with the pivot, and in excess transfer from it, − gain of a control vector",
        "small",
        0.01,
        "",
        steering.gain,
        _beyond(
            {"consistency": "consistency_excess_with_pivot", "transfer": "positive_transfer_excess_from_pivot"}, 1.0
        ),
    ),
    Claim(
        "C16",
        "The opposite vector makes small models less accurate.",
        "−(gain in accuracy at −γ − gain of a random vector)",
        "small",
        0.5,
        "points",
        steering.opposite,
    ),
    Claim(
        "C17",
        "Steering works best in the middle layers.",
        "gain in accuracy, middle third − early third, and middle − late, at equal ‖γv‖ / ‖h‖",
        "small",
        0.5,
        "points",
        steering_depth.middle,
        _parts(("early", "late")),
    ),
    Claim(
        "C18",
        "Smaller models, and low-accuracy languages in Latin script, gain most from steering.",
        "gain in accuracy, small − large; within the small model, low-accuracy Latin-script languages − all others",
        "series",
        0.5,
        "points",
        steering.who_gains,
        (Part("small models", ("models",)), Part("low-accuracy Latin script", ("languages",))),
    ),
)
