"""The paper's figures: one module per figure, of the same name, with two functions.

``data(tables..., settings...)`` takes metrics tables by the name of their schema and returns exactly what is plotted;
``draw(table, labels...)`` draws that and nothing else. What they share is in `style` (the look), `average` (means over
languages), `lines` (panels by layer), `points` (one point per language) and `selection` (what the config picks).

A figure module is imported only when it is drawn, so that none pays for another's libraries.
"""

from importlib import import_module
from types import ModuleType

from crosslens import schemas
from crosslens.figures.plotted import FIGURES

schemas.TABLES |= {f"figure_{name}": columns for name, columns in FIGURES.items()}


def module(name: str) -> ModuleType:
    """The module of figure ``name``, with its functions `data` and `draw`."""
    return import_module(f"{__name__}.{name}")
