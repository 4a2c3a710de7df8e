"""`snakemake plan`: how much work the run is before anything is submitted, and afterwards how much it was.

In: nothing that would have to be made or fetched; it looks at existing questions, tokenizers, results and benchmarks.
Out: a table on the terminal, and with more columns in tables/plan.csv. It is made again whenever it is asked for.
"""

import time
from dataclasses import asdict


localrules:
    plan,


rule plan:
    """Print questions, tokens, TFLOP, GPU-hours, disk and jobs per model and data set, beside finished work."""
    output:
        out("tables/plan.csv"),
    log:
        out("logs/plan.log"),
    benchmark:
        out("benchmarks/plan.tsv")
    conda:
        "../../envs/model.yaml"
    params:
        evaluations=lambda w: [asdict(work.evaluation(EXPERIMENT, *names)) for names in EVALUATIONS],
        asked=time.time(),  # another value each time: a changed parameter is a reason to run
        code=fingerprint("plan.py"),
    script:
        "../scripts/plan.py"
