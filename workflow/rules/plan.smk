"""`snakemake plan`: what the run will take, before anything is submitted, and afterwards what it took.

In: nothing that would have to be made or fetched; it looks at the questions, tokenizers, results and benchmarks that are
there. Out: a table on the terminal, and the same with more columns in tables/plan.csv. It is made anew whenever it is
asked for.
"""

import time


localrules:
    plan,


rule plan:
    """Print questions, tokens, TFLOP, GPU-hours, disk and jobs per model and data set, with what is done beside."""
    output:
        out("tables/plan.csv"),
    log:
        out("logs/plan.log"),
    benchmark:
        out("benchmarks/plan.tsv")
    conda:
        "../../envs/model.yaml"
    params:
        runs=lambda w: [planned_run(model, dataset) for model, dataset in RUNS],
        asked=time.time(),  # another one each time: a changed parameter is a reason to run
        code=fingerprint("plan.py"),
    script:
        "../scripts/plan.py"
