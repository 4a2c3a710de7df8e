"""Decide which prompts share a row: neighbours with long common beginnings, as long as a longer row pays.

A prompt that joins a row saves the tokens that it has in common with its neighbour, but attention costs more the longer
a row is. `packing` lays the rows out.
"""

from collections.abc import Sequence

from crosslens.engine.packing import Prompt, Row, common_length, pack


def rows(prompts: Sequence[Prompt], crossover: int, longest: int) -> list[Row]:
    """Return the packed rows of all prompts; every prompt is in one row.

    Prompts are taken in the order of their tokens, so that questions of one passage are neighbours. One joins the row
    before it if that costs less than a row of its own. crossover: the number of tokens in a row at which attention
    costs as much as everything else. longest: no row of several prompts has more tokens than this.
    """
    groups: list[list[Prompt]] = []
    length, before = 0, ()
    for prompt in sorted(prompts, key=lambda prompt: prompt.tokens):
        beginning, own = prompt.tokens[:-1], len(pack([prompt]))
        joined = length + own - common_length(before, beginning)
        if groups and joined <= longest and _cost(joined, crossover) < _cost(length, crossover) + _cost(own, crossover):
            groups[-1].append(prompt)
            length = joined
        else:
            groups.append([prompt])
            length = own
        before = beginning
    return [pack(group) for group in groups]


def _cost(length: int, crossover: int) -> float:
    """Return the cost of a row, in the cost of a token without attention."""
    return length * (1 + length / crossover)
