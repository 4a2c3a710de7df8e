"""What the numbers say: the paper's claims, or your own, as verdicts.

In: metrics/{model}/{dataset} of all models and data sets. Out: tables/{claims,claim_parts}, each as Arrow (full
precision) and CSV (rounded, in the report). Computes no metric.
"""

CLAIM_FILES = claim_inputs.files(EXPERIMENT)


rule claims:
    """Test every claim on every model, or on the sizes of every series, and say why the verdict is what it is."""
    input:
        list(CLAIM_FILES.values()),
    output:
        claims=out("tables/claims.arrow"),
        claim_parts=out("tables/claim_parts.arrow"),
        claims_csv=report(
            out("tables/claims.csv"),
            caption="../report/claims.rst",
            category="Tables",
            labels={"table": "Claims and verdicts", "in the paper": "-"},
        ),
        claim_parts_csv=report(
            out("tables/claim_parts.csv"),
            caption="../report/claim_parts.rst",
            category="Tables",
            labels={"table": "Parts of the claims", "in the paper": "-"},
        ),
    log:
        out("logs/claims.log"),
    benchmark:
        out("benchmarks/claims.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        tables=list(CLAIM_FILES),
        results=claim_inputs.facts(EXPERIMENT),
        facts=claim_inputs.caption_facts(EXPERIMENT),
        code=fingerprint("claims.py"),
    script:
        "../scripts/claims.py"
