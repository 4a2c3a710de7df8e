"""Results of another version are an error, not a silent rerun of everything."""

import pytest
from crosslens import version
from crosslens.errors import CrosslensError


def test_a_folder_without_results_may_be_used(tmp_path):
    version.check(tmp_path / "absent")
    (tmp_path / "tables").mkdir()
    version.check(tmp_path)


@pytest.mark.parametrize("recorded", [None, "1\n", "99\n"])
def test_results_of_another_version_are_an_error_with_a_remedy(tmp_path, recorded):
    (tmp_path / "questions").mkdir()
    if recorded:
        (tmp_path / version.FILE).write_text(recorded)
    with pytest.raises(CrosslensError, match="Choose another name for `run` in the config, or move or delete"):
        version.check(tmp_path)


def test_a_run_that_recorded_its_version_goes_on(tmp_path):
    version.record(tmp_path / "run")
    (tmp_path / "run/inference").mkdir()
    version.check(tmp_path / "run")
