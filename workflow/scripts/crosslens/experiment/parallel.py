"""What the languages of a data set share (`parallel` in its entry), and therefore what can be computed.

This is decided here alone: rules, figures, captions and the plan ask for a data set's `Parallel`. Whatever compares
languages needs them to share something: the "questions", so that it matters which of them are answered correctly, or
also the "choices" in the same order, so that it matters which choice is the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Parallel:
    """What the languages of a data set share.

    shares: "questions", "choices", both or nothing. because: why it lacks the rest, for people. forms: the texts that
    the lens scores, in the order of `tables.inference.FORMS`. lens_prompts: the further prompts after which it may
    score them, of `tables.inference.PROMPTS`. pair_metrics: the metrics of pairs of languages that are defined, names
    of `metrics.answers.PAIR_METRICS`.
    """

    shares: tuple[str, ...]
    because: str
    forms: tuple[str, ...]
    lens_prompts: tuple[str, ...]
    pair_metrics: tuple[str, ...]

    def has(self, needed: str) -> bool:
        """Return whether the languages share what is ``needed``: "questions", "choices" or "" for nothing."""
        return not needed or needed in self.shares


# By the value of `parallel`.
PARALLEL = {
    "rows": Parallel(
        shares=("questions", "choices"),
        because="",
        forms=("native", "pivot", "native_control", "pivot_control"),
        lens_prompts=("without_choices", "pivot"),
        pair_metrics=("consistency", "positive_transfer", "negative_transfer"),
    ),
    "ids": Parallel(
        shares=("questions",),
        because="the order of its choices differs between languages",
        forms=("native",),
        lens_prompts=("without_choices",),
        pair_metrics=("positive_transfer",),
    ),
    "none": Parallel(
        shares=(),
        because="each of its languages has questions of its own",
        forms=(),
        lens_prompts=(),
        pair_metrics=(),
    ),
}


def lacking(datasets: Sequence[tuple[str, Parallel]], needs: Mapping[str, str]) -> str:
    """Return what a caption says of data sets that lack something, a sentence each; "" if none lacks anything.

    datasets: titles, each with what the languages share. needs: what to say, such as "Not shown", of data sets that
    lack what is needed; a data set is named for the first need alone that it lacks.
    """
    sentences = []
    for i, (needed, text) in enumerate(needs.items()):
        earlier = list(needs)[:i]
        without = [
            f"{title} ({parallel.because})"
            for title, parallel in datasets
            if not parallel.has(needed) and all(map(parallel.has, earlier))
        ]
        sentences += [f"{text}: {', '.join(without)}."] if without else []
    return " ".join(sentences)
