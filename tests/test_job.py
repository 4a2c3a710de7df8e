"""A job's log holds everything it prints; a user's mistake ends the job without a stack trace."""

import os
import subprocess
import sys

import pytest
from crosslens import errors

SCRIPTS = os.path.dirname(os.path.dirname(errors.__file__))
BEGIN = f"""
import os, sys
sys.path.insert(0, {SCRIPTS!r})
from crosslens import job
from crosslens.errors import CrosslensError
job.begin(sys.argv[1])
"""


def run_job(log, code):
    ended = subprocess.run([sys.executable, "-c", BEGIN + code, log], capture_output=True, text=True, env={})
    assert ended.stdout == ended.stderr == "", "nothing is printed outside the log"
    return ended.returncode, log.read_text()


def test_python_and_other_programs_print_to_the_log_in_order(tmp_path):
    code = "print('one'); os.system('echo two; echo three >&2')\n"
    code += "print('four', file=sys.stderr); os.write(1, b'five\\n')"
    assert run_job(tmp_path / "new" / "folder" / "job.log", code) == (0, "one\ntwo\nthree\nfour\nfive\n")


def test_the_log_of_an_earlier_attempt_is_replaced(tmp_path):
    (tmp_path / "job.log").write_text("the first attempt's long message")
    assert run_job(tmp_path / "job.log", "print('again')") == (0, "again\n")


@pytest.mark.parametrize("kind", ["CrosslensError", "type('Special', (CrosslensError,), {})"])
def test_a_users_mistake_is_one_line(tmp_path, kind):
    assert run_job(tmp_path / "job.log", f"raise {kind}('a.csv: no column')") == (1, "error: a.csv: no column\n")


def test_any_other_error_keeps_its_stack_trace(tmp_path):
    code, log = run_job(tmp_path / "job.log", "def broken():\n    return 1 / 0\nbroken()")
    assert code == 1 and "Traceback" in log and "in broken" in log and "ZeroDivisionError" in log
