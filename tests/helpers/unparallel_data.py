"""Data sets of the user's own whose languages share questions and choices, questions alone, or nothing."""

import json
import random
from pathlib import Path

READ = {
    "id": "id",
    "question": "question",
    "choices": ["a", "b", "c", "d"],
    "answer": {"column": "answer", "as": "letter"},
}
WORDS = {
    "en": ["dog", "cat", "bird", "fish", "horse", "mouse"],
    "de": ["Hund", "Katze", "Vogel", "Fisch", "Pferd", "Maus"],
    "hi": ["कुत्ता", "बिल्ली", "पक्षी", "मछली", "घोड़ा", "चूहा"],
    "sw": ["mbwa", "paka", "ndege", "samaki", "farasi", "panya"],
}


def write(folder: Path, n: int = 24) -> dict[str, dict]:
    """Write three data sets to ``folder`` and return their entries, as in the config key `define`.

    same: ``n`` questions in English and German. permuted: such questions, whose choices are in another order in each
    language. own: questions of German, Hindi and Swahili themselves, under the same ids, n, n + 1 and n + 2 of them.
    """
    for i, tag in enumerate(("en", "de")):
        _write(folder / f"same/{tag}.jsonl", [_row(tag, number, f"{number}", order=0) for number in range(n)])
        _write(folder / f"permuted/{tag}.jsonl", [_row(tag, number, f"{number}", order=i) for number in range(n)])
    for i, tag in enumerate(("de", "hi", "sw")):
        _write(folder / f"own/{tag}.jsonl", [_row(tag, number, f"{number} {tag}", order=i) for number in range(n + i)])
    return {
        "same": _entry(folder / "same", ["en", "de"], "rows"),
        "permuted": _entry(folder / "permuted", ["en", "de"], "ids"),
        "own": _entry(folder / "own", ["de", "hi", "sw"], "none"),
    }


def _entry(folder: Path, languages: list[str], parallel: str) -> dict:
    files = {"translations": "{code}.jsonl"}
    return {
        "title": f"The {folder.name} set",
        "source": {"path": str(folder)},
        "files": files,
        "languages": languages,
        "parallel": parallel,
        "read": READ,
    }


def _row(tag: str, number: int, content: str, order: int) -> dict:
    """Return a question about four words, the same words for equal ``content``; the key is always the first of them."""
    chosen = random.Random(content).sample(range(len(WORDS[tag])), 4)
    places = random.Random(f"{number} {order}").sample(range(4), 4)
    choices = {"abcd"[place]: WORDS[tag][word] for place, word in zip(places, chosen, strict=True)}
    return {"id": number, "question": f"{content}: {WORDS[tag][chosen[0]]}?", **choices, "answer": "ABCD"[places[0]]}


def _write(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
