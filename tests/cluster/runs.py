"""A small project for the cluster tests: the real Snakefile and profile, two tiny random models, three languages.

The models are random and the questions meaningless, but every rule of the workflow runs. What is tried here is how it
is run, not what it finds.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import hub_files
import pyarrow as pa
import tiny_models
import tiny_questions
import yaml
from readings import DATASETS
from slurm import wait_for
from workflow_runs import copy_project

HERE = Path(__file__).parent
PROGRAM = [sys.executable, "-P", str(HERE / "impatient.py")]
CODES = {"en": "eng_Latn", "de": "deu_Latn", "es": "spa_Latn"}
LANGUAGES = list(CODES)
MODELS = {"tiny-qwen2": "a100", "tiny-gemma2": "h100"}
CONFIG = {
    "run": "small",
    "models": list(MODELS),
    "datasets": ["tiny"],
    "languages": LANGUAGES,
    "layers": {"every": 4},
    "states": {"questions": 20},
    "steering": {"questions": 8, "conditions": [{"layers": "grid", "gammas": [-2, 2]}]},
    "pca": {"questions": 8},
    "intervals": {"bootstrap": 20},
    "figures": {"pca": {"datasets": "all"}},
}
# As on a head node with more cores than a submission may take.
SLURM = ["--profile", "profiles/slurm", "--configfile", "small.yaml", "--cores", "16"]
SLURM += ["--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "10"]
LOCAL = ["--cores", "2", "--configfile", "small.yaml", "--retries", "2"]


def make_project(folder: Path) -> Path:
    """A copy of the project with the tiny models and questions in its catalogues."""
    copy_project(folder)
    models = {
        name: _make_model(folder / "models" / name, name.removeprefix("tiny-"), gpu) for name, gpu in MODELS.items()
    }
    _extend(folder / "config/models.yaml", models)
    _extend(folder / "config/datasets.yaml", {"tiny": _make_questions(folder / "data")})
    (folder / "small.yaml").write_text(yaml.safe_dump(CONFIG))
    return folder


def _make_model(folder: Path, kind: str, gpu: str) -> dict:
    model = {"qwen2": tiny_models.qwen2, "gemma2": tiny_models.gemma2}[kind]()
    model.config.max_position_embeddings = 256  # Belebele's prompts are longer than those of the engine's tests
    model.save_pretrained(folder)
    tiny_questions.tokenizer().save_pretrained(folder)
    source = {"path": str(folder.relative_to(folder.parent.parent))}
    return {"title": kind, "source": source, "layers": 4, "parameters": 0.001, "dtype": "float32", "gpu": gpu}


def _make_questions(folder: Path) -> dict:
    folder.mkdir()
    for number, code in enumerate(CODES.values()):
        texts = tiny_questions.questions(40, seed=number).to_pylist()
        rows = []
        for n, text in enumerate(texts):
            answers = {f"mc_answer{i}": f"{choice} {i}" for i, choice in enumerate(text["choices"], start=1)}
            passage, question = text["prompt"].split(".")[0], f"the {tiny_questions.WORDS[n % 15]} is"
            rows.append(hub_files.belebele_row(n, flores_passage=passage, question=question, **answers))
        hub_files.write_jsonl(folder / f"{code}.jsonl", rows)
    typical = {"questions": 40, "prompt_tokens": 20, "answer_tokens": 3}
    files = {"translations": "{code}.jsonl"}
    shape = {"read": DATASETS["belebele"]["read"], "codes": "belebele", "languages": LANGUAGES, "licence": "CC0-1.0"}
    return {"title": "Tiny", "source": {"path": folder.name}, "files": files, "typical": typical, **shape}


def _extend(file: Path, entries: dict) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "\n" + yaml.safe_dump(entries), encoding="utf-8")


def environment(folder: Path, faults: dict[str, list[str]] | None = None) -> dict[str, str]:
    """Environment variables of a run whose writes are watched (see inject/sitecustomize.py)."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE / "inject"),
        "CROSSLENS_LEDGER": str(folder / "ledger"),
        "CROSSLENS_FAULTS": json.dumps(faults or {}),
        "OMP_NUM_THREADS": "1",
    }


def start(
    folder: Path,
    *arguments: str,
    faults: dict[str, list[str]] | None = None,
    program: Sequence[str] = PROGRAM,
    **more: str,
) -> subprocess.Popen:
    """`snakemake` in the background, in a process group of its own; what it prints is added to output.txt."""
    with open(folder / "output.txt", "a", encoding="utf-8") as output:
        return subprocess.Popen(
            [*program, *arguments],
            cwd=folder,
            env=environment(folder, faults) | more,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def finish(process: subprocess.Popen, seconds: float = 900) -> int:
    """Exit status of a run that is waited for; one that takes too long is killed with all that it started."""
    try:
        return process.wait(seconds)
    finally:
        end(process)


def end(process: subprocess.Popen) -> None:
    """Kill a run that is still there, with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def printed(folder: Path) -> str:
    """What the runs printed so far."""
    return (folder / "output.txt").read_text(encoding="utf-8")


def inference(model: str, language: str, table: str = "answers") -> str:
    return f"results/small/inference/{model}/tiny/{language}/{table}.arrow"


def tables(*jobs: tuple[str, str]) -> list[str]:
    """What the inference jobs write."""
    return [inference(*job, table) for job in jobs for table in ("answers", "lens", "steered", "permuted")]


def vectors(model: str, *languages: str) -> list[str]:
    return [f"results/small/steering_vectors/{model}/tiny/{language}.arrow" for language in languages]


def release(folder: Path) -> None:
    """Let jobs go on that wait because of a fault "wait"."""
    Path(f"{folder}/ledger.released").touch()


def mark(folder: Path, path: str, number: int = 0) -> Path:
    """The file that is there once a path's fault has begun; it holds the number of the SLURM job that it hit."""
    return Path(f"{folder}/ledger.{path.replace('/', '_')}.{number}")


def wait_for_fault(folder: Path, path: str, number: int = 0, seconds: float = 300) -> str:
    """Wait until it has begun; the number of the SLURM job that it hit."""
    wait_for(lambda: mark(folder, path, number).exists(), f"{path}, see {folder}/output.txt", seconds)
    return mark(folder, path, number).read_text()


def ledger(folder: Path) -> list[dict]:
    """Every finished write, in order: path, SLURM job, partition, node, visible GPUs."""
    file = folder / "ledger"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def written(folder: Path) -> dict[str, int]:
    """Table -> how often it was written."""
    paths = [line["path"] for line in ledger(folder)]
    return {path: paths.count(path) for path in paths}


def differing(folder: Path, reference: Path, paths: list[str]) -> list[str]:
    """Those of the tables whose rows differ; metadata (versions, times) is not compared."""

    def rows(path: Path) -> pa.Table:
        return pa.ipc.open_file(path).read_all().replace_schema_metadata(None)

    return [path for path in paths if not rows(folder / path).equals(rows(reference / path))]
