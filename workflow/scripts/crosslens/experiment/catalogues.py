"""Check the config and the catalogues against their closed schemas, and resolve selections of names into lists.

Errors name the key and the nearest valid one.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match

from crosslens.errors import CrosslensError
from crosslens.experiment.languages import tags
from crosslens.report.figures.catalogue import schema as figures_schema

# JSON takes 1.0 for an integer, but layers and questions are counted: only real integers will do.
_INTEGERS = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
Validator = validators.extend(Draft202012Validator, type_checker=_INTEGERS)


# A number such as 1e-3, which is text in YAML 1.1 unless it has both a point and a signed exponent.
SCIENTIFIC = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


class _UniqueKeys(yaml.SafeLoader):
    """Refuse a mapping that has a key twice; YAML would silently take the last."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"key '{key.value}' is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_yaml(path: Path, file: str) -> object:
    """Return what a YAML file holds. Raises CrosslensError, naming ``file`` and the line, for YAML with mistakes."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise CrosslensError(f"{file}: {' '.join(str(error).split())}") from None


def load_catalogue(root: Path, name: str) -> dict:
    """Return config/{name}.yaml with defaults filled in. Raises CrosslensError for a mistake in it."""
    file = f"config/{name}.yaml"
    return validated(load_yaml(root / file, file), load_schema(root / "workflow/schemas", name), file)


def check_unique_keys(path: Path, file: str) -> None:
    """Raise CrosslensError for a config file that has a key twice; Snakemake has silently taken the last by then.

    JSON files, which Snakemake reads too, may have a key twice. Files without keys are refused by Snakemake itself.
    """
    if path.suffix != ".json":
        load_yaml(path, file)


def load_schema(folder: Path, name: str) -> dict:
    """Return workflow/schemas/{name}.schema.yaml; the config's key `figures` comes from the catalogue of figures."""
    schema = yaml.safe_load((folder / f"{name}.schema.yaml").read_text(encoding="utf-8"))
    if name == "config":
        schema["properties"]["figures"] = figures_schema()
        definable = schema["properties"]["define"]["properties"]
        for kind in sorted(definable.keys() - {"languages"}):
            entries = load_schema(folder, kind)
            schema["$defs"] = {**schema.get("$defs", {}), **entries.pop("$defs", {})}  # `$ref` counts from the root
            definable[kind] = {**entries, **definable[kind], "required": []}
    return schema


def validated(values: Mapping, schema: dict, file: str) -> dict:
    """Return ``values`` with defaults filled in.

    Raises CrosslensError, naming ``file``, the key and the nearest valid key, for values that the schema refuses.
    """
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
    if isinstance(error.instance, bool) and error.absolute_path and error.absolute_path[0] == "languages":
        value = str(error.instance).lower()
        return f"key '{where}': YAML reads a bare no, off, yes or on as {value}; write the tag in quotes: \"no\""
    described = _description(error)
    return f"key '{where}': {error.message}{_as_number(error)}" + (f" ({described})" if described else "")


def _as_number(error: ValidationError) -> str:
    """Return how YAML 1.1 wants a number in scientific notation, if it took one for text where no text is allowed."""
    value = error.instance
    if error.validator == "pattern" or not isinstance(value, str) or not SCIENTIFIC.fullmatch(value.strip()):
        return ""
    mantissa, exponent = value.strip().lower().split("e")
    mantissa += "" if "." in mantissa else ".0"
    signed = exponent if exponent[0] in "+-" else f"+{exponent}"
    return f"; YAML reads it as text, write {mantissa}e{signed}"


def _description(error: ValidationError | None) -> str:
    """Return the description of the key at fault; an alternative of ``oneOf`` has none, so its parents are asked."""
    if error is None:
        return ""
    own = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    return own.strip() or _description(error.parent)


def dotted_keys(values: Mapping, prefix: str = "") -> frozenset[str]:
    """Return the dotted names of all keys of a config, at any depth."""
    keys = {f"{prefix}{key}" for key in values}
    for key, value in values.items():
        if isinstance(value, Mapping):
            keys |= dotted_keys(value, f"{prefix}{key}.")
    return frozenset(keys)


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
    """Return the alternative of ``oneOf`` whose required keys the values have."""
    fits = (sub for sub in schema.get("oneOf", []) if sub.get("required") and set(sub["required"]) <= set(values))
    return next(fits, {})


def check_selected(names: Iterable[str], catalogue: Collection[str], key: str, file: str, of: str = "config") -> None:
    """Raise CrosslensError, with the nearest name, for a name that is not in the catalogue ``file``.

    ``key`` is where the names were selected, a key of ``of``.
    """
    for name in names:
        if name not in catalogue:
            raise CrosslensError(f"{of} key '{key}': '{name}' is not in {file}{_suggestion(name, catalogue)}")


def frame(catalogue: Mapping[str, Mapping], choice: str, language: str) -> dict[str, str]:
    """Return the words around a question in ``language``, from config/instructions.yaml.

    ``choice`` is prompt.instruction_language: the tag of one language for all, or "native" for each language's own.
    Raises CrosslensError if the catalogue lacks the language.
    """
    tag = language if choice == "native" else choice
    if tag not in catalogue:
        raise CrosslensError(
            f"config key 'prompt.instruction_language': config/instructions.yaml has no instructions in '{tag}', only "
            f"in {', '.join(catalogue)}. Add them there, leave the language out, or name one of these."
        )
    return dict(catalogue[tag])


def dataset_languages(
    name: str,
    dataset: Mapping,
    selection: str | Sequence[str],
    pivot: str | None,
    known: Mapping[str, Mapping[str, str]],
) -> list[str]:
    """Return the tags of the selected languages that the data set has, the pivot first.

    pivot: None for a data set whose languages are not compared. known: config/languages.tsv. Raises CrosslensError for
    an unknown tag, a pivot that the data set lacks, or a selection of which it has none.
    """
    has = tags(known, dataset)
    check_selected(has, known, f"{name}.languages", "config/languages.tsv", of="config/datasets.yaml")
    chosen = has if selection == "all" else selection
    check_selected(chosen, known, "languages", "config/languages.tsv")
    if pivot is not None and pivot not in has:
        raise CrosslensError(
            f"config key 'pivot': data set '{name}' has no questions in '{pivot}'{_suggestion(pivot, has)}"
        )
    present = [tag for tag in chosen if tag in has and tag != pivot]
    if not present:
        besides = "" if pivot is None else f" besides the pivot '{pivot}'"
        raise CrosslensError(
            f"config key 'languages': data set '{name}' has none of {', '.join(chosen)}{besides}; it has "
            f"{', '.join(has)}."
        )
    return present if pivot is None else [pivot, *present]


def check_languages_used(selection: str | Sequence[str], by_dataset: Mapping[str, Collection[str]]) -> None:
    """Raise CrosslensError for a selected language that is in none of the data sets' languages."""
    for tag in () if selection == "all" else selection:
        if not any(tag in tags for tags in by_dataset.values()):
            raise CrosslensError(
                f"config key 'languages': none of the data sets {', '.join(by_dataset)} has questions in '{tag}'. "
                "Leave it out, or select a data set that has it."
            )
