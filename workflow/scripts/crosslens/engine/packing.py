"""Lay out prompts, their continuations and their steering copies in one row of tokens, for one forward pass.

    [ common beginning | p_t .. p_{T-2} | p_{T-1} | trie of continuations | next prompt ... | copies of all p_{T-1} ]

The row is a tree: prompts share their common beginnings, every continuation follows its prompt, continuations share
theirs, and a steering copy is a sibling of its prompt's last token. That last token is never shared, not even by equal
prompts, because the copies must not see it. In depth-first order a subtree is contiguous, so two numbers per token, its
place in that order and the end of its subtree, say who may see it:

    token q may attend to token k  <=>  place[k] <= place[q] < end[k]

The row is in depth-first order but for the steering copies, which are at its end, in the order of the layers after
which they are steered. Until then a copy is what its prompt's last token is, so a pass can leave it out: the row grows.

Token ids in, indices out; models, masks and texts are not known here. `attention` turns places and ends into masks,
`sharing` decides which prompts share a row.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Tokens = Sequence[int]


@dataclass(frozen=True)
class Prompt:
    """What is read at a prompt: its token ids, the continuations that are scored, and the conditions it is steered by.

    tokens, continuations: token ids. conditions: one steering copy each, as indices into the caller's conditions.
    steered_after: per condition, the layer after which its copy is steered; if it is left out, copies are in the row
    from the beginning. index: the caller's number of the prompt. Raises ValueError if the prompt or a continuation is
    empty.
    """

    tokens: Tokens
    continuations: Sequence[Tokens] = ()
    conditions: Sequence[int] = ()
    index: int = 0
    steered_after: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if not self.tokens or not all(self.continuations):
            raise ValueError("a prompt or a continuation has no tokens")

    @property
    def depth(self) -> int:
        """Return the number of positions that the longest path takes: the last token of a continuation is no input."""
        return len(self.tokens) + max(map(len, self.continuations), default=1) - 1

    @property
    def joins_after(self) -> Sequence[int]:
        """Return, per condition, the layer after which its copy joins the row; 0: it is there from the beginning."""
        return [0] * len(self.conditions) if self.steered_after is None else self.steered_after


@dataclass(frozen=True)
class Branches:
    """Where one prompt's states are read, as indices within the row.

    last: the last prompt token. paths: [continuation][token], the index whose state predicts that token. queries: all
    indices on paths, ascending. copies: the steering copies, in the order of the prompt's conditions.
    """

    last: int
    paths: list[list[int]]
    queries: list[int]
    copies: Sequence[int]


@dataclass(frozen=True)
class Row:
    """Prompts in packed order. All indices are within the row.

    tokens: token ids. positions: depth in the tree, as rotary embeddings need it. places, ends: place of each token in
    depth-first order, and end of its subtree, as defined above. prompts, branches: what was packed and where it is, in
    the order given to `pack`. joins_after: the layers after which the last tokens of the row join it, ascending.
    """

    tokens: list[int]
    positions: list[int]
    places: Sequence[int]
    ends: list[int]
    prompts: Sequence[Prompt]
    branches: list[Branches]
    joins_after: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.tokens)

    def length_after(self, layer: int) -> int:
        """Return the number of tokens that are in the row after a layer; 0 stands for the embedding."""
        return len(self) - len(self.joins_after) + bisect_right(self.joins_after, layer)


def pack(prompts: Sequence[Prompt]) -> Row:
    """Return one row of all prompts.

    The last token of a continuation is predicted but never an input, so a continuation of one token adds nothing.
    """
    layout, branches = _Layout(), {}
    # Sorted, because in depth-first order neighbours share the longest beginnings, and a prefix comes first.
    order = sorted(range(len(prompts)), key=lambda i: prompts[i].tokens[:-1])
    path: list[int] = []  # indices of the beginning that the next prompt may continue
    before: Tokens = ()
    for i in order:
        beginning = prompts[i].tokens[:-1]
        shared = common_length(before, beginning)
        layout.close(path, shared)
        for token in beginning[shared:]:
            path.append(layout.append(token, len(path)))
        branches[i] = _append_branches(layout, prompts[i])
        before = beginning
    layout.close(path, 0)
    return _copies_last(layout, prompts, [branches[i] for i in range(len(prompts))])


def _copies_last(layout: "_Layout", prompts: Sequence[Prompt], branches: Sequence[Branches]) -> Row:
    """Return the row with its copies at the end, in the order of the layers after which they join it."""
    joining = sorted(
        (layer, place)
        for prompt, at in zip(prompts, branches, strict=True)
        for layer, place in zip(prompt.joins_after, at.copies, strict=True)
    )
    copies = [place for _, place in joining]
    places = [*sorted(set(range(len(layout))).difference(copies)), *copies]
    index = dict(zip(places, range(len(places)), strict=True))
    moved = [
        Branches(
            index[at.last],
            [[index[place] for place in path] for path in at.paths],
            [index[place] for place in at.queries],
            [index[place] for place in at.copies],
        )
        for at in branches
    ]
    columns = ([values[place] for place in places] for values in (layout.tokens, layout.positions, layout.ends))
    tokens, positions, ends = columns
    return Row(tokens, positions, places, ends, prompts, moved, [layer for layer, _ in joining])


def common_length(a: Tokens, b: Tokens) -> int:
    """Return how many tokens two sequences have in common at the beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))


@dataclass(slots=True)
class _Layout:
    """The row's lists as they grow."""

    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.tokens)

    def append(self, token: int, position: int) -> int:
        """Append a token that nothing continues yet, and return its index."""
        self.tokens.append(token)
        self.positions.append(position)
        self.ends.append(len(self.tokens))
        return len(self.tokens) - 1

    def close(self, path: list[int], depth: int) -> None:
        """End the subtrees of the path's tokens from ``depth`` on, and shorten the path."""
        for index in path[depth:]:
            self.ends[index] = len(self.tokens)
        del path[depth:]


def _append_branches(layout: _Layout, prompt: Prompt) -> Branches:
    """Append a prompt's last token, the trie of its continuations, and its steering copies."""
    position = len(prompt.tokens) - 1
    last = layout.append(prompt.tokens[-1], position)
    root = _trie(prompt.continuations)
    root.index = last
    _append_trie(layout, root, depth=len(prompt.tokens))
    # The copies stand in for the last prompt token, so they must not see it: its subtree ends before them.
    layout.ends[last] = first = len(layout)
    for _ in prompt.conditions:
        layout.append(prompt.tokens[-1], position)
    paths = [_path(root, continuation) for continuation in prompt.continuations]
    queries = sorted({index for path in paths for index in path})
    return Branches(last, paths, queries, range(first, len(layout)))


@dataclass(slots=True)
class _Node:
    """A common beginning of continuations: the index of its last token, and the beginnings one token longer."""

    children: dict[int, "_Node"] = field(default_factory=dict)
    index: int = -1


def _trie(continuations: Iterable[Tokens]) -> _Node:
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


def _append_trie(layout: _Layout, root: _Node, depth: int) -> None:
    """Append the trie's tokens depth-first, and note the index of every node.

    Not recursive, because a continuation may have more tokens than Python allows calls.
    """
    # A node is met twice: before its children (with its token), and after them (with None).
    stack = [(token, node, depth) for token, node in reversed(root.children.items())]
    while stack:
        token, node, position = stack.pop()
        if token is None:
            layout.ends[node.index] = len(layout)
            continue
        node.index = layout.append(token, position)
        stack.append((None, node, position))
        stack += [(child, below, position + 1) for child, below in reversed(node.children.items())]
