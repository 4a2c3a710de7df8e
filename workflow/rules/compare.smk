"""`snakemake compare --config "runs=[first,second]"`: two finished runs side by side.

In: metrics of both runs as they are, and the metadata of their tables; they are no inputs, so that nothing of either run
is made again. Out: results/compare/{first}-{second}, and a printout on the terminal. It is made again whenever it is
asked for.
"""

import time

COMPARED = f"results/compare/{'-'.join(config['runs']) or 'nothing'}"


localrules:
    compare,


rule compare:
    """Compare two finished runs: paired differences of their key numbers, and the settings that differ."""
    output:
        differences=f"{COMPARED}/differences.arrow",
        differences_csv=f"{COMPARED}/differences.csv",
        settings=f"{COMPARED}/settings.arrow",
        settings_csv=f"{COMPARED}/settings.csv",
    log:
        f"{COMPARED}/compare.log",
    benchmark:
        f"{COMPARED}/compare.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=config["runs"],
        level=config["intervals"]["level"],
        asked=time.time(),  # another value each time: a changed parameter is a reason to run
        code=fingerprint("compare.py"),
    script:
        "../scripts/compare.py"
