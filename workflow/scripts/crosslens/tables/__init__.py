"""The workflow's Arrow tables: which columns they have, and how they are read and written.

`columns` is the vocabulary (`Column`, `Table`); `inference` declares the tables up to inference, `metrics` those
computed from them on a CPU; `files` is the only code that opens Arrow files, and it checks each of them; `gather` reads
many files of one table together. Runs no model and computes no metric.
"""
