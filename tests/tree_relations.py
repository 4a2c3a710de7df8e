"""The oracle of packed rows: each token's full path from the prompt's first token, spelled out."""

from crosslens.packing import Row


def sequences(row: Row, prompt: list[int], answers: list[list[int]]) -> list[tuple]:
    """For every index of the row the tokens that a plain forward would be given to reach it.

    A steering copy ends in a mark of its own instead of the last prompt token, since it is neither that token nor
    another copy.
    """
    paths: dict[int, tuple] = {i: tuple(prompt[: i + 1]) for i in range(len(prompt))}
    for answer, path in zip(answers, row.paths, strict=True):
        for n, index in enumerate(path):
            assert paths.setdefault(index, (*prompt, *answer[:n])) == (*prompt, *answer[:n])
    paths |= {copy: (*prompt[:-1], f"copy {copy}") for copy in row.copies}
    return [paths[index] for index in range(len(row))]


def may_attend(query: tuple, key: tuple) -> bool:
    """A token attends to itself and to what it continues."""
    return query[: len(key)] == key
