"""The questions of every language, aligned with the pivot's, and the audit of what is wrong with them.

In: the raw files of a data set, read as its mapping in config/datasets.yaml says. Out: questions/{dataset}/{language}, in
which a question has the same id in all languages; audit/{dataset}, every defect with its reason and whether the question
was left out; prompts/{dataset}, a few prompts to read. A language is aligned with the pivot alone, so adding one reruns
no other. A language that has questions of its own is aligned with itself.
"""


rule questions:
    """Read, clean, align, audit and render the questions of one language."""
    input:
        lambda w: raw_files.raw_input(EXPERIMENT, w.dataset, w.language),
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
            "path": raw_files.raw_path(EXPERIMENT, w.dataset, w.language),
            "pivot_path": raw_files.raw_path(EXPERIMENT, w.dataset, EXPERIMENT.pivot_of(w.dataset, w.language)),
        },
        settings=lambda w: {
            **raw_files.reading_settings(EXPERIMENT, w.dataset, w.language),
            "prompt": EXPERIMENT.prompt_settings(w.language),
            "pivot_prompt": EXPERIMENT.prompt_settings(EXPERIMENT.pivot_of(w.dataset, w.language)),
            "seed": config["seed"],
            "exclude_misaligned": config["exclude_misaligned"],
            "selection": EXPERIMENT.question_selection(),
            "examples": raw_files.example_settings(EXPERIMENT, w.dataset, w.language),
        },
        # Snakemake keeps no record of parameters that are functions of `output`: a number of rows is no reason to rerun.
        rows=lambda w, output: raw_files.raw_rows(EXPERIMENT, w.dataset, w.language),
        # A data set's module, if it has one, is imported by name, so editing one leaves the others as they are.
        code=lambda w: raw_files.questions_fingerprint(EXPERIMENT, w.dataset),
    script:
        "../scripts/questions.py"


rule audit:
    """Put the audits of all languages of a data set into one table."""
    input:
        EXPERIMENT.of_all_languages("audit/{dataset}/{language}.arrow"),
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


rule prompt_sheet:
    """Write the first prompts of every language to a file to read; not every licence allows them in the report."""
    input:
        EXPERIMENT.of_all_languages("questions/{dataset}/{language}.arrow"),
    output:
        out("prompts/{dataset}.txt"),
    log:
        out("logs/prompt_sheet/{dataset}.log"),
    benchmark:
        out("benchmarks/prompt_sheet/{dataset}.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: EXPERIMENT.described("name", w.dataset),
        remark=lambda w: description.prompt_remark(EXPERIMENT, w.dataset),
        code=fingerprint("prompt_sheet.py"),
    script:
        "../scripts/prompt_sheet.py"
