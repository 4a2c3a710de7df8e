"""Checks the config and the catalogues against their closed schemas, and resolves selections into lists.

Errors name the key and the nearest valid one. Runs at parse time: imports nothing heavy and reads no data.
"""

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match

from crosslens.errors import CrosslensError

# JSON has no integers and takes 1.0 for one; what follows counts layers and questions, and needs real ones.
_INTEGERS = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
Validator = validators.extend(Draft202012Validator, type_checker=_INTEGERS)


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a mapping that has a key twice, of which YAML would silently take the last."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"key '{key.value}' is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_yaml(path: Path, file: str) -> dict:
    """A YAML file; raises CrosslensError, naming ``file`` and the line, where it is no YAML or has a key twice."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise CrosslensError(f"{file}: {' '.join(str(error).split())}") from None


def check_unique_keys(path: Path, file: str) -> None:
    """Raise CrosslensError where a YAML file that Snakemake has read has a key twice. JSON, which it reads too, may."""
    if path.suffix != ".json":
        load_yaml(path, file)


def load_schema(path: Path) -> dict:
    """A schema file with every ``$ref`` to a file beside it put in its place."""
    return _resolve(yaml.safe_load(path.read_text(encoding="utf-8")), path.parent)


def _resolve(node, folder: Path):
    if isinstance(node, list):
        return [_resolve(item, folder) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _resolve(value, folder) for key, value in node.items()}
    if "$ref" in node:
        node = {**load_schema(folder / node.pop("$ref")), **node}
    return node


def validated(values: Mapping, schema: dict, file: str) -> dict:
    """``values`` with defaults filled in; raises CrosslensError naming ``file``, the key and the nearest valid key."""
    error = best_match(Validator(schema).iter_errors(values))
    if error is not None:
        raise CrosslensError(f"{file}: {_explain(error)}")
    return _with_defaults(values, schema)


def _explain(error: ValidationError) -> str:
    where = ".".join(map(str, error.absolute_path))
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"key '{where + '.' if where else ''}{missing}' is required and missing"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = [key for key in error.instance if key not in known]
        keys = [f"{where}.{key}" if where else key for key in unknown]
        return f"unknown key '{keys[0]}'{_suggestion(unknown[0], known)}"
    if "propertyNames" in error.absolute_schema_path:
        return f"the name {error.message}"
    described = error.schema.get("description") if isinstance(error.schema, dict) else None
    return f"key '{where}': {error.message}" + (f" ({described.strip()})" if described else "")


def _suggestion(name: str, known: Collection[str]) -> str:
    nearest = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.4)
    return f"; did you mean '{nearest[0]}'?" if nearest else f"; known are {', '.join(sorted(known))}."


def _with_defaults(values, schema: dict):
    if not isinstance(values, Mapping):
        return values
    schema = {**schema, **_branch(values, schema)}
    properties = schema.get("properties", {})
    filled = {key: sub["default"] for key, sub in properties.items() if "default" in sub} | dict(values)
    other = schema.get("additionalProperties")
    fallback = other if isinstance(other, dict) else {}
    return {key: _with_defaults(value, properties.get(key, fallback)) for key, value in filled.items()}


def _branch(values: Mapping, schema: dict) -> dict:
    """The alternative of ``oneOf`` whose required keys the values have."""
    fits = (sub for sub in schema.get("oneOf", []) if sub.get("required") and set(sub["required"]) <= set(values))
    return next(fits, {})


def selected(names: Sequence[str], catalogue: Collection[str], key: str, file: str, of: str = "config") -> list[str]:
    """The names; raises CrosslensError for one that is not in the catalogue. ``of`` is what the key is a key of."""
    for name in names:
        if name not in catalogue:
            raise CrosslensError(f"{of} key '{key}': '{name}' is not in {file}{_suggestion(name, catalogue)}")
    return list(names)


def layer_grid(n_layers: int, every: int) -> list[int]:
    """Every ``every``-th layer, ending at the last: L, L - every, ..., ascending."""
    return list(range(n_layers, 0, -every))[::-1]


def steering_conditions(entries: Sequence[Mapping], model: str, grid: Sequence[int]) -> list[list[int | float]]:
    """All pairs [layer, gamma] that the entries ask of ``model``, sorted, each once.

    Raises CrosslensError for a layer that is not on the model's grid.
    """
    pairs = set()
    for entry in entries:
        if model not in entry.get("models", [model]):
            continue
        layers = grid if entry["layers"] == "grid" else entry["layers"]
        for layer in layers:
            if layer not in grid:
                raise CrosslensError(
                    f"config key 'steering.conditions': layer {layer} is not on the grid of {model} "
                    f"({', '.join(map(str, grid))}); change it, or layers.every."
                )
            pairs |= {(layer, float(gamma)) for gamma in entry["gammas"]}
    return [list(pair) for pair in sorted(pairs)]


def frame(catalogue: Mapping[str, Mapping], choice: str, language: str) -> dict[str, str]:
    """The texts around a question in ``language``, from config/instructions.yaml.

    ``choice`` is prompt.instruction_language: the tag of one language for all, or "native" for each its own. Raises
    CrosslensError where the catalogue lacks the language.
    """
    tag = language if choice == "native" else choice
    if tag not in catalogue:
        raise CrosslensError(
            f"config key 'prompt.instruction_language': config/instructions.yaml has no instructions in '{tag}', only "
            f"in {', '.join(catalogue)}. Add them there, leave the language out, or name one of these."
        )
    return dict(catalogue[tag])


def dataset_languages(
    name: str, dataset: Mapping, selection: str | Sequence[str], pivot: str, known: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Tags of the selected languages that the data set has, the pivot first.

    known: config/languages.tsv. Raises CrosslensError for an unknown tag, a pivot that the data set lacks, or a
    selection of which it has none.
    """
    has = dataset["languages"]
    if has == "all":
        has = [tag for tag, row in known.items() if row[dataset["codes"]]]
    selected(has, known, f"{name}.languages", "config/languages.tsv", of="config/datasets.yaml")
    chosen = has if selection == "all" else selected(selection, known, "languages", "config/languages.tsv")
    if pivot not in has:
        raise CrosslensError(
            f"config key 'pivot': data set '{name}' has no questions in '{pivot}'{_suggestion(pivot, has)}"
        )
    present = [tag for tag in chosen if tag in has and tag != pivot]
    if not present:
        raise CrosslensError(
            f"config key 'languages': data set '{name}' has none of {', '.join(chosen)} besides the pivot "
            f"'{pivot}'; it has {', '.join(has)}."
        )
    return [pivot, *present]


def used_somewhere(selection: str | Sequence[str], by_dataset: Mapping[str, Collection[str]]) -> None:
    """Raise CrosslensError for a selected language that is in none of the data sets' languages."""
    for tag in () if selection == "all" else selection:
        if not any(tag in tags for tags in by_dataset.values()):
            raise CrosslensError(
                f"config key 'languages': none of the data sets {', '.join(by_dataset)} has questions in '{tag}'. "
                "Leave it out, or select a data set that has it."
            )


def enough_states(stored: int, needed: Mapping[str, int]) -> None:
    """Raise CrosslensError where a key of the config needs the states of more questions than are ``stored``."""
    for key, n in needed.items():
        if n > stored:
            raise CrosslensError(
                f"config key '{key}': it needs the states of {n} questions, and 'states.questions' stores {stored}. "
                "Raise that, or lower this."
            )


def on_some_grid(chosen: str | Sequence[int], grids: Collection[Sequence[int]]) -> None:
    """Raise CrosslensError for a layer of correlations.layers that is on none of the models' grids."""
    for layer in () if chosen == "all" else chosen:
        if not any(layer in grid for grid in grids):
            raise CrosslensError(
                f"config key 'correlations.layers': layer {layer} is on the grid of no model of this run. Leave it out."
            )
