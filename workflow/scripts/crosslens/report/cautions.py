"""What a reader must know before trusting a run's numbers: one sentence per warning."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

FEW = 4  # a sentence names at most so many languages, and counts the others
PREFERRED = 0.2  # a preference: the most frequent letter's share of the answers exceeds its share of the keys by more
LITTLE_MASS = 0.5  # probability of all letters together; below it, a model mostly answers something else


def cautions(
    run: Mapping, accuracy: pa.Table, letters: pa.Table, audits: pa.Table, chance: Mapping[str, float]
) -> list[str]:
    """Return the sentences; none if there is nothing to warn about.

    run: the values of `description.report`, with what the models were ``computed`` with. accuracy, letters: the run's
    tables of these names. audits: tables "audit" of all data sets, with an additional column dataset. chance: accuracy
    of guessing per data set.
    """
    return [
        *_toys(run),
        *run["left_out"],
        *_controls_off(run),
        *_slow_path(run),
        *_near_chance(run, accuracy.to_pylist(), chance),
        *_letters(run, letters.to_pylist()),
        *_audited(run, audits.to_pylist()),
    ]


def _toys(run: Mapping) -> Iterable[str]:
    toys = [model["title"] for model in run["models"].values() if "demo" in model["source"]]
    if toys:
        verb = (
            "are toy models that this workflow trained"
            if len(toys) > 1
            else "is a toy model that this workflow trained"
        )
        yield (
            f"{_listed(toys)} {verb}. Toy models show how the workflow works and say nothing "
            "about language models in general."
        )


def _controls_off(run: Mapping) -> Iterable[str]:
    config, models = run["config"], run["models"].values()
    if not config["lens"]["control_questions"]:
        yield "The lens ran without its shuffled-answer control (lens.control_questions is 0)."
    elif not config["lens"]["prompts"]:
        yield (
            "The lens read the paper's prompt alone (lens.prompts is empty): the log ratio may be due to choices "
            "that are copied from the prompt."
        )
    if not config["ceiling"]["questions"]:
        yield "No question was asked twice (ceiling.questions is 0), so the ceiling of consistency is not known."
    uncontrolled = [model["title"] for model in models if model["conditions"] and not _has_random(model)]
    if uncontrolled:
        yield f"Steering ran without random vectors for {_listed(uncontrolled)}: any vector might give the same gain."
    unsteered = [model["title"] for model in models if not model["conditions"]]
    if unsteered:
        yield f"Not steered: {_listed(unsteered)}."


def _has_random(model: Mapping) -> bool:
    return any(name.startswith("random") for name in model["controls"])


def _slow_path(run: Mapping) -> Iterable[str]:
    plain = [
        run["models"][name]["title"] for name, made in run["computed"].items() if "plain" in made.get("forward", "")
    ]
    if plain:
        yield (
            f"{_listed(plain)} ran with plain rows, one pass per prompt, answer and condition: slower, with the same "
            "checks."
        )


def _near_chance(run: Mapping, accuracy: Sequence[Mapping], chance: Mapping[str, float]) -> Iterable[str]:
    """Yield a sentence per model and data set with languages whose interval is not above guessing."""
    for (model, dataset), rows in _by_panel(accuracy).items():
        low = [row["language"] for row in rows if row["accuracy_low"] <= chance[dataset]]
        if low:
            yield (
                f"{_panel(run, model, dataset)}: accuracy is not clearly above guessing "
                f"({100 * chance[dataset]:.3g} %) in {len(low)} of {len(rows)} languages: {_languages(run, low)}."
            )


def _letters(run: Mapping, letters: Sequence[Mapping]) -> Iterable[str]:
    for (model, dataset), rows in _by_panel(letters).items():
        preferring = [row["language"] for row in rows if row["max_share"] - row["top_choice_keys"] > PREFERRED]
        if preferring:
            yield (
                f"{_panel(run, model, dataset)}: one letter is answered more often than it is correct, by over "
                f"{100 * PREFERRED:.0f} points, in {len(preferring)} of {len(rows)} languages: "
                f"{_languages(run, preferring)}."
            )
        elsewhere = [row["language"] for row in rows if row["letter_mass"] < LITTLE_MASS]
        if elsewhere:
            yield (
                f"{_panel(run, model, dataset)}: the answer letters have less than {100 * LITTLE_MASS:.0f} % of the "
                f"probability in {len(elsewhere)} of {len(rows)} languages: {_languages(run, elsewhere)}."
            )


def _audited(run: Mapping, audits: Sequence[Mapping]) -> Iterable[str]:
    """Yield a sentence per data set from which the audit left out questions."""
    for name, dataset in run["datasets"].items():
        left = {(row["language"], row["question_id"]) for row in audits if row["dataset"] == name and row["excluded"]}
        in_language = Counter(language for language, _ in left)
        if left:
            (most, n), *others = in_language.most_common()
            where = (
                f"most of them in {_languages(run, [most])} ({n})" if others else f"all in {_languages(run, [most])}"
            )
            questions = f"{len(left)} question{'s' if len(left) > 1 else ''}"
            languages = f"{len(in_language)} of {len(dataset['languages'])} languages"
            yield f"{dataset['title']}: the audit left out {questions} in {languages}, {where}."


def _by_panel(rows: Iterable[Mapping]) -> dict[tuple[str, str], list[Mapping]]:
    panels: dict[tuple[str, str], list[Mapping]] = {}
    for row in rows:
        panels.setdefault((row["model"], row["dataset"]), []).append(row)
    return panels


def _panel(run: Mapping, model: str, dataset: str) -> str:
    return f"{run['models'][model]['title']} on {run['datasets'][dataset]['title']}"


def _languages(run: Mapping, tags: Sequence[str]) -> str:
    """Return the languages' names, the first FEW of them."""
    names = [run["languages"][tag] for tag in tags]
    return _listed(names) if len(names) <= FEW else f"{', '.join(names[:FEW])} and {len(names) - FEW} more"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
