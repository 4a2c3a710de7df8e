"""Data sets of full size in exactly the hub's shapes: random words in each language's script, the same keys in all.

A few defects are planted, so that the audit has something to find. Meant for benchmarks; tests write a few rows only.
"""

import random
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

from crosslens.experiment import languages as language_table
from hub_files import (
    belebele_row,
    english_hellaswag_row,
    hellaswag_row,
    mmlu_row,
    mmmlu_row,
    write_csv,
    write_jsonl,
    write_parquet,
)

SHAPES = {"belebele": "belebele", "mmmlu": "mmmlu", "mhellaswag": "hellaswag", "mhellaswag-okapi11": "hellaswag"}
ROWS = {"belebele": 900, "mmmlu": 14042, "hellaswag": 10042}
TRANSLATED = {"hellaswag": 9400}  # rows of a translation, if it has fewer than the English
# First and last code point of each script's letters; other characters in between are left out.
SCRIPTS = {
    "Arab": (0x627, 0x64A),
    "Armn": (0x561, 0x586),
    "Beng": (0x985, 0x9B9),
    "Cyrl": (0x430, 0x44F),
    "Deva": (0x905, 0x939),
    "Ethi": (0x1200, 0x1246),
    "Geor": (0x10D0, 0x10F0),
    "Grek": (0x3B1, 0x3C9),
    "Gujr": (0xA85, 0xAB9),
    "Guru": (0xA05, 0xA39),
    "Hang": (0xAC00, 0xAE00),
    "Hans": (0x4E00, 0x5200),
    "Hant": (0x4E00, 0x5200),
    "Hebr": (0x5D0, 0x5EA),
    "Jpan": (0x3042, 0x3093),
    "Khmr": (0x1780, 0x17A2),
    "Knda": (0xC85, 0xCB9),
    "Laoo": (0xE81, 0xEAE),
    "Latn": (0x61, 0x7A),
    "Mlym": (0xD05, 0xD39),
    "Mymr": (0x1000, 0x1021),
    "Orya": (0xB05, 0xB39),
    "Sinh": (0xD85, 0xDC6),
    "Taml": (0xB85, 0xBB9),
    "Telu": (0xC05, 0xC39),
    "Thai": (0xE01, 0xE2E),
    "Tibt": (0xF40, 0xF6C),
}
WORDS = {"passage": 79, "question": 13, "answer": 4, "stem": 30, "option": 12, "context": 40, "ending": 20}
DEFECTS = 0.001  # share of a translation's rows with another key, and share with an empty choice


def letters(script: str) -> str:
    """Return the letters of a script."""
    first, last = SCRIPTS[script]
    return "".join(chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code)).startswith("L"))


def write_data_set(
    folder: Path, name: str, entry: Mapping, languages: Mapping, tags: list[str], rows: int | None = None
) -> None:
    """Write the raw files of the data set ``name`` in languages ``tags`` to ``folder``, at the paths of its ``entry``.

    rows: the number of rows of the English file, by default the real one.
    """
    shape = SHAPES[name]
    n = rows or ROWS[shape]
    for tag in tags:
        file = folder / language_table.raw_file(languages, tag, name, entry)
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, shape, languages[tag]["script"], tag, n)


def _write(file: Path, shape: str, script: str, tag: str, n: int) -> None:
    pick = random.Random(tag)
    alphabet = letters(script)
    vocabulary = ["".join(pick.choices(alphabet, k=pick.randint(2, 9))) for _ in range(2000)]

    def text(kind: str) -> str:
        return " ".join(pick.choices(vocabulary, k=max(1, round(pick.gauss(WORDS[kind], WORDS[kind] / 4)))))

    data = MAKERS[shape, tag == "en"](n, text)
    if tag != "en":
        _plant_defects(data, shape, pick)
        kept = round(n * TRANSLATED.get(shape, ROWS[shape]) / ROWS[shape])
        data = sorted(pick.sample(data, kept), key=lambda row: row.get("ind", 0)) if kept < n else data
        data = KNOWN_DEFECTS.get((shape, tag), list)(data)
    {".jsonl": write_jsonl, ".csv": write_csv, ".parquet": write_parquet}[file.suffix](file, data)


def _belebele(n: int, text: Callable[[str], str]) -> list[dict]:
    passages = [text("passage") for _ in range(n // 2 + 1)]
    return [
        belebele_row(i, flores_passage=passages[i // 2], question=text("question"))
        | {f"mc_answer{choice}": text("answer") for choice in range(1, 5)}
        for i in range(n)
    ]


def _subject(i: int, n: int) -> str:
    """Return the subject of row ``i`` of ``n``: up to 57 subjects, one after the other."""
    return f"subject_{i * min(57, n // 30) // n:02}"


def _mmlu(n: int, text: Callable[[str], str]) -> list[dict]:
    return [
        mmlu_row(i, question=text("stem"), choices=[text("option") for _ in range(4)], subject=_subject(i, n))
        for i in range(n)
    ]


def _mmmlu(n: int, text: Callable[[str], str]) -> list[dict]:
    return [
        mmmlu_row(i, Question=text("stem"), Subject=_subject(i, n), **{choice: text("option") for choice in "ABCD"})
        for i in range(n)
    ]


def _hellaswag(row: Callable[..., dict]) -> Callable[[int, Callable[[str], str]], list[dict]]:
    """Return a maker of rows of the shape that ``row`` makes."""
    return lambda n, text: [row(i, ctx=text("context"), endings=[text("ending") for _ in range(4)]) for i in range(n)]


# (shape, whether the file is the English one, which may have another shape): a maker of rows.
MAKERS = {
    ("belebele", False): _belebele,
    ("belebele", True): _belebele,
    ("mmmlu", False): _mmmlu,
    ("mmmlu", True): _mmlu,
    ("hellaswag", False): _hellaswag(hellaswag_row),
    ("hellaswag", True): _hellaswag(english_hellaswag_row),
}


def _swapped(rows: list[dict]) -> list[dict]:
    """Return MMMLU's rows with one subject in reverse order, as high_school_world_history is in zh and ko."""
    subjects = [row["Subject"] for row in rows]
    first, n = subjects.index("subject_05"), subjects.count("subject_05")
    return [*rows[:first], *rows[first : first + n][::-1], *rows[first + n :]]


def _named_as_files(rows: list[dict]) -> list[dict]:
    """Return MMMLU's rows with the names of files as two subjects, as in sw and yo."""
    names = {
        f"subject_{i:02}": f"subject_{i:02}_test{ending}" for i, ending in enumerate([".csv_sw-KE.csv", "-sw-KE.csv"])
    }
    return [row | {"Subject": names.get(row["Subject"], row["Subject"])} for row in rows]


def _repeated(rows: list[dict]) -> list[dict]:
    """Return m_hellaswag's rows with one of them twice."""
    return [*rows[:3], rows[2], *rows[3:]]


# Defects of single languages on the hub.
KNOWN_DEFECTS: dict[tuple[str, str], Callable[[list[dict]], list[dict]]] = {
    ("mmmlu", "zh"): _swapped,
    ("mmmlu", "ko"): _swapped,
    ("mmmlu", "sw"): _named_as_files,
    ("mmmlu", "yo"): _named_as_files,
    ("hellaswag", "hi"): _repeated,
}


def _plant_defects(rows: list[dict], shape: str, pick: random.Random) -> None:
    key, other_keys = {
        "belebele": ("correct_answer_num", "1234"),
        "mmmlu": ("Answer", "ABCD"),
        "hellaswag": ("label", "0123"),
    }[shape]
    for row in pick.sample(rows, round(DEFECTS * len(rows))):
        row[key] = pick.choice(other_keys.replace(str(row[key]), ""))
    for row in pick.sample(rows, round(DEFECTS * len(rows))):
        if shape == "hellaswag":
            row["endings"] = ["", *row["endings"][1:]]
        else:
            row["mc_answer1" if shape == "belebele" else "A"] = ""
