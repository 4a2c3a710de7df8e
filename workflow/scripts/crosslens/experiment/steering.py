"""Turn the entries of steering.conditions into conditions, and say which apply to a data set and language.

`layers` resolves layers; the names of vectors and operations are in `tables.conditions`.
"""

from collections.abc import Mapping, Sequence

from crosslens.errors import CrosslensError
from crosslens.experiment.layers import resolve
from crosslens.tables import conditions as names
from crosslens.tables.conditions import ADD, OWN, PATCH, REPLACE, Condition

KEY = "steering.conditions"


def conditions(entries: Sequence[Mapping], model: str, grid: Sequence[int], n_layers: int) -> list[Condition]:
    """Return all conditions that the entries of steering.conditions ask of ``model``, each once.

    Those with the language's own vector come first; within a vector they are sorted by operation, layer and gamma.
    Raises CrosslensError for a layer that is not on the model's grid, and for keys that do not go together.
    """
    found = set()
    for entry in entries:
        operation, gammas = _operation(entry), _gammas(entry)
        if model in entry.get("models", [model]):
            layers = resolve(entry["layers"], grid, n_layers, KEY, model)
            found |= {
                Condition(layer, gamma, vector, operation)
                for layer in layers
                for gamma in gammas
                for vector in _vectors(entry)
            }
    return sorted(found, key=lambda each: (each.vector != OWN, each.vector, each.operation, each.layer, each.gamma))


def settled(entries: Sequence[Mapping], pivot: str, languages: Mapping[str, Sequence[str]]) -> list[Mapping]:
    """Return the entries of steering.conditions with one language for each list of languages to take a vector from.

    It is the first of the list that is not the pivot and that all data sets have; without one, the entry is left out.
    languages: the languages of each selected data set that is steered.
    """
    shared = set.intersection(*map(set, languages.values())) - {pivot} if languages else set()
    found = []
    for entry in entries:
        vector = entry.get("vector", OWN)
        listed = vector["language"] if isinstance(vector, Mapping) and "language" in vector else ""
        if isinstance(listed, str):
            found.append(entry)
        elif tags := [tag for tag in listed if tag in shared]:
            found.append({**entry, "vector": {"language": tags[0]}})
    return found


def applies(condition: Condition, dataset: str, language: str) -> bool:
    """Return whether a condition's vector is another one than the language's own in the data set."""
    return condition.vector not in (names.of_language(language), names.of_dataset(dataset))


def check_vectors(entries: Sequence[Mapping], pivot: str, languages: Mapping[str, Sequence[str]]) -> None:
    """Raise CrosslensError for a vector of a language or data set that the run does not have, or does not steer.

    languages: the languages of each selected data set that is steered.
    """
    for entry in entries:
        vector = entry.get("vector", OWN)
        if isinstance(vector, Mapping) and "language" in vector:
            _check_language(vector["language"], pivot, languages)
        elif isinstance(vector, Mapping):
            _check_dataset(vector["dataset"], languages)


def _check_language(language: str, pivot: str, languages: Mapping[str, Sequence[str]]) -> None:
    if language == pivot:
        raise CrosslensError(
            f"config key '{KEY}.vector.language': '{language}' is the pivot, which has no steering vector. Name "
            "another language."
        )
    for dataset, tags in languages.items():
        if language not in tags:
            raise CrosslensError(
                f"config key '{KEY}.vector.language': '{language}' is not among the selected languages of {dataset} "
                f"({', '.join(tags)}). Name a language that all data sets of the run have."
            )


def _check_dataset(dataset: str, languages: Mapping[str, Sequence[str]]) -> None:
    if dataset not in languages:
        raise CrosslensError(
            f"config key '{KEY}.vector.dataset': '{dataset}' is not among the run's data sets "
            f"({', '.join(languages)}) whose languages share their questions. Name one of these, or add it to "
            "'datasets'."
        )
    if len(languages) == 1:
        raise CrosslensError(
            f"config key '{KEY}.vector.dataset': '{dataset}' is the run's only data set, so no other one can take "
            "vectors from it. Add another to 'datasets', or remove the entry."
        )
    for other, tags in languages.items():
        lacking = [tag for tag in tags if tag not in languages[dataset]]
        if lacking:
            raise CrosslensError(
                f"config key '{KEY}.vector.dataset': {dataset} lacks languages of {other} ({', '.join(lacking)}), so "
                "these have no vector from it. Remove them from 'languages', or name another data set."
            )


def _vectors(entry: Mapping) -> list[str]:
    vector = entry.get("vector", OWN)
    if isinstance(vector, Mapping):
        return [names.of_language(vector["language"]) if "language" in vector else names.of_dataset(vector["dataset"])]
    return [names.random(n + 1) for n in range(entry.get("seeds", 1))] if vector == "random" else [vector]


def _operation(entry: Mapping) -> str:
    """Return the entry's operation. Raises CrosslensError if it does not go with the vector."""
    patched = entry.get("vector", OWN) == PATCH
    operation = entry.get("operation", REPLACE if patched else ADD)
    if patched != (operation == REPLACE):
        raise CrosslensError(
            f"config key '{KEY}.operation': '{REPLACE}' and 'vector: {PATCH}' go together only: a state can be "
            "replaced by the pivot's state, but not by a steering vector, which is a difference of states. Change one "
            "of the two."
        )
    if "seeds" in entry and entry.get("vector") != "random":
        raise CrosslensError(f"config key '{KEY}.seeds': it goes with 'vector: random' only. Remove it.")
    return operation


def _gammas(entry: Mapping) -> list[float]:
    """Return the entry's multipliers. Raises CrosslensError if they are missing, or given where there is none."""
    if _operation(entry) != ADD:
        if "gammas" in entry:
            raise CrosslensError(
                f"config key '{KEY}.gammas': the operation '{_operation(entry)}' has no multiplier. Remove 'gammas'."
            )
        return [1.0]
    if "gammas" not in entry:
        raise CrosslensError(f"config key '{KEY}.gammas': an entry that adds a vector needs it, for example [-2, 2].")
    return [float(gamma) for gamma in entry["gammas"]]
