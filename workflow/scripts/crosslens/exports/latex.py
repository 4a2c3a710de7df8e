r"""The run's tables as LaTeX for a paper, with booktabs. `PRINTED` says how each table is printed.

Numbers are rounded as in the CSV. The preamble needs ``\usepackage{booktabs}``, and ``\usepackage{longtable}`` for
tables with a row per language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa

from crosslens.report.paper_tables import DIGITS, rounded
from crosslens.tables import findings, report
from crosslens.tables.columns import Table


@dataclass(frozen=True)
class Printed:
    """How a table is printed.

    columns: those that are shown, in this order; all if there are none. intervals: column -> prefix of the names of its
    bounds, ``{prefix}low`` and ``{prefix}high``, which are printed below it. stars: column -> column of its stars.
    widths: columns of long texts, with the width at which they are broken. long: whether it may go over several pages.
    """

    table: Table
    caption: str
    columns: tuple[str, ...] = ()
    intervals: Mapping[str, str] = field(default_factory=dict)
    stars: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, str] = field(default_factory=dict)
    long: bool = False


_WHERE = ("model", "dataset")
_TRANSFER = ("consistency", "consistency_excess", "positive_transfer", "positive_transfer_excess", "negative_transfer")
_LETTERS = ("n", "max_share", "letter_mass", "entropy", "ece", "accuracy", "calibration_gain", "self_consistency")
# Name of tables/{name}.arrow -> how it is printed.
PRINTED = {
    "accuracy": Printed(
        report.ACCURACY_TABLE,
        "Accuracy, consistency and transfer by language.",
        (*_WHERE, "language", "n", "accuracy", "consistency", "positive_transfer_to"),
        intervals={name: f"{name}_" for name in ("accuracy", "consistency", "positive_transfer_to")},
        long=True,
    ),
    "letters": Printed(
        report.LETTERS_TABLE,
        "Preferences for letters, calibration and self-consistency by language.",
        (*_WHERE, "language", *_LETTERS),
        intervals={name: f"{name}_" for name in ("calibration_gain", "self_consistency")},
        long=True,
    ),
    "table1": Printed(
        report.TABLE1,
        "Mean accuracy over languages (\\%), and mean consistency and transfer over ordered pairs of languages.",
        (*_WHERE, "accuracy_mean", *_TRANSFER),
        intervals={name: f"{name}_" for name in ("accuracy_mean", *_TRANSFER)},
    ),
    "table2": Printed(
        report.TABLE2,
        "Correlation over languages of the mean log ratio with accuracy, consistency and transfer; the same for the "
        "log ratio minus its shuffled-answer control, and given resource level and token fertility. Stars refer to the "
        "raw log ratio: *** $p < .001$, ** $p < .01$, * $p < .05$.",
        (*_WHERE, "outcome", "n_languages", "pearson_r", "p_value", "corrected_r", "corrected_p_value", "partial_r"),
        intervals={"pearson_r": "", "corrected_r": "corrected_"},
        stars={"pearson_r": "stars"},
    ),
    "claims": Printed(
        findings.CLAIMS,
        "Verdicts on the paper's claims. A claim with several parts has the numbers of the part that decides it.",
        ("claim", "statement", "models", "dataset", "estimate", "unit", "p_holm", "verdict"),
        intervals={"estimate": ""},
        widths={"statement": "0.3\\linewidth"},
        long=True,
    ),
    "table3": Printed(report.TABLE3, "Prompt templates.", widths={"template": "0.75\\linewidth"}),
    "audit": Printed(
        report.AUDIT_TABLE,
        "Questions about which the audit has a finding.",
        ("dataset", "language", "meaning", "questions", "left_out"),
        widths={"meaning": "0.45\\linewidth"},
        long=True,
    ),
}
# What LaTeX reads as commands, what its old fonts show as another character, and what they lack.
_NAMES = {
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
}
_SYMBOLS = {"-": "−", "\\geq": "≥", "\\leq": "≤", "\\times": "×", "\\pm": "±", "\\rightarrow": "→"}
_SYMBOLS |= {"\\gamma": "γ", "\\delta": "δ", "\\theta": "θ", "\\kappa": "κ", "\\rho": "ρ", "\\varepsilon": "ε"}
_ESCAPED = {character: f"\\{character}" for character in "&%$#_{}"} | {"\n": "\\newline "}
_ESCAPED |= {character: f"\\{name}{{}}" for name, character in _NAMES.items()}
_ESCAPED |= {character: f"${name}$" for name, character in _SYMBOLS.items()}
_SMALL = "\\footnotesize\n\\setlength{\\tabcolsep}{2pt}\n"


def latex(data: pa.Table, name: str, titles: Mapping[str, Mapping[str, str]], level: float) -> str:
    """Return the table ``name`` of `PRINTED` as LaTeX, with the label ``tab:{name}``.

    titles: column -> value -> what is printed instead, such as the titles of models. level: of intervals, in (0, 1).
    """
    return printed(data, PRINTED[name], f"tab:{name}", titles, level)


def printed(
    data: pa.Table, how: Printed, label: str, titles: Mapping[str, Mapping[str, str]] | None = None, level: float = 0.95
) -> str:
    """Return any table as LaTeX. Text is escaped; an undefined value is a dash; see `latex`."""
    rows, columns = rounded(data).to_pylist(), how.columns or tuple(data.column_names)
    cells = [[_cell(row, name, how, (titles or {}).get(name, {})) for name in columns] for row in rows]
    formats = {name: _format(data.schema.field(name).type, how.widths.get(name)) for name in columns}
    frame = pd.DataFrame(cells, columns=[_heading(name, formats[name]) for name in columns], dtype=object)
    caption = how.caption + (f" In brackets: {100 * level:g}\\,\\% intervals." if how.intervals else "")
    text = frame.style.hide(axis="index").to_latex(
        column_format="@{}" + "".join(formats.values()) + "@{}",
        hrules=True,
        caption=caption,
        label=label,
        environment="longtable" if how.long else "table",
        position=None if how.long else "tbp",
        position_float=None if how.long else "centering",
    )
    # A float begins with the size of the text, so its own has to be set inside.
    return f"{{{_SMALL}{text}}}\n" if how.long else text.replace("\\centering\n", f"\\centering\n{_SMALL}", 1)


def escaped(text: str) -> str:
    """Return ``text`` so that LaTeX prints it as it is; scripts that its fonts lack need XeLaTeX or LuaLaTeX."""
    return "".join(_ESCAPED.get(character, character) for character in text)


def _heading(name: str, form: str) -> str:
    """Return a column's heading; above numbers, with a line per word."""
    words = [escaped(word) for word in name.split("_")]
    return _stacked(words, "b") if form == "r" else " ".join(words)


def _cell(row: Mapping, name: str, how: Printed, titles: Mapping[str, str]) -> str:
    value = row[name]
    if isinstance(value, str):
        return escaped(titles.get(value, value))
    stars = escaped(row[how.stars[name]]) if name in how.stars else ""
    shown = _number(value) + (f"$^{{{stars}}}$" if stars else "")
    if name not in how.intervals:
        return shown
    low, high = (row[f"{how.intervals[name]}{end}"] for end in ("low", "high"))
    bounds = [] if low is None or high is None else [f"{{\\scriptsize [{_number(low)}, {_number(high)}]}}"]
    return _stacked([shown, *bounds], "t")


def _stacked(lines: Sequence[str], place: str) -> str:
    """Return lines of a cell, one below the other; ``place`` says which is on the row's line: t, the first, or b."""
    if len(lines) == 1:
        return lines[0]
    return f"\\begin{{tabular}}[{place}]{{@{{}}r@{{}}}}" + "\\\\".join(lines) + "\\end{tabular}"


def _number(value: float | int | None) -> str:
    """Return a number with a true minus sign; a dash if there is none."""
    if value is None:
        return "--"
    text = f"{abs(value):.{DIGITS}f}" if isinstance(value, float) else str(abs(value))
    return f"$-${text}" if value < 0 else text


def _format(kind: pa.DataType, width: str | None) -> str:
    """Return the format of a column: texts to the left or broken at a width, numbers to the right."""
    return f"p{{{width}}}" if width else "l" if pa.types.is_string(kind) else "r"
