"""Everything that is computed from a model's answers, lens and hidden states, on a CPU and without the model.

`stacking` brings languages into one array; `answers` holds the paper's accuracy, consistency and transfer, `intervals`
the uncertainty; `question_means` averages over questions and languages with both. The other modules are named after
their rules: `output`, `latent` (with `log_ratios` and `latent_means`, all three in `latent_layer`), `steered`,
`similarity`, `pca`, `correlations` (with `partial` and `testing`). They take tables and return the columns of a table;
files are read and written by the scripts.
"""
