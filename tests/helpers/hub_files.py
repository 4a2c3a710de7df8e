"""Small files in the shapes that the hub has, for tests of their readers."""

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def belebele_row(n: int, **changed) -> dict:
    """Return row ``n`` of facebook/belebele."""
    row = {
        "link": f"https://en.wikinews.org/wiki/{n // 2}",
        "question_number": 1 + n % 2,
        "flores_passage": f"Passage {n // 2}.",
        "question": f"Question {n}?",
        **{f"mc_answer{i}": f"answer {n}.{i}" for i in range(1, 5)},
        "correct_answer_num": str(1 + n % 4),
        "dialect": "eng_Latn",
        "ds": "2023-05-01",
    }
    return row | changed


def mmmlu_row(n: int, **changed) -> dict:
    """Return row ``n`` of openai/MMMLU."""
    choices = {letter: f"{letter.lower()} {n}" for letter in "ABCD"}
    subject = "anatomy" if n < 10 else "astronomy"
    return {"Question": f"Frage {n}?", **choices, "Answer": "ABCD"[n % 4], "Subject": subject} | changed


def mmlu_row(n: int, **changed) -> dict:
    """Return row ``n`` of cais/mmlu, in English."""
    subject = "anatomy" if n < 10 else "astronomy"
    choices = [f"{letter} {n}" for letter in "abcd"]
    return {"question": f"Question {n}?", "subject": subject, "choices": choices, "answer": n % 4} | changed


def hellaswag_row(n: int, **changed) -> dict:
    """Return row ``n`` of alexandrainst/m_hellaswag."""
    row = {
        "ind": n,
        "activity_label": "Dach decken",
        "ctx_a": f"Ein Mann {n}.",
        "ctx_b": "er",
        "ctx": f"Ein Mann {n}. er",
        "endings": [f"endet {n}.{i}." for i in range(4)],
        "split": "val",
        "split_type": "indomain",
        "source_id": "wikihow~10920",
        "label": str(n % 4),
        "id": f"hellaswag/validation/{n}",
    }
    return row | changed


def english_hellaswag_row(n: int, **changed) -> dict:
    """Return row ``n`` of Rowan/hellaswag, in English."""
    row = hellaswag_row(
        n, ctx=f"A man {n}. he", endings=[f"ends {n}.{i}." for i in range(4)], source_id=f"activitynet~{n}"
    )
    del row["id"]
    return row | changed


def write_jsonl(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def write_csv(path: Path, rows: list[dict], index_label: str | None = None) -> str:
    """Write a CSV in MMMLU's shape: the first column, named ``index_label`` or not at all, counts within a subject."""
    frame, seen = pd.DataFrame(rows), Counter()
    frame.index = [_next_in(seen, row.get("Subject")) for row in rows]
    frame.to_csv(path, index_label=index_label)
    return str(path)


def _next_in(seen: Counter, subject: str) -> int:
    subject = (subject or "").partition("_test")[0]
    seen[subject] += 1
    return seen[subject] - 1


def write_parquet(path: Path, rows: list[dict]) -> str:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)
