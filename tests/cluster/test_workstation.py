"""One machine with several GPUs, without a scheduler: as many jobs of a model at once, each seeing a GPU of its own."""

import runs


def test_two_gpus_are_two_jobs_at_once_each_with_its_own(started):
    folder = started["workstation"].result()
    begun = (folder / "begun.txt").read_text()
    assert begun.count("on GPU 0 of 0, 1") == begun.count("on GPU 1 of 0, 1") == 1, begun
    seen = [line["CUDA_VISIBLE_DEVICES"] for line in runs.ledger(folder) if line["path"].endswith("answers.arrow")]
    assert len(seen) == 3
    assert set(seen) == {"0", "1"}
