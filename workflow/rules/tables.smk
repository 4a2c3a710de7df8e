"""The paper's tables, the accuracy and the letters of every language, each as Arrow (full precision) and CSV (rounded, in the report).

In: metrics/{model}/{dataset} of all models and data sets, tables/correlations, audit/{dataset}. Out:
tables/{accuracy,letters,table1,table2,table3,audit,published}.
"""

PANELS = [{"model": model, "dataset": dataset} for model, dataset in EVALUATIONS]
# What captions say of data sets whose languages do not share their questions, or the order of their choices.
WITHOUT_PAIRS = {
    "questions": "Without consistency and transfer",
    "choices": "Without consistency and negative transfer",
}


rule accuracy_table:
    """Tabulate accuracy by model, data set and language, with intervals; printed at the end of a run."""
    input:
        [out(f"metrics/{m}/{d}/languages.arrow") for m, d in EVALUATIONS],
    output:
        arrow=out("tables/accuracy.arrow"),
        csv=report(
            out("tables/accuracy.csv"),
            caption="../report/accuracy.rst",
            category="Tables",
            labels={"table": "Accuracy by language", "in the paper": "-"},
        ),
    log:
        out("logs/accuracy_table.log"),
    benchmark:
        out("benchmarks/accuracy_table.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        panels=PANELS,
        facts=figure_picks.caption_facts(EXPERIMENT, needs=WITHOUT_PAIRS),
        code=fingerprint("accuracy_table.py"),
    script:
        "../scripts/accuracy_table.py"


rule letters_table:
    """Tabulate letter preferences, calibration and self-consistency by model, data set and language."""
    input:
        letters=[out(f"metrics/{m}/{d}/letters.arrow") for m, d in EVALUATIONS],
        ceiling=[out(f"metrics/{m}/{d}/ceiling.arrow") for m, d in EVALUATIONS],
    output:
        arrow=out("tables/letters.arrow"),
        csv=report(
            out("tables/letters.csv"),
            caption="../report/letters.rst",
            category="Tables",
            labels={"table": "Letters by language", "in the paper": "-"},
        ),
    log:
        out("logs/letters_table.log"),
    benchmark:
        out("benchmarks/letters_table.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        panels=PANELS,
        facts=figure_picks.caption_facts(EXPERIMENT, needs={"choices": "Without self-consistency"}),
        code=fingerprint("letters_table.py"),
    script:
        "../scripts/letters_table.py"


rule table1:
    """Tabulate mean accuracy, consistency, positive and negative transfer of every model on every data set."""
    input:
        [out(f"metrics/{m}/{d}/expectations.arrow") for m, d in EVALUATIONS],
    output:
        arrow=out("tables/table1.arrow"),
        csv=report(
            out("tables/table1.csv"),
            caption="../report/table1.rst",
            category="Tables",
            labels={
                "table": "Accuracy, consistency and transfer",
                "in the paper": "Table 1",
            },
        ),
    log:
        out("logs/table1.log"),
    benchmark:
        out("benchmarks/table1.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        panels=PANELS,
        facts=figure_picks.caption_facts(EXPERIMENT, config["models"], WITHOUT_PAIRS),
        code=fingerprint("table1.py"),
    script:
        "../scripts/table1.py"


rule table2:
    """Tabulate correlations of the mean log ratio, raw and corrected, with accuracy, consistency and transfer."""
    input:
        out("tables/correlations.arrow"),
    output:
        arrow=out("tables/table2.arrow"),
        csv=report(
            out("tables/table2.csv"),
            caption="../report/table2.rst",
            category="Tables",
            labels={
                "table": "Correlations of the log ratio",
                "in the paper": "Table 2",
            },
        ),
    log:
        out("logs/table2.log"),
    benchmark:
        out("benchmarks/table2.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        facts=figure_picks.caption_facts(EXPERIMENT, config["models"], {"choices": "Without a log ratio"}),
        code=fingerprint("table2.py"),
    script:
        "../scripts/table2.py"


rule table3:
    """Tabulate the prompt template of every data set."""
    input:
        [out(f"questions/{dataset}/{EXPERIMENT.languages(dataset)[0]}.arrow") for dataset in config["datasets"]],
    output:
        arrow=out("tables/table3.arrow"),
        csv=report(
            out("tables/table3.csv"),
            caption="../report/table3.rst",
            category="Tables",
            labels={"table": "Prompt templates", "in the paper": "Table 3"},
        ),
    log:
        out("logs/table3.log"),
    benchmark:
        out("benchmarks/table3.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        panels=[{"dataset": dataset} for dataset in config["datasets"]],
        settings=description.table3_settings(EXPERIMENT),
        facts=figure_picks.caption_facts(EXPERIMENT),
        code=fingerprint("table3.py"),
    script:
        "../scripts/table3.py"


rule audit_table:
    """Count what the audit found, by data set, language and reason; shows no texts."""
    input:
        [out(f"audit/{dataset}.arrow") for dataset in config["datasets"]],
    output:
        arrow=out("tables/audit.arrow"),
        csv=report(
            out("tables/audit.csv"),
            caption="../report/audit.rst",
            category="Tables",
            labels={"table": "Audit of the questions", "in the paper": "-"},
        ),
    log:
        out("logs/audit_table.log"),
    benchmark:
        out("benchmarks/audit_table.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        panels=[{"dataset": dataset} for dataset in config["datasets"]],
        facts=figure_picks.caption_facts(EXPERIMENT, needs={"questions": "Every language compared with itself alone"}),
        code=fingerprint("audit_table.py"),
    script:
        "../scripts/audit_table.py"


# Only the paper's models and data sets have published numbers.
PUBLISHED = published.read_published(EXPERIMENT.root / "config/published.tsv", EVALUATIONS)


rule published_table:
    """Put the numbers of the paper's Tables 1 and 2 beside those of the run."""
    input:
        **({"table2": rules.table2.output.arrow} if WITH_RATIO else {}),
        table1=rules.table1.output.arrow,
    output:
        arrow=out("tables/published.arrow"),
        csv=report(
            out("tables/published.csv"),
            caption="../report/published.rst",
            category="Tables",
            labels={
                "table": "Published and reproduced",
                "in the paper": "Tables 1, 2",
            },
        ),
    log:
        out("logs/published_table.log"),
    benchmark:
        out("benchmarks/published_table.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        published=PUBLISHED,
        facts=figure_picks.caption_facts(EXPERIMENT),
        code=fingerprint("published_table.py"),
    script:
        "../scripts/published_table.py"
