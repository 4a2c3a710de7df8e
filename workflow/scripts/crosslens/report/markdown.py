"""Pages of docs/ as parts of the report."""

from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token


def part(path: str | Path, level: int) -> str:
    """Return the page at ``path`` as HTML without its title; its second headings become those of ``level``.

    Links to other pages of the repository are kept as words: the report travels without them.
    """
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(Path(path).read_text(encoding="utf-8"))
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]  # opening, text and closing
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + level - 2)}"
        token.children = _without_relative_links(token.children) if token.children else token.children
    return parser.renderer.render(tokens, parser.options, {})


def _without_relative_links(tokens: list[Token]) -> list[Token]:
    kept, inside = [], []
    for token in tokens:
        if token.type == "link_open":
            inside.append(str(token.attrs["href"]).startswith("http"))
        if token.type not in ("link_open", "link_close") or inside[-1]:
            kept.append(token)
        if token.type == "link_close":
            inside.pop()
    return kept
