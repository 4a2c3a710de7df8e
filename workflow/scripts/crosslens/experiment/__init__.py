"""The checked config with its catalogues, and everything that follows from them before any data is read.

`experiment` is the door: rules ask an `Experiment` for layers, conditions, languages and paths, `raw_files` for data
files and `work` for what jobs ask of a cluster. `catalogues` validates YAML against the closed schemas, `definitions`
merges entries of the user's own, completed by `model_config`; `layers` resolves selections of layers, `steering` makes
conditions, `languages` reads languages.tsv, `sources` checks files, `parallel` decides what can be computed of a data
set, `figure_picks` resolves what figures show. Runs whenever Snakemake parses the workflow, so it imports nothing
heavy.
"""
