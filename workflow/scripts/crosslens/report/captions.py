"""Captions: the texts of workflow/report, which Snakemake's report shows too, as HTML for our own page."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import jinja2
from docutils.core import publish_parts


def caption(path: str | Path, config: Mapping, facts: Mapping, settings: Mapping) -> str:
    """Return the caption at ``path`` as HTML, with the values of the run.

    Jinja fills in what Snakemake gives its captions: the config, and the ``facts`` and ``settings`` of the rule that
    makes the figure or table. Raises jinja2.UndefinedError for a value that is missing, and docutils' SystemMessage for
    text that is not valid reStructuredText.
    """
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    params = SimpleNamespace(facts=facts, settings=settings)
    snakemake = SimpleNamespace(params=params, config=config)
    text = environment.from_string(Path(path).read_text(encoding="utf-8")).render(snakemake=snakemake)
    strict = {"halt_level": 2, "file_insertion_enabled": False, "raw_enabled": False}
    return publish_parts(text, writer="html5", settings_overrides=strict)["fragment"]
