"""Every token once: letters, the logit lens of all choices and every steering condition from shared forward passes.

What the rules call: `hidden_states`, `steering` and `inference`. Before the pass, `preparation` says what is scored and
steered at which prompt, with `tokens` (texts to ids) and `edits` (the vectors of the conditions); `fit` checks that the
model can read it. A row's way: `packing` (prompts, continuations and steering copies in one row), `sharing` (which
prompts share one), `batches`, `attention` (the tree mask), `forward` (the pass, with `hooks`), `lens`
(log-probabilities), `steered` (letters of the copies). `plain` reads rows one pass at a time for models that do not
allow packed ones, which `architecture` knows. `pipeline` runs the batches, `progress` reports, `self_check` compares
with the model itself. `models`, with `parts`, and `devices` load.
"""
