"""Decide which prompts share a row: neighbours with long common beginnings, as long as a longer row pays.

A prompt that joins a row saves the tokens that it has in common with its neighbour, but attention costs more the longer
a row is. `packing` lays the rows out.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from crosslens.engine.packing import Prompt, Row, common_length, pack

# Tokens in a row, per d_model, at which attention costs about as much as everything else. A layer takes 24 d^2
# operations per token, and 4 d per token and token that it attends to; a dense mask and a softmax make the latter about
# twice as dear. If blocks of the mask are skipped, a longer row costs hardly more per token: the value for these is the
# fastest of 3, 30, 120 and 400 on a CPU.
CROSSOVER_PER_WIDTH, IN_BLOCKS = 3, 120


def crossover_of(d_model: int, in_blocks: bool = False) -> int:
    """Return the number of tokens in a row at which attention costs about as much as everything else.

    in_blocks: whether attention skips blocks of the mask (see `blocked`).
    """
    return (IN_BLOCKS if in_blocks else CROSSOVER_PER_WIDTH) * d_model


def rows(prompts: Sequence[Prompt], crossover: int, longest: int) -> list[Row]:
    """Return the packed rows of all prompts; every prompt is in one row.

    Prompts are taken in the order of their tokens, so that questions of one passage are neighbours. crossover, longest:
    as in `joins`.
    """
    ordered = sorted(prompts, key=lambda prompt: prompt.tokens)
    beginnings = [prompt.tokens[:-1] for prompt in ordered]
    common = [common_length(before, beginning) for before, beginning in pairwise([(), *beginnings])]
    alone = [pack([prompt]) for prompt in ordered]
    groups: list[list[Row]] = []
    for row, joined in zip(alone, joins([len(row) for row in alone], common, crossover, longest), strict=True):
        if not joined:
            groups.append([])
        groups[-1].append(row)
    return [group[0] if len(group) == 1 else pack([row.prompts[0] for row in group]) for group in groups]


def joins(
    alone: Sequence[float | int], common: Sequence[float | int], crossover: int, longest: float | int = math.inf
) -> list[bool]:
    """Return, per prompt, whether it joins the row of the prompt before it: if that costs less than a row of its own.

    alone: tokens of a row with this prompt only. common: tokens that it begins with and the prompt before it too.
    crossover: as in `crossover_of`. longest: no row of several prompts has more tokens than this.
    """
    decisions, length = [], 0.0
    for own, shared in zip(alone, common, strict=True):
        together = length + own - shared
        apart = _cost(length, crossover) + _cost(own, crossover)
        decisions.append(length > 0 and together <= longest and _cost(together, crossover) < apart)
        length = together if decisions[-1] else own
    return decisions


def _cost(length: float | int, crossover: int) -> float:
    """Return the cost of a row, in the cost of a token without attention."""
    return length * (1 + length / crossover)
