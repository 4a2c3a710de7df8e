"""The version of a run's results: which files a run has, their columns, and what makes them rerun.

A release that changes fingerprints would silently run everything again, GPU jobs included. Instead, a folder of results
records its version, and a run into a folder of another version is an error.
"""

from pathlib import Path

from crosslens.errors import CrosslensError

RESULTS = 4
FILE = "version.txt"
# Folders that every run has early; without them there is nothing to run again.
EARLY = ("questions", "demo_data", "hidden_states", "inference")


def record(folder: str | Path) -> None:
    """Write the version into a run's folder, which need not exist."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, FILE).write_text(f"{RESULTS}\n", encoding="utf-8")


def check(folder: str | Path) -> None:
    """Raise CrosslensError if a run's folder holds results of another version; those before 2 have no record."""
    folder = Path(folder)
    if not any((folder / name).exists() for name in EARLY):
        return
    file = folder / FILE
    found = file.read_text(encoding="utf-8").strip() if file.is_file() else "1"
    if found != str(RESULTS):
        raise CrosslensError(
            f"{folder}: these results are of version {found}, but this crosslens makes version {RESULTS}, so "
            "everything would run again. Choose another name for `run` in the config, or move or delete the folder. "
            "CHANGELOG.md says what changed."
        )
