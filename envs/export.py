"""Writes the conda environments of the rules from the lock: each lists all that its direct packages need, pinned.

Run by `make envs` in the installed environment; a test compares the committed files with what this would write.
"""

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENVS = Path(__file__).parent
PYTHON = "3.11"
# what the modules of figures import
DRAWN = ["adjustText", "fonttools", "jaxtyping", "numpy", "pandas", "pyarrow", "scipy", "seaborn"]
DIRECT = {
    # rules that run a model
    "model": ["accelerate", "jaxtyping", "pyarrow", "torch", "tqdm", "transformers"],
    # rules that compute, tabulate and draw
    "analysis": ["adjustText", "fonttools", "jaxtyping", "pandas", "pyarrow", "PyYAML", "scipy", "seaborn"],
    # the rule that downloads data sets
    "fetch": ["datasets", "huggingface_hub", "pyarrow", "PyYAML"],
    # the rules that write the report, and call Snakemake for its own; its figures have the looks of the drawn ones
    "report": [
        *DRAWN,
        "docutils",
        "itables",
        "Jinja2",
        "jsonschema",
        "markdown-it-py",
        "pillow",
        "plotly",
        "snakemake",
    ],
    # the rules that export vectors, tables and the bundle
    "exports": ["gguf", "Jinja2", "jaxtyping", "pandas", "pyarrow", "PyYAML", "rocrate", "safetensors", "torch"]
    + ["transformers"],
}


def lock() -> dict[str, str]:
    """Canonical package name -> pinned requirement, from lock.txt."""
    lines = (ENVS / "lock.txt").read_text().splitlines()
    return {canonicalize_name(Requirement(line).name): line for line in lines if line and not line.startswith("#")}


def closure(direct: list[str]) -> list[str]:
    """The pinned requirements of the packages and of all that they need, sorted."""
    pins, found, queue = lock(), set(), [canonicalize_name(name) for name in direct]
    while queue:
        name = queue.pop()
        if name in pins and name not in found:
            found.add(name)
            needs = map(Requirement, metadata.requires(name) or [])
            queue += [canonicalize_name(n.name) for n in needs if n.marker is None or n.marker.evaluate({"extra": ""})]
    return sorted(pins[name] for name in found)


def environment(direct: list[str]) -> str:
    """A conda environment file: Python from conda, everything else from PyPI as in the lock."""
    pins = "\n".join(f"      - {pin}" for pin in closure(direct))
    return (
        "# Written by envs/export.py from envs/lock.txt.\n"
        f"channels:\n  - conda-forge\ndependencies:\n  - python={PYTHON}\n  - pip\n  - pip:\n{pins}\n"
    )


if __name__ == "__main__":
    for name, direct in DIRECT.items():
        (ENVS / f"{name}.yaml").write_text(environment(direct))
