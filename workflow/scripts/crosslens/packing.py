"""Lays a prompt, its answers and its steering copies out in one row of tokens: one forward pass serves them all.

    [ p_0 .. p_{T-2} | p_{T-1} | answer trie, depth-first | copies of p_{T-1}, one a condition ]

The row is a tree: every answer continues the prompt, answers share their common beginnings, and a steering copy is a
sibling of the last prompt token. In depth-first order a subtree is contiguous, so one number a token says who may see
it:

    token q may attend to token k  <=>  k <= q < end[k]

Knows nothing of models, masks or texts: token ids in, indices out. `attention` turns ``end`` into masks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Tokens = Sequence[int]

# Every later token of the row may see the shared prompt; larger than any row.
FOREVER = 1 << 30


@dataclass(frozen=True)
class Row:
    """One prompt's tokens in packed order. All indices count within the row.

    tokens: token ids. positions: depth in the tree, which is what rotary embeddings need. ends: see the module. last:
    index of the last prompt token. paths: for every answer, for every token of it, the index whose state predicts it.
    answers: the answers' token ids. copies: indices of the steering copies, one a condition.
    """

    tokens: list[int]
    positions: list[int]
    ends: list[int]
    last: int
    paths: list[list[int]]
    answers: list[list[int]]
    copies: range

    def __len__(self) -> int:
        return len(self.tokens)


def pack(prompt: Tokens, answers: Sequence[Tokens] = (), n_copies: int = 0) -> Row:
    """The row of one prompt.

    ``prompt`` and every answer have at least one token. An answer's last token is predicted but never an input, so a
    one-token answer costs nothing. Raises ValueError for an empty prompt or answer.
    """
    if not prompt or not all(answers):
        raise ValueError("a prompt or an answer has no tokens")
    last = len(prompt) - 1
    tokens, positions = list(prompt), list(range(len(prompt)))
    ends = [FOREVER] * len(prompt)
    index = _append_trie(_trie(answers), tokens, positions, ends, depth=len(prompt))
    index[()] = last
    # The copies stand in for the last prompt token, so they must not see it.
    ends[last] = len(tokens)
    copies = range(len(tokens), len(tokens) + n_copies)
    tokens += [prompt[-1]] * n_copies
    positions += [last] * n_copies
    ends += [copy + 1 for copy in copies]
    paths = [[index[tuple(answer[:n])] for n in range(len(answer))] for answer in answers]
    return Row(tokens, positions, ends, last, paths, [list(answer) for answer in answers], copies)


def _trie(answers: Sequence[Tokens]) -> dict:
    """Nested dictionaries token -> children, of all answers without their last tokens."""
    root: dict = {}
    for answer in answers:
        node = root
        for token in answer[:-1]:
            node = node.setdefault(token, {})
    return root


def _append_trie(root: dict, tokens: list, positions: list, ends: list, depth: int) -> dict[tuple[int, ...], int]:
    """Append the trie's tokens depth-first; return the index of every prefix."""
    index: dict[tuple[int, ...], int] = {}

    def visit(node: dict, prefix: tuple[int, ...]) -> None:
        for token, children in node.items():
            here = len(tokens)
            index[*prefix, token] = here
            tokens.append(token)
            positions.append(depth + len(prefix))
            ends.append(FOREVER)
            visit(children, (*prefix, token))
            ends[here] = len(tokens)

    visit(root, ())
    return index
