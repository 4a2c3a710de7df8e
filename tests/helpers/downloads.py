"""Downloads in processes of their own, as the workflow's jobs run them: libraries read the environment on import."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from crosslens import errors

SCRIPTS = os.path.dirname(os.path.dirname(errors.__file__))
TOKEN = "hf_aSecretThatNobodyMayRead"
# Function: its module, and where it puts what it downloads.
TARGETS = {
    "fetch_model": ("download", "model"),
    "fetch_questions": ("download", "data/deu.jsonl"),
    "fetch_split": ("splits", "data/deu/test.parquet"),
}


def fetch(
    function: str, tmp_path: Path, endpoint: str, offline: str = "0", environment: dict | None = None, **settings
) -> tuple[int, str]:
    """Run a function that downloads as a job does, in the folder ``tmp_path``; return its exit status and its log."""
    module, target = TARGETS[function]
    code = f"""
import sys
sys.path.insert(0, {SCRIPTS!r})
from crosslens import job
job.begin({str(tmp_path / "job.log")!r})
from pathlib import Path
from crosslens.data import download
download.WAITS = (0.1, 0.2)
from crosslens.data.{module} import {function}
print("commit", {function}(Path({str(tmp_path / target)!r}), **{settings!r}))
"""
    hub_settings = {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_TOKEN": TOKEN,
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # `datasets` would count at another address
        "NO_PROXY": "127.0.0.1",
    }
    hub_settings["HF_HUB_OFFLINE"] = offline
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | hub_settings | (environment or {}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    log = (tmp_path / "job.log").read_text()
    assert done.stdout == done.stderr == ""
    assert TOKEN not in log
    assert "Traceback" not in log, log
    return done.returncode, log


def closed_port() -> str:
    """Return an address of this machine at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
