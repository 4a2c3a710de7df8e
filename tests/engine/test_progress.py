"""A job's log says how much work there is, how it progresses and how long it took."""

import re

import tiny_models
from crosslens.engine import models, progress
from crosslens.engine.packing import Prompt, pack


def test_every_prompt_is_run_and_the_log_says_padding_and_times(capsys):
    # With a branch and a copy: 6 and 11 tokens.
    rows = [pack([Prompt(list(range(3, 3 + n)), [[5, 6]], [0], i)]) for i, n in enumerate((4, 9, 9, 4))]
    decoder = models.dissect(tiny_models.qwen2())
    done = list(progress.run(decoder, rows, 22, lambda batch: len(batch.rows)))
    assert sorted(i for chosen, _ in done for i in chosen) == [0, 1, 2, 3]
    assert [result for _, result in done] == [2, 2]
    printed = capsys.readouterr()
    assert printed.out.startswith("4 prompts in 4 rows, 34 tokens, 0.0% padding\n")
    times = r"\nfirst batch \d\.\d s, the others \d\.\d s, in which the device waited \d\.\d\d s\n$"
    assert re.search(times, printed.out)
    assert "4/4" in printed.err and "prompt/s" in printed.err

    list(progress.run(decoder, rows, 44, lambda batch: None))
    assert capsys.readouterr().out.startswith("4 prompts in 4 rows, 34 tokens, 22.7% padding\n")

    assert not list(progress.run(decoder, [], 44, len)), "nothing to do is no error"
