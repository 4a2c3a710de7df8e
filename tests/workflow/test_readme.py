"""What the README shows of Python runs as it stands there."""

import os
import subprocess
import sys

from workflow_runs import ROOT

README = ROOT / "README.md"


def test_the_snippet_reads_a_table_of_the_demo_and_its_provenance(demo):
    (snippet,) = [block.split("```")[0] for block in README.read_text(encoding="utf-8").split("```python")[1:]]
    *statements, last = snippet.strip().splitlines()
    code = "\n".join([*statements, f"table, written_by = {last}", "print(len(table), written_by['rule'])"])
    environment = {**os.environ, "PYTHONPATH": "workflow/scripts"}
    done = subprocess.run([sys.executable, "-c", code], cwd=demo, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["6", "output_metrics"], done.stderr
