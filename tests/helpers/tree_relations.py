"""The oracle of packed rows: the full path from the prompt's first token to each token, spelled out."""

from crosslens.engine.packing import Row


def sequences(row: Row, prompt: list[int], continuations: list[list[int]]) -> list[tuple]:
    """Return, for every index of the row, the tokens that a plain forward would be given to reach it.

    The path of a steering copy ends in a mark of its own instead of the last prompt token, because the copy is neither
    that token nor another copy.
    """
    paths: dict[int, tuple] = {i: tuple(prompt[: i + 1]) for i in range(len(prompt))}
    for continuation, path in zip(continuations, row.paths, strict=True):
        for n, index in enumerate(path):
            assert paths.setdefault(index, (*prompt, *continuation[:n])) == (*prompt, *continuation[:n])
    paths |= {copy: (*prompt[:-1], f"copy {copy}") for copy in row.copies}
    return [paths[index] for index in range(len(row))]


def may_attend(query: tuple, key: tuple) -> bool:
    """Return whether a token may attend to another: it attends to itself and to what it continues."""
    return query[: len(key)] == key
