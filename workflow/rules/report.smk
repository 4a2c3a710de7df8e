"""The report, which opens with the findings; the page on methods; and Snakemake's report on the workflow.

In: every table and figure, captions in workflow/report. Out: report.html, methods.html and workflow.html, each one file that
works off-line.
"""

AUDITS = [out(f"audit/{dataset}.arrow") for dataset in config["datasets"]]
ANSWERS = [
    out(f"inference/{model}/{dataset}/{language}/answers.arrow")
    for model, dataset in EVALUATIONS
    for language in EXPERIMENT.languages(dataset)
]

DELIVERABLES = [
    *rules.claims.output,
    *rules.accuracy_table.output,
    *rules.letters_table.output,
    *rules.table1.output,
    *(rules.table2.output if WITH_RATIO else []),
    *rules.table3.output,
    *rules.audit_table.output,
    *(rules.published_table.output if PUBLISHED else []),
    *[out(f"figures/{name}.{kind}") for name in DRAWN for kind in ("svg", "pdf", "png")],
    *[out(f"figures/data/{name}.arrow") for name in DRAWN],
    *AUDITS,
    *[out(f"prompts/{dataset}.txt") for dataset in config["datasets"]],
    *[
        out(f"metrics/{m}/{d}/{name}.arrow")
        for m, d in EVALUATIONS
        for name in ("n_way", "accuracy_by_group", "pairs_by_group")
    ],
    *[
        out(f"metrics/{m}/{d}/{name}.arrow")
        for m, d in WITH_QUESTIONS
        for name in ("similarity_relation", "depth_replicates", "steering_replicates")
    ],
    out("methods.html"),
]
# What captions are filled with besides the config: the facts and settings of the rules that make figures and tables.
CAPTIONED = {
    **{name: getattr(rules, f"figure_{name}").params for name in DRAWN},
    **dict.fromkeys(("claims", "claim_parts"), rules.claims.params),
    "accuracy": rules.accuracy_table.params,
    "letters": rules.letters_table.params,
    "table1": rules.table1.params,
    "table2": rules.table2.params,
    "table3": rules.table3.params,
    "audit": rules.audit_table.params,
    "published": rules.published_table.params,
}
CAPTIONED = {name: {key: given.get(key, {}) for key in ("facts", "settings")} for name, given in CAPTIONED.items()}
# Where steering can be compared with the pivot.
STEERED = [(m, d) for m, d in WITH_QUESTIONS if EXPERIMENT.conditions_on(m, d)]
TEXTS = ("workflow/report/*.rst", "workflow/report/methods_body.html", "workflow/report/page/*", "docs/departures.md")


localrules:
    report,
    workflow_report,


rule methods:
    """Fill the methods page: what was run, with every value from the config and the versions that computed it."""
    input:
        table3=rules.table3.output.arrow,
        audits=AUDITS,
        answers=ANSWERS,
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
        template=description.text_hash(EXPERIMENT.root, "workflow/report/methods*.html"),
        code=fingerprint("methods.py"),
    script:
        "../scripts/methods.py"


rule report:
    """Write the report: findings, then every figure and table with its caption, methods and a data dictionary."""
    input:
        claims=rules.claims.output.claims,
        claim_parts=rules.claims.output.claim_parts,
        table1=rules.table1.output.arrow,
        table2=rules.table2.output.arrow if WITH_RATIO else [],
        table3=rules.table3.output.arrow,
        published=rules.published_table.output.arrow if PUBLISHED else [],
        accuracy=rules.accuracy_table.output.arrow,
        letters=rules.letters_table.output.arrow,
        audit=rules.audit_table.output.arrow,
        audits=AUDITS,
        answers=ANSWERS,
        questions=[
            out(f"questions/{dataset}/{EXPERIMENT.languages(dataset)[0]}.arrow") for dataset in config["datasets"]
        ],
        ceiling=[out(f"metrics/{m}/{d}/ceiling_means.arrow") for m, d in EVALUATIONS],
        selected=[out(f"metrics/{m}/{d}/steering_selected.arrow") for m, d in STEERED],
        log_ratios=[
            out(f"metrics/{m}/{d}/log_ratio_means/layer_{description.middle_of_the_lens(EXPERIMENT, m)}.arrow")
            for m, d in WITH_RATIO
        ],
        figures=[out(f"figures/{name}.{kind}") for name in DRAWN for kind in ("svg", "png")],
        plotted=[out(f"figures/data/{name}.arrow") for name in DRAWN],
    output:
        out("report.html"),
    log:
        out("logs/report.log"),
    benchmark:
        out("benchmarks/report.tsv")
    conda:
        "../../envs/report.yaml"
    params:
        run=description.report(EXPERIMENT),
        panels={
            **dict.fromkeys(("audits", "questions"), [{"dataset": dataset} for dataset in config["datasets"]]),
            "ceiling": PANELS,
            "selected": [{"model": model, "dataset": dataset} for model, dataset in STEERED],
            "log_ratios": [{"model": model, "dataset": dataset} for model, dataset in WITH_RATIO],
        },
        titles={name: figure_picks.titles(EXPERIMENT, name) for name in DRAWN},
        captions=CAPTIONED,
        texts=description.text_hash(EXPERIMENT.root, *TEXTS),
        code=fingerprint("report.py"),
    script:
        "../scripts/report.py"


rule workflow_report:
    """Write Snakemake's own report with every figure and table, its caption and how it was made."""
    input:
        DELIVERABLES,
    output:
        out("workflow.html"),
    log:
        out("logs/workflow_report.log"),
    benchmark:
        out("benchmarks/workflow_report.tsv")
    conda:
        "../../envs/report.yaml"
    params:
        config=config,
        captions=description.text_hash(EXPERIMENT.root, "workflow/report/*.rst"),
        code=fingerprint("workflow_report.py"),
    script:
        "../scripts/workflow_report.py"
