"""Everything that is computed from a model's answers, lens and hidden states, on a CPU and without the model.

`stacking` brings languages into one array; `answers` holds the paper's accuracy, consistency and transfer, `intervals`
the uncertainty. The other modules are named after their rules: `output`, `latent`, `steered`, `similarity`, `pca`,
`correlations`. They take tables and return the columns of a table; files are read and written by the scripts.
"""
