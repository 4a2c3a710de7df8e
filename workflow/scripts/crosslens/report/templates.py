"""Fills the templates of workflow/report: texts become HTML, and a value that is missing is an error."""

from collections.abc import Mapping
from pathlib import Path

import jinja2


def fill(template: str | Path, values: Mapping) -> str:
    """Return the HTML page that the Jinja template at ``template`` makes from ``values``.

    It may include templates of its folder and of the folder above. Raises jinja2.UndefinedError if one of them uses a
    value that is missing.
    """
    path = Path(template)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([path.parent, path.parent.parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(path.name).render(values)
