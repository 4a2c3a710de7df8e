"""Merge what an overlay defines (`define:`) into the catalogues, and fill in what a model's config.json tells."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from crosslens.errors import CrosslensError
from crosslens.experiment import model_config
from crosslens.experiment.languages import DESCRIPTION, Languages

DEFINED = "`define` of the config"  # where an entry of an overlay is, for error messages


def merged(catalogue: Mapping[str, Mapping], defined: Mapping[str, Mapping], kind: str) -> dict[str, Mapping]:
    """Return the catalogue config/{kind}.yaml with the entries that the config defines.

    Raises CrosslensError for a name that both have.
    """
    for name in defined:
        if name in catalogue:
            raise CrosslensError(
                f"config key 'define.{kind}.{name}': config/{kind}.yaml has an entry of this name. Choose another one, "
                "or leave the definition out and use the entry."
            )
    return {**catalogue, **defined}


def merged_languages(known: Languages, defined: Mapping[str, Mapping]) -> dict[str, Mapping[str, str]]:
    """Return config/languages.tsv with the rows that the config defines; ``codes`` holds cells of its code columns.

    Raises CrosslensError for a tag that both have, and for a code column that the file lacks.
    """
    rows, columns = dict(known), list(next(iter(known.values())))
    for tag, entry in defined.items():
        if tag in known:
            raise CrosslensError(
                f"config key 'define.languages.{tag}': config/languages.tsv has a row for this tag. Leave the "
                "definition out."
            )
        for column in entry["codes"]:
            if column not in columns or column in DESCRIPTION:
                raise CrosslensError(
                    f"config key 'define.languages.{tag}.codes': config/languages.tsv has no column of codes "
                    f"'{column}' (it has {', '.join(name for name in columns if name not in DESCRIPTION)})."
                )
        stated = {key: entry[key] for key in ("name", "script", "family", "resource")}
        rows[tag] = {**dict.fromkeys(columns, ""), "language": tag, **stated, **entry["codes"]}
    return rows


def complete_datasets(entries: Mapping[str, Mapping]) -> dict[str, dict]:
    """Return the entries of all data sets with their names as titles where they state none, and ``~`` replaced."""
    return {name: {"title": name, **at_home(entry)} for name, entry in entries.items()}


def complete_models(
    entries: Mapping[str, Mapping], selected: Collection[str], defined: Collection[str]
) -> dict[str, dict]:
    """Return the entries of all models; those that are ``selected`` with what their config.json tells.

    ``defined`` are the names that the config itself defines. Raises CrosslensError as `complete_model` does.
    """
    complete = {name: with_defaults(name, at_home(entry)) for name, entry in entries.items()}
    for name in selected:
        if name in entries:  # an unknown name is reported later, with the nearest one
            place = DEFINED if name in defined else "config/models.yaml"
            complete[name] = complete_model(name, at_home(entries[name]), place, Path(f"resources/models/{name}"))
    return complete


def at_home(entry: Mapping) -> dict:
    """Return an entry with ``~`` in the path of its own folder replaced by the user's home."""
    source = entry["source"]
    return (
        {**entry, "source": {**source, "path": os.path.expanduser(source["path"])}} if "path" in source else {**entry}
    )


def complete_model(name: str, entry: Mapping, place: str, fetched: Path) -> dict:
    """Return a selected model's entry with title, sizes and data type from its config.json where it states none.

    ``why_plain`` says why its rows are plain; it is None for packed ones, or as long as no file tells. The data type is
    taken from the file only if the entry does not state ``layers`` either. ``place`` is where the entry is,
    ``fetched`` the folder that a model of the hub is fetched to. Raises CrosslensError if the file shows that the model
    cannot be run, or not in the way that the entry wants, or if the number of layers is stated nowhere.
    """
    path = model_config.find(entry["source"], fetched)
    told, config = {}, {}
    if path is not None:
        config = model_config.read(path)
        model_config.check_supported(config, name, path)
        told = model_config.sizes(config, path.parent)
        _check_layers(name, entry, told, place, path)
    told["why_plain"] = model_config.why_plain(config, entry.get("forward", "auto"), f"{place} key '{name}.forward'")
    if "layers" in entry:
        told.pop("dtype", None)  # else fetching a model's config.json would change what a stated entry computes
    complete = with_defaults(name, {**told, **entry})
    if "layers" not in complete:
        raise CrosslensError(_unstated(name, entry, place, path))
    return complete


def with_defaults(name: str, entry: Mapping) -> dict:
    """Return a model's entry with what is assumed of a key that nothing states."""
    return {"title": name, "dtype": "bfloat16", "tied": True, "why_plain": None, **entry}


def _check_layers(name: str, entry: Mapping, told: Mapping, place: str, path: Path) -> None:
    if "layers" in entry and "layers" in told and entry["layers"] != told["layers"]:
        raise CrosslensError(
            f"{place} key '{name}.layers': it is {entry['layers']}, but the model in '{path.parent}' has "
            f"{told['layers']} layers. Correct the entry, or leave the key out."
        )


def _unstated(name: str, entry: Mapping, place: str, path: Path | None) -> str:
    problem = f"{place} key '{name}.layers' is missing"
    if path is not None:
        return f"{problem}, and {path} does not say how many layers the model has. Write it in the entry."
    if "hub" in entry["source"]:
        source = entry["source"]
        return (
            f"{problem}, and the model's config.json has not been downloaded. Run `hf download {source['hub']} "
            f"config.json --revision {source['revision']}` once, or write layers (and for the plan also parameters, "
            "d_model, vocabulary) in the entry."
        )
    return f"{problem}, and there is no config.json in '{entry['source'].get('path')}'. Write it in the entry."
