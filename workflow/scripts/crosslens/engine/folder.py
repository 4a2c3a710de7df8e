"""A model's folder: whether its files are there, its JSON, and errors of the libraries that read it, in one line."""

import json
from collections.abc import Sequence
from pathlib import Path

from crosslens.errors import CrosslensError

# The files that a model's folder has.
PATTERNS = {"config.json": "config.json", "weights": "*.safetensors", "tokenizer": "tokenizer.json"}


def read_json(path: Path) -> dict:
    """Return what the file holds, or nothing if there is none. Raises CrosslensError for a damaged file."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise CrosslensError(f"{path}: is no JSON ({error}). Copy or download the file again.") from error


def check_folder(folder: Path, needed: Sequence[str] = tuple(PATTERNS)) -> None:
    """Raise CrosslensError, with the remedy, if a model's folder lacks one of the ``needed`` kinds of files."""
    for what in needed:
        pattern = PATTERNS[what]
        if not any(folder.glob(pattern)):
            raise CrosslensError(
                f"{folder}: no {what} ({pattern}) in the model's folder. A complete Hugging Face folder with "
                "safetensors weights is needed; check the model's entry in config/models.yaml."
                + _conversion(folder, what)
            )


def _conversion(folder: Path, what: str) -> str:
    """Return how to make the missing file out of one in an older format, or nothing if there is none."""
    if what == "tokenizer" and any(folder.glob("*.model")):
        make = f"AutoTokenizer.from_pretrained('{folder}').save_pretrained('{folder}')"
        return (
            " Its SentencePiece file (*.model) can be converted: pip install sentencepiece protobuf; "
            f'python -c "from transformers import AutoTokenizer; {make}"'
        )
    if what == "weights" and any(folder.glob("*.bin")):
        make = f"AutoModelForCausalLM.from_pretrained('{folder}', dtype='auto').save_pretrained('{folder}')"
        return (
            " Pickled weights (*.bin) may run code when they are read. If you trust them, convert them: "
            f'python -c "from transformers import AutoModelForCausalLM; {make}"'
        )
    return ""


def short(error: BaseException, longest: int = 300) -> str:
    """Return the type and the beginning of a message in one line, without a full stop at the end."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
    return text if len(text) <= longest else f"{text[:longest]} …"
