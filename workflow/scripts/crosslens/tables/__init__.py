"""The workflow's Arrow tables: which columns they have, and how they are read and written.

`columns` is the vocabulary (`Column`, `Table`); `inference` declares the tables up to inference; `output_metrics`,
`latent_metrics`, `steered_metrics` and `state_metrics` those computed from them on a CPU, with `metric_columns` in
common, `replicates` what their intervals are made from, `report` those of all models and data sets, `compare` those of
two runs; `metrics` finds all of these by name. `files` is the only code
that opens Arrow files, and it checks each of them; `gather` reads many files of one table together. Runs no model and
computes no metric.
"""
