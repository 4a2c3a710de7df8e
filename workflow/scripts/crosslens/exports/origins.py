"""Where a run's results come from: models, data sets and package versions, from the provenance of its tables."""

from collections.abc import Mapping, Sequence

from crosslens.report import methods_page


def collected(
    answers: Mapping[str, Sequence[Mapping]], questions: Mapping[str, Mapping], tables: Mapping[str, Mapping]
) -> dict:
    """Return the provenance in a bundle: package versions, what each model was computed with, sources, tables.

    answers: per model, the provenance of all its tables "answers". questions: per data set, that of its questions in
    one language. tables: that of the bundle's tables by their names.
    """
    sources = {name: written.get("sources", {}) for name, written in questions.items()}
    return {**methods_page.computed(answers), "sources": sources, "tables": tables}


def with_commits(about: Mapping, provenance: Mapping) -> dict:
    """Return ``about`` with the commits that were downloaded as revisions, where they are known.

    about: as of `experiment.exported.bundle`. provenance: as of `collected`, whose version of Snakemake is added.
    """
    commits = {
        "models": {name: computed.get("model_revision") for name, computed in provenance["computed"].items()},
        "datasets": {name: commit_of(sources) for name, sources in provenance["sources"].items()},
    }
    found = {
        kind: {name: {**entry, "revision": of_kind[name] or entry["revision"]} for name, entry in about[kind].items()}
        for kind, of_kind in commits.items()
    }
    return {**about, **found, "snakemake": provenance["versions"]["snakemake"]}


def model_facts(provenance: Mapping) -> dict:
    """Return what the provenance of a table that the model wrote says about it, and the version of the results."""
    facts = {name: provenance.get(name) for name in ("model_type", "model_revision", "dtype")}
    return {**facts, "crosslens": f"results of version {provenance['results_version']}"}


def commit_of(sources: Mapping[str, Mapping]) -> str | None:
    """Return the commit of a data set from the sources of its questions; None if they were not downloaded."""
    return sources.get("language", {}).get("commit")
