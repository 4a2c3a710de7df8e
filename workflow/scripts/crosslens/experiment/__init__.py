"""The checked config with its catalogues, and everything that follows from them before any data is read.

`experiment` is the door: rules ask an `Experiment` for layers, conditions, languages and paths. `catalogues` validates
YAML against the closed schemas, `layers` resolves layer selections, `languages` reads languages.tsv, `sources` locates
models and raw files, `figure_picks` resolves what each figure shows. Runs whenever Snakemake parses the workflow, so it
imports nothing heavy.
"""
