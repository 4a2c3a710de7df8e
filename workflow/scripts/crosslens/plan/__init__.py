"""How much work a run is: one cost model for `snakemake plan` and for what jobs ask of a cluster.

`cost` is the arithmetic of one question, `workload` that of a model on a data set, `sizes` measures how long
questions are; `table` makes the plan and sets finished work beside it, `text` prints it, `job_limits` derives memory
and time limits.
"""
