"""The report: a methods page with the config's values, and Snakemake's report on all figures and tables.

In: every table and figure, captions in workflow/report. Out: methods.html, report.html (one file, works off-line).
"""

DELIVERABLES = [
    *rules.accuracy_table.output,
    *rules.letters_table.output,
    *rules.table1.output,
    *(rules.table2.output if WITH_RATIO else []),
    *rules.table3.output,
    *rules.audit_table.output,
    *rules.claims.output,
    *[out(f"figures/{name}.{kind}") for name in DRAWN for kind in ("svg", "pdf", "png")],
    *[out(f"figures/data/{name}.arrow") for name in DRAWN],
    *[out(f"audit/{dataset}.arrow") for dataset in config["datasets"]],
    *[out(f"prompts/{dataset}.txt") for dataset in config["datasets"]],
    *[out(f"metrics/{m}/{d}/{name}.arrow") for m, d in EVALUATIONS for name in ("n_way", "accuracy_by_group")],
    *[
        out(f"metrics/{m}/{d}/{name}.arrow")
        for m, d in WITH_QUESTIONS
        for name in ("similarity_relation", "depth_replicates", "steering_replicates")
    ],
    out("methods.html"),
]


localrules:
    report,


rule methods:
    """Fill the methods page: what was run, with every value from the config and the versions that computed it."""
    input:
        table3=rules.table3.output.arrow,
        audits=[out(f"audit/{dataset}.arrow") for dataset in config["datasets"]],
        answers=[
            out(f"inference/{model}/{dataset}/{language}/answers.arrow")
            for model, dataset in EVALUATIONS
            for language in EXPERIMENT.languages(dataset)
        ],
    output:
        report(
            out("methods.html"),
            caption="../report/methods.rst",
            category="Methods",
            labels={"page": "Methods"},
        ),
    log:
        out("logs/methods.log"),
    benchmark:
        out("benchmarks/methods.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/report.yaml"
    params:
        run=description.methods(EXPERIMENT),
        panels=[{"dataset": dataset} for dataset in config["datasets"]],
        template=description.text_hash(EXPERIMENT.root, "methods.html"),
        code=fingerprint("methods.py"),
    script:
        "../scripts/methods.py"


rule report:
    """Write Snakemake's own report with every figure and table, its caption and how it was made."""
    input:
        DELIVERABLES,
    output:
        out("report.html"),
    log:
        out("logs/report.log"),
    benchmark:
        out("benchmarks/report.tsv")
    conda:
        "../../envs/report.yaml"
    params:
        config=config,
        captions=description.text_hash(EXPERIMENT.root, "*.rst"),
        code=fingerprint("report.py"),
    script:
        "../scripts/report.py"
