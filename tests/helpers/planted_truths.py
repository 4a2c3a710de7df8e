"""What is true of the models of a made-up experiment: two series of three sizes, forty languages in twelve families.

In series "as claimed" all claims of the paper hold; in series "opposite" the opposite holds where a model can be made
so. In world "zero" all models are alike, languages share nothing that depends on relation, and steering does nothing;
so too in world "misleading", where letters are preferred, choices copied, and long and right texts more probable.
The numbers are parameters of `planted_experiment`; nothing here knows how a claim is tested.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

PIVOT = "en"
LAYERS = range(1, 7)
EARLY, MIDDLE, UPPER = (1, 2), (3, 4), (5, 6)  # thirds of the depth
SIZES = {"small": 1.0, "medium": 4.0, "large": 16.0}  # billions of parameters


class Language(NamedTuple):
    family: str
    script: str
    resource: int
    tokens: int  # of an answer choice


SIZES_OF_FAMILIES = (6, 5, 4, 4, 3, 3, 3, 3, 3, 2, 2, 2)
SCRIPTS = ("Latn", "Latn", "Cyrl", "Latn", "Latn", "Latn", "Arab", "Latn", "Latn", "Latn", "Deva")  # across families


def languages(sizes: Sequence[int] = SIZES_OF_FAMILIES) -> dict[str, Language]:
    """Return the languages of families of some sizes, by tag; the pivot is first."""
    random = np.random.default_rng(0)
    families = [f"family {i}" for i, size in enumerate(sizes) for _ in range(size)]
    return {
        PIVOT if i == 0 else f"x{i}": Language(
            family, SCRIPTS[i % len(SCRIPTS)], *random.integers(1, 5, size=2).tolist()
        )
        for i, family in enumerate(families)
    }


@dataclass(frozen=True)
class Truth:
    """The parameters of a model; the defaults are those of world "zero". Logits are in units of the noise's scale."""

    ability: float = 1.2  # logit that the key has over other choices, mean over languages
    spread: float = 0.5  # its standard deviation over languages
    difficulty: float = 1.0  # its standard deviation over questions, the same in all languages
    common: float = 1.0  # standard deviation of what all languages think of a wrong choice
    related: float = 0.0  # that of what a family, and a script, thinks of a choice, right or wrong
    latent_language: float = 0.0  # log ratio at the middle layers, nats; above 0 is native
    predicts: float = 0.0  # correlation over languages of the log ratio with ability, times -1
    latent_key: tuple[float, float] = (0.0, 0.0)  # logit of the key at upper layers in native and in pivot choices
    latent_common: tuple[float, float] = (0.5, 0.5)  # what all languages think there of native and of pivot choices
    states: float = 1.0  # size of what the states of all languages have in common
    follow: int = 0  # 1: languages whose answers take more part in what is common have states that do so; -1: less
    push: float = 0.0  # of the pivot's logits, how much a steering of gamma 1 adds at the middle layers
    push_elsewhere: float = 0.0  # the same at all other layers
    prefers: float = 0.0  # of the first letter over the last, logit, in all languages
    copies: float = 0.0  # nats that a choice gains where it stands in the prompt
    longer: float = 0.0  # nats per token that a choice gains with every further token
    texts: float = 0.0  # logit of the key at upper layers whatever is asked
    push_lower: float = 0.0  # relative change of the push per standard deviation of ability below the mean, if Latin


# Parameters of which the claims hold, or the opposite, whatever the size of the model ...
_CLAIMED = Truth(related=0.6, latent_key=(0.7, 1.3), latent_common=(0.3, 1.0), follow=1)
_OPPOSITE = Truth(related=0.0, latent_key=(-0.9, -1.5), latent_common=(1.0, 0.3), follow=-1)
# ... and models that know little but have much in common, or know much and have little in common.
_ALIKE = {"ability": 1.5, "spread": 0.9, "common": 1.4, "states": 1.4}
_BETWEEN = {"ability": 1.75, "spread": 1.1, "common": 1.0, "states": 1.1}
_APART = {"ability": 2.0, "spread": 1.25, "common": 0.6, "states": 0.8}
_HELPED = {"push": 0.2, "push_elsewhere": 0.04, "push_lower": 0.6}
_HURT = {"push": -0.25, "push_elsewhere": -0.1, "push_lower": 0.6}


WORLDS: dict[str, dict[str, dict[str, Truth]]] = {  # world -> series -> size -> truth
    "planted": {
        "as claimed": {
            "small": replace(_CLAIMED, **_ALIKE, **_HELPED, difficulty=0.5, latent_language=-0.8, predicts=0.97),
            "medium": replace(_CLAIMED, **_BETWEEN, push=0.1, difficulty=0.7, latent_language=-0.4, predicts=0.97),
            "large": replace(_CLAIMED, **_APART, push=0.02, difficulty=0.92, latent_language=0.2, predicts=0.0),
        },
        "opposite": {
            "small": replace(_OPPOSITE, **_APART, **_HURT, difficulty=0.4, latent_language=0.8, predicts=-0.97),
            "medium": replace(
                _OPPOSITE,
                **_BETWEEN,
                push=-0.1,
                push_elsewhere=-0.05,
                difficulty=1.0,
                latent_language=0.4,
                predicts=-0.9,
            ),
            "large": replace(_OPPOSITE, **_ALIKE, push=-0.02, difficulty=1.4, latent_language=-0.2, predicts=0.0),
        },
    },
    "zero": {series: dict.fromkeys(SIZES, Truth()) for series in ("first", "second")},
    "misleading": {
        "no copies": dict.fromkeys(SIZES, Truth(prefers=3.0, texts=0.8, longer=0.4)),
        "copies": dict.fromkeys(SIZES, Truth(prefers=3.0, texts=0.8, longer=0.4, copies=2.0)),
    },
}

# The verdicts that are right. None: no claim holds and none is contradicted, so "no relevant effect", "inconclusive".
SUPPORTED, CONTRADICTED = "supported", "contradicted"
_BY_SERIES = {"as claimed": SUPPORTED, "opposite": CONTRADICTED}  # None in all others
_NEITHER = {
    ("as claimed", "C10", "large"),  # its log ratio predicts nothing, which C11 says
    ("opposite", "C10", "large"),
    *(("opposite", "C5", size) for size in SIZES),  # related languages cannot share much less than others
}


def right_verdict(series: str, claim: str, size: str) -> str | None:
    """Return the right verdict on a claim, of "C1" to "C18", about the model of a size, the smaller one if of two."""
    return None if (series, claim, size) in _NEITHER else _BY_SERIES.get(series)


def models(world: str) -> Iterator[tuple[str, str, str, Truth]]:
    """Yield name, series, size and truth of every model of a world."""
    for series, sizes in WORLDS[world].items():
        for size, truth in sizes.items():
            yield f"{series} {size}", series, size, truth
