"""The questions of every language, aligned with the pivot's, and the audit of what is wrong with them.

In: the raw files of a data set, in the formats of crosslens/formats. Out: questions/{dataset}/{language}, in which a
question has the same id in all languages; audit/{dataset}, every defect with its reason, and whether it cost the question
its place; prompts/{dataset}, a few prompts to read. A language is aligned with the pivot alone, so adding one reruns no
other.
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
        group("questions-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        paths=lambda w: {
            "path": raw_path(w.dataset, w.language),
            "pivot_path": raw_path(w.dataset, config["pivot"]),
        },
        settings=lambda w: {
            "format": DATASETS[w.dataset]["format"],
            "prompt": prompt_settings(w.language),
            "exclude_misaligned": config["exclude_misaligned"],
        },
        rows=raw_rows,
        # The format is imported by name, so that editing one leaves data sets of others as they are.
        code=lambda w: [fingerprint("questions.py"), format_fingerprint(DATASETS[w.dataset])],
    script:
        "../scripts/questions.py"


rule audit:
    """The audits of all languages of a data set in one table."""
    input:
        of_all_languages("audit/{dataset}/{language}.arrow"),
    output:
        out("audit/{dataset}.arrow"),
    log:
        out("logs/audit/{dataset}.log"),
    benchmark:
        out("benchmarks/audit/{dataset}.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("audit.py"),
    script:
        "../scripts/audit.py"


rule prompts:
    """The first prompts of every language in a file to read; not in the report, as not every licence allows that."""
    input:
        of_all_languages("questions/{dataset}/{language}.arrow"),
    output:
        out("prompts/{dataset}.txt"),
    log:
        out("logs/prompts/{dataset}.log"),
    benchmark:
        out("benchmarks/prompts/{dataset}.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: {tag: LANGUAGES[tag]["name"] for tag in languages(w.dataset)},
        remark=lambda w: f"Prompts of {DATASETS[w.dataset]['title']}, run {config['run']}. "
        + (
            "Each model's chat template is put around them, and the answer begins the model's turn."
            if config["prompt"]["chat_template"]
            else "A space and the answer follow."
        ),
        code=fingerprint("prompts.py"),
    script:
        "../scripts/prompts.py"
