"""The bundle: a zip of a run's tables, plotted values, report and settings, described by RO-Crate metadata.

The metadata follow RO-Crate 1.1 with the profile Workflow Run Crate 0.5: the workflow, its run with settings, models
and data sets, and every file with size and checksum. The same files with the same times give the same bytes.
"""

import hashlib
import json
import mimetypes
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from crosslens.exports.vectors import written

VERSION, RUN_TERMS = "1.1", "https://w3id.org/ro/terms/workflow-run/context"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
WORKFLOW, LICENCE, PROVENANCE = "workflow/Snakefile", "LICENSE", "provenance.json"
PAPER = "https://arxiv.org/abs/2505.13141"
# Of files that the library mimetypes does not know.
KINDS = {".arrow": "application/vnd.apache.arrow.file", ".tex": "application/x-tex", ".yaml": "application/yaml"}
KINDS |= {".cff": "application/yaml", "": "text/plain"}
# The library also declares the profile of workflows in the entry of the metadata file.
OF_WORKFLOW = {"main": True, "lang": "snakemake"}
NOT_STATED = "Whoever publishes these results states their licence. The terms of the data sets and models apply."


def write_bundle(
    path: str | Path,
    results: Mapping[str, Path],
    project: Mapping[str, Path],
    settings: Mapping[str, str],
    provenance: Mapping,
    about: Mapping,
) -> None:
    """Write the bundle. Files are given by their names in it.

    results: files of the run. project: files of crosslens, among them `WORKFLOW` and `LICENCE`. settings: texts of
    files. provenance: goes into `PROVENANCE`. about: as of `origins.with_commits`. The bundle has the date of its
    newest result, since tables know no time.
    """
    date = datetime.fromtimestamp(max(file.stat().st_mtime for file in results.values()), UTC).replace(microsecond=0)
    texts = {PROVENANCE: json.dumps(provenance, indent=1, sort_keys=True, ensure_ascii=False) + "\n", **settings}
    contents = {name: file.read_bytes() for name, file in {**project, **results}.items()}
    contents |= {name: text.encode() for name, text in texts.items()}
    contents = dict(sorted(contents.items()))
    crate = described(contents, [*results, PROVENANCE], list(settings), about, date)
    ((metadata, content),) = crate.metadata.stream()
    written(path, lambda temporary: _zip(temporary, {metadata: content, **contents}, date))


def described(
    contents: Mapping[str, bytes], results: Sequence[str], settings: Sequence[str], about: Mapping, date: datetime
) -> ROCrate:
    """Return the metadata of the files, of the workflow, and of its run, which made ``results`` with ``settings``."""
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(RUN_TERMS)
    crate.name = f"crosslens, run {about['run']}"
    crate.description = (
        "In which language a multilingual language model thinks, and what steering its states changes: tables, plotted "
        "values, report and settings of a run of crosslens. Texts of questions are not in it, only ids and numbers."
    )
    crate.datePublished = date
    crate.license = _add(crate, "#licence-of-the-results", "CreativeWork", name="Not stated", description=NOT_STATED)
    crate.root_dataset["citation"] = _add(crate, PAPER, "ScholarlyArticle", name="The paper that crosslens reproduces")
    crate.root_dataset["conformsTo"] = [
        _add(crate, profile, "CreativeWork", name=name, version=profile.rsplit("/", 1)[1])
        for profile, name in PROFILES.items()
    ]
    for name, content in contents.items():
        properties = {"name": name, "encodingFormat": _kind(name), "contentSize": str(len(content))}
        properties["sha256"] = hashlib.sha256(content).hexdigest()
        add = crate.add_workflow if name == WORKFLOW else crate.add_file
        add(BytesIO(content), name, properties=properties, **(OF_WORKFLOW if name == WORKFLOW else {}))
    workflow = crate.get(WORKFLOW)
    workflow["name"], workflow["license"] = "crosslens", crate.get(LICENCE)
    workflow["programmingLanguage"]["version"] = about["snakemake"]
    used = [_used(crate, kind, name, entry) for kind in ("models", "datasets") for name, entry in about[kind].items()]
    given, made = ([crate.get(name) for name in names] for names in (settings, sorted(results)))
    run = {"name": f"Run {about['run']}", "endTime": date.isoformat()}
    crate.root_dataset["mentions"] = [crate.add_action(workflow, "#run", [*given, *used], made, run)]
    return crate


def _used(crate: ROCrate, kind: str, name: str, entry: Mapping) -> ContextEntity:
    """Add a model or data set, which is named and not part of the bundle."""
    what = {"models": "SoftwareApplication", "datasets": "Dataset"}[kind]
    said = {"name": entry["title"], "version": entry["revision"], "url": entry["url"], "license": entry["licence"]}
    said["description"] = f"{'Model' if kind == 'models' else 'Data set'} '{name}', from {entry['source']}"
    return _add(crate, f"#{kind}-{name}", what, **{key: value for key, value in said.items() if value})


def _add(crate: ROCrate, identifier: str, kind: str, **properties: str) -> ContextEntity:
    return crate.add(ContextEntity(crate, identifier, {"@type": kind, **properties}))


def _kind(name: str) -> str:
    suffix = Path(name).suffix
    return KINDS.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")


def _zip(path: Path, contents: Mapping[str, bytes], date: datetime) -> None:
    """Write the files with one date, so that the same files give the same bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, date.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
