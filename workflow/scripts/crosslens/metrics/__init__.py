"""Everything that is computed from a model's answers, lens and hidden states, on a CPU and without the model.

`stacking` brings languages into one array; `answers` holds the paper's accuracy, consistency and transfer, `intervals`
the uncertainty of single values, `resampling` and `means` that of means over languages. `compared` and `pairs` have
what exceeds chance, `letters` and `ceiling` what letters alone give. `question_means` averages over questions and
languages. `replicates` keeps what is resampled, `differences` makes intervals of paired differences from it. `states`
brings hidden states together; `cka`, `retrieval` and `language_probe` hold their measures, `jackknife` the uncertainty
of these. Of steering, `summed` has the measures, `letter_shift` the baseline, and `steering_gains`,
`steering_selection` and `steering_geometry` the tables. The other modules are named after their rules: `output`,
`groups` (with `n_way`), `latent` (with `log_ratios` and `latent_means`, all three in `latent_layer`), `latent_thirds`,
`steered`, `similarity`, `similarity_relation`, `pca`, `correlations` (with `partial` and `testing`). They take tables
and return the columns of a table; files are read and written by the scripts.
"""
