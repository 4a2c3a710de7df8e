"""The questions of every language, aligned with the pivot's, and the audit of what is wrong with them.

In: the raw files of a data set, in the shapes of crosslens/formats. Out: questions/{dataset}/{language}, in which a
question has the same id in all languages; audit/{dataset}, every defect with its reason, and whether it cost the question
its place. A language is aligned with the pivot alone, so adding one reruns no other.
"""


rule questions:
    """Read, clean, align, audit and render the questions of one language."""
    input:
        raw_input,
    output:
        questions=out("questions/{dataset}/{language}.arrow"),
        audit=out("audit/{dataset}/{language}.arrow"),
    log:
        out("logs/questions/{dataset}/{language}.log"),
    benchmark:
        out("benchmarks/questions/{dataset}/{language}.tsv")
    group:
        "questions-{dataset}"
    conda:
        "../../envs/analysis.yaml"
    params:
        paths=lambda w: {
            "path": raw_path(w.dataset, w.language),
            "pivot_path": raw_path(w.dataset, config["pivot"]),
        },
        settings=lambda w: {
            "format": DATASETS[w.dataset]["format"],
            "separator": config["prompt"]["separator"],
            "exclude_misaligned": config["exclude_misaligned"],
        },
        code=fingerprint("questions.py"),
    script:
        "../scripts/questions.py"


rule audit:
    """The audits of all languages of a data set in one table."""
    input:
        lambda w: expand(
            out("audit/{dataset}/{language}.arrow"),
            dataset=w.dataset,
            language=languages(w.dataset),
        ),
    output:
        out("audit/{dataset}.arrow"),
    log:
        out("logs/audit/{dataset}.log"),
    benchmark:
        out("benchmarks/audit/{dataset}.tsv")
    group:
        "deliverables"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("audit.py"),
    script:
        "../scripts/audit.py"
