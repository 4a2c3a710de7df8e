"""crosslens: cross-lingual evaluation of decoder-only language models, as plain functions.

Nothing here imports Snakemake. The workflow's scripts read tables, call one function of this package and write tables.
"""
