"""One forward pass per question that gives letters, the logit lens of all choices and every steering condition.

A row's way through the room: `tokens` (texts to ids), `packing` (prompt, continuations and steering copies in one row),
`batches`, `attention` (the tree mask), `forward` (the pass, with `hooks`), `lens` (log-probabilities), `self_check`.
`fit` checks that the model can read the rows. `models` and `devices` load, `progress` reports; `hidden_states`,
`steering` and `inference` are what the rules call. `edits` makes the vectors of a job's conditions, `steered` collects
their letters.
"""
