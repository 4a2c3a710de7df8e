"""Everything that is computed from a model's answers, lens and hidden states, on a CPU and without the model.

`stacking` brings languages into one array; `answers` holds the paper's accuracy, consistency and transfer, `intervals`
the uncertainty. `states` brings hidden states together; `cka`, `retrieval` and `language_probe` hold their measures,
`jackknife` the uncertainty of these. The other modules are named after their rules: `output`, `latent`, `steered`,
`similarity`, `similarity_relation`, `pca`, `correlations`. They take tables and return the columns of a table; files
are read and written by the scripts.
"""
