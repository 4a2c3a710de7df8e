"""The oracle of packed rows: the full path from a prompt's first token to each token, spelled out."""

from crosslens.engine.packing import Row


def sequences(row: Row) -> list[tuple]:
    """Return, for every index of the row, the tokens that a plain forward would be given to reach it.

    A prompt's last token and its steering copies end in a mark of their own, because they are neither each other nor
    the last token of an equal prompt, and nothing of another prompt continues them.
    """
    paths: dict[int, tuple] = {}
    for i, (prompt, branches) in enumerate(zip(row.prompts, row.branches, strict=True)):
        own = (*prompt.tokens[:-1], f"last of prompt {i}")
        for continuation, path in zip(prompt.continuations, branches.paths, strict=True):
            for n, index in enumerate(path):
                assert paths.setdefault(index, (*own, *continuation[:n])) == (*own, *continuation[:n])
        paths[branches.last] = own
        paths |= {copy: (*prompt.tokens[:-1], f"copy {copy}") for copy in branches.copies}
    beginnings = {tuple(prompt.tokens[:n]) for prompt in row.prompts for n in range(1, len(prompt.tokens))}
    # What is left are the beginnings, which are sorted in depth-first order: a prefix comes before what continues it.
    left = [index for index in range(len(row)) if index not in paths]
    paths |= dict(zip(left, sorted(beginnings), strict=True))
    return [paths[index] for index in range(len(row))]


def may_attend(query: tuple, key: tuple) -> bool:
    """Return whether a token may attend to another: it attends to itself and to what it continues."""
    return query[: len(key)] == key
