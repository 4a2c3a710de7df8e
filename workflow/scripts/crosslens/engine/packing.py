"""Lay out a prompt, its continuations and its steering copies in one row of tokens: one forward pass serves them all.

    [ p_0 .. p_{T-2} | p_{T-1} | trie of continuations, depth-first | copies of p_{T-1}, one per condition ]

The row is a tree: every continuation follows the prompt, continuations share their common beginnings, and a steering
copy is a sibling of the last prompt token. In depth-first order a subtree is contiguous, so one number per token, the
end of its subtree, says who may see it:

    token q may attend to token k  <=>  k <= q < end[k]

Token ids in, indices out; models, masks and texts are not known here. `attention` turns ``end`` into masks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

Tokens = Sequence[int]

# End of the subtree of a token that every later token of its row may see; larger than any row.
FOREVER = 1 << 30


@dataclass(frozen=True)
class Row:
    """One prompt's tokens in packed order. All indices are within the row.

    tokens: token ids. positions: depth in the tree, as rotary embeddings need it. ends: end of each token's subtree, as
    defined above. last: index of the last prompt token. paths: [continuation][token], the index whose state predicts
    that token. continuations: [continuation][token], token ids. copies: indices of the steering copies, one per
    condition.
    """

    tokens: list[int]
    positions: list[int]
    ends: list[int]
    last: int
    paths: list[list[int]]
    continuations: list[list[int]]
    copies: range

    def __len__(self) -> int:
        return len(self.tokens)


def pack(prompt: Tokens, continuations: Sequence[Tokens] = (), n_copies: int = 0) -> Row:
    """Return the row of one prompt.

    The last token of a continuation is predicted but never an input, so a continuation of one token adds nothing to the
    row. Raises ValueError if the prompt or a continuation is empty.
    """
    if not prompt or not all(continuations):
        raise ValueError("a prompt or a continuation has no tokens")
    last = len(prompt) - 1
    tokens, positions = list(prompt), list(range(len(prompt)))
    ends = [FOREVER] * len(prompt)
    root = _trie(continuations)
    _append_trie(root, tokens, positions, ends, depth=len(prompt))
    root.index = last
    # The copies stand in for the last prompt token, so they must not see it: its subtree ends before them.
    ends[last] = len(tokens)
    copies = range(len(tokens), len(tokens) + n_copies)
    tokens += [prompt[-1]] * n_copies
    positions += [last] * n_copies
    ends += [copy + 1 for copy in copies]
    paths = [_path(root, continuation) for continuation in continuations]
    return Row(tokens, positions, ends, last, paths, [list(each) for each in continuations], copies)


@dataclass(slots=True)
class _Node:
    """A common beginning of continuations: the index of its last token, and the beginnings one token longer."""

    children: dict[int, "_Node"] = field(default_factory=dict)
    index: int = -1


def _trie(continuations: Sequence[Tokens]) -> _Node:
    """Return the root of the beginnings of all continuations, which leave out their last tokens."""
    root = _Node()
    for continuation in continuations:
        node = root
        for token in continuation[:-1]:
            node = node.children.setdefault(token, _Node())
    return root


def _path(root: _Node, continuation: Tokens) -> list[int]:
    """Return, per token of the continuation, the index of the beginning that it follows."""
    path, node = [root.index], root
    for token in continuation[:-1]:
        node = node.children[token]
        path.append(node.index)
    return path


def _append_trie(root: _Node, tokens: list, positions: list, ends: list, depth: int) -> None:
    """Append the trie's tokens depth-first, and note the index of every node.

    Not recursive, because a continuation may have more tokens than Python allows calls.
    """
    # A node is met twice: before its children (with its token), and after them (with None).
    stack = [(token, node, depth) for token, node in reversed(root.children.items())]
    while stack:
        token, node, position = stack.pop()
        if token is None:
            ends[node.index] = len(tokens)
            continue
        node.index = len(tokens)
        tokens.append(token)
        positions.append(position)
        ends.append(FOREVER)
        stack.append((None, node, position))
        stack += [(child, below, position + 1) for child, below in reversed(node.children.items())]
