"""Two runs side by side as text for the terminal."""

from collections.abc import Mapping, Sequence
from itertools import groupby

LONGEST = 44  # characters of a setting's value


def render(
    names: tuple[str, str],
    differences: Sequence[Mapping],
    settings: Sequence[Mapping],
    lacking: list[str],
    level: float,
) -> str:
    """Return the rows of tables "differences" and "settings" as text, and the sentences ``lacking``."""
    blocks = []
    for (model, dataset), rows in groupby(differences, lambda row: (row["model"], row["dataset"])):
        blocks.append(_block(f"{model} on {dataset}", names, list(rows), level))
    return "\n\n".join([*blocks, "\n".join(_settings(names, settings)), *(["\n".join(lacking)] if lacking else [])])


def _block(title: str, names: tuple[str, str], rows: Sequence[Mapping], level: float) -> str:
    head = ["", *names, "difference", f"{level:.0%} interval".replace("%", " %"), "p", "languages", "questions"]
    lines = [head] + [
        [
            row["measure"],
            _number(row["value_a"]),
            _number(row["value_b"]),
            _number(row["difference"], "+.3f"),
            "-" if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}",
            _number(row["p_value"]),
            str(row["n_languages"]),
            str(row["n_questions"]),
        ]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [_line(line, widths) for line in lines]
    remarks = [f"{row['measure']}: {row['remark']}." for row in rows if row["remark"]]
    return "\n".join([f"{title}, {_pairing(rows)}", *text, *remarks])


def _pairing(rows: Sequence[Mapping]) -> str:
    paired = {row["paired"] for row in rows}
    if paired == {True}:
        return "paired: the same draws of the same questions"
    if paired == {False}:
        return "not paired, because questions or draws differ: the standard errors of both runs are combined"
    unpaired = ", ".join(row["measure"] for row in rows if not row["paired"])
    return f"paired, except {unpaired}, whose questions or draws differ"


def _settings(names: tuple[str, str], settings: Sequence[Mapping]) -> list[str]:
    if not settings:
        return ["No setting differs."]
    lines = [["settings that differ", "", *names, "in"]]
    for row in settings:
        values = [_short(row[side]) for side in ("value_a", "value_b")]
        lines.append([row["rule"], row["key"].removeprefix("params."), *values, _short(row["where"])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line whose first cell is left-aligned, and all others right-aligned."""
    first, *others = (
        cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def _number(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else f"{value:{form}}"


def _short(value: str | None) -> str:
    if value is None:
        return "-"
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 3]}..."
