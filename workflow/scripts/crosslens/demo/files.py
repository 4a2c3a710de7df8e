"""Write the demo's data sets in the file formats of the real ones, so that the same readers serve both.

One function per shape, from a `rows.Row` to a row of the file: facebook/belebele; openai/MMMLU, with cais/mmlu for
English; alexandrainst/m_hellaswag, with Rowan/hellaswag for English.
"""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from string import ascii_uppercase

import pyarrow as pa
import pyarrow.parquet

from crosslens.demo.items import PER_PASSAGE, word
from crosslens.demo.rows import Row, planted_rows


def write_data_set(folder: str | Path, family: str, files: Mapping[str, str]) -> None:
    """Write the files of a family's data set, one per language: ``files`` maps a language to a path inside ``folder``.

    The suffix of a path decides which of the family's shapes the file has.
    """
    for language, file in files.items():
        path = Path(folder, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = SHAPES[family, path.suffix]
        rows = [shape(row, language, path.stem) for row in planted_rows(family, language)]
        WRITERS[path.suffix](path, rows)


def belebele(row: Row, language: str, name: str) -> dict:
    """Return a row of facebook/belebele: the key is text and counts from 1; a passage has two successive questions."""
    passage, number = divmod(row.place, PER_PASSAGE)
    return {
        "link": f"https://example.org/passages/{passage}",
        "question_number": number + 1,
        "flores_passage": row.wording.passage,
        "question": row.wording.question,
        **{f"mc_answer{n}": choice for n, choice in enumerate(row.wording.choices, start=1)},
        "correct_answer_num": str(row.key + 1),
        "dialect": name,
        "ds": "2025-05-20",
    }


def mmmlu(row: Row, language: str, name: str) -> dict:
    """Return a row of openai/MMMLU: its number within the subject comes first, in a column without a name."""
    return {
        "": row.place_in_subject,
        "Question": row.wording.question,
        **dict(zip(ascii_uppercase, row.wording.choices, strict=False)),
        "Answer": ascii_uppercase[row.key],
        "Subject": row.subject,
    }


def mmlu(row: Row, language: str, name: str) -> dict:
    """Return a row of cais/mmlu."""
    return {
        "question": row.wording.question,
        "subject": row.subject,
        "choices": list(row.wording.choices),
        "answer": row.key,
    }


def m_hellaswag(row: Row, language: str, name: str) -> dict:
    """Return a row of alexandrainst/m_hellaswag.

    Some labels begin with a space, and some endings are dictionaries of two languages.
    """
    endings = list(row.wording.choices)
    if not row.whole:
        english = word(row.item, "en").choices
        endings = [{language: text, "en": original} for text, original in zip(endings, english, strict=True)]
    label = f" {row.key}" if row.place % 10 == 0 else str(row.key)
    return {
        **hellaswag(row, language, name),
        "endings": endings,
        "label": label,
        "id": f"hellaswag/validation/{row.place}",
    }


def hellaswag(row: Row, language: str, name: str) -> dict:
    """Return a row of Rowan/hellaswag: a context from WikiHow has mark-up and no second part."""
    wikihow = bool(row.wording.heading)
    context = f"[header] {row.wording.heading} [title] {row.wording.question}" if wikihow else row.wording.question
    return {
        "ind": row.place,
        "activity_label": row.wording.heading or row.subject,
        "ctx_a": context if wikihow else "",
        "ctx_b": "" if wikihow else context,
        "ctx": context,
        "endings": list(row.wording.choices),
        "source_id": f"{'wikihow~' if wikihow else 'activitynet~v_'}{row.place}",
        "split": "val",
        "split_type": "indomain" if row.place % 2 else "zeroshot",
        "label": str(row.key),
    }


SHAPES: dict[tuple[str, str], Callable[[Row, str, str], dict]] = {
    ("belebele", ".jsonl"): belebele,
    ("mmmlu", ".csv"): mmmlu,
    ("mmmlu", ".parquet"): mmlu,
    ("hellaswag", ".jsonl"): m_hellaswag,
    ("hellaswag", ".parquet"): hellaswag,
}


def _write_jsonl(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _write_csv(path: Path, rows: list[dict]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(path: Path, rows: list[dict]) -> None:
    pa.parquet.write_table(pa.Table.from_pylist(rows), path)


WRITERS: dict[str, Callable[[Path, list[dict]], None]] = {
    ".jsonl": _write_jsonl,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
