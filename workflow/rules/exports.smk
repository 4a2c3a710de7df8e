"""What leaves the workflow in other people's formats. Only the LaTeX tables belong to a run; `snakemake exports` makes the rest.

In: tables/*.arrow; steering_vectors and what was selected; the report and all that it shows as numbers. Out: tables/*.tex,
exports/{model}/{dataset}/{language}.{safetensors,pt,gguf}, exports/{run}-crate.zip. docs/exports.md explains how to use them.
"""

TABLES = exported.tables(EXPERIMENT)
BUNDLE = out(f"exports/{config['run']}-crate.zip")


localrules:
    exports,


rule exports:
    """Export the steering vectors of all models and data sets, and the bundle."""
    input:
        [out(f"exports/{m}/{d}") for m, d in exported.steered(EXPERIMENT)],
        BUNDLE,


rule latex_tables:
    """Write every table as LaTeX, rounded as in CSV."""
    input:
        **{name: out(f"tables/{name}.arrow") for name in TABLES},
    output:
        **{name: out(f"tables/{name}.tex") for name in TABLES},
    log:
        out("logs/latex_tables.log"),
    benchmark:
        out("benchmarks/latex_tables.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/exports.yaml"
    params:
        titles=exported.titles(EXPERIMENT),
        level=config["intervals"]["level"],
        code=fingerprint("latex_tables.py"),
    script:
        "../scripts/latex_tables.py"


rule export_vectors:
    """Write every language's steering vectors for safetensors, lm-eval and llama.cpp, with the selected layer and gamma."""
    input:
        vectors=EXPERIMENT.of_all_languages(
            "steering_vectors/{model}/{dataset}/{language}.arrow", "questions", steered=True
        ),
        questions=EXPERIMENT.of_all_languages("questions/{dataset}/{language}.arrow", "questions", steered=True),
        states=out(f"hidden_states/{{model}}/{{dataset}}/{config['pivot']}.arrow"),
        selected=out("metrics/{model}/{dataset}/steering_selected.arrow"),
        halves=out("metrics/{model}/{dataset}/steering_by_half.arrow"),
        model=lambda w: EXPERIMENT.model_input(w.model),
    output:
        directory(out("exports/{model}/{dataset}")),
    log:
        out("logs/export_vectors/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/export_vectors/{model}/{dataset}.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/exports.yaml"
    params:
        languages=lambda w: exported.steered_names(EXPERIMENT, w.dataset),
        described=lambda w: exported.described(EXPERIMENT, w.model, w.dataset),
        code=fingerprint("export_vectors.py"),
    script:
        "../scripts/export_vectors.py"


rule bundle:
    """Bundle tables, plotted values, report, settings and provenance as an RO-Crate, without any text of a question."""
    input:
        results=[
            *[out(f"tables/{name}.{kind}") for name in TABLES for kind in ("arrow", "csv", "tex")],
            *[out(f"figures/{name}.pdf") for name in DRAWN],
            *[out(f"figures/data/{name}.arrow") for name in DRAWN],
            out("methods.html"),
            out("report.html"),
        ],
        answers=[out(f"inference/{m}/{d}/{t}/answers.arrow") for m, d in EVALUATIONS for t in EXPERIMENT.languages(d)],
        questions=[out(f"questions/{d}/{EXPERIMENT.languages(d)[0]}.arrow") for d in config["datasets"]],
    output:
        BUNDLE,
    log:
        out("logs/bundle.log"),
    benchmark:
        out("benchmarks/bundle.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/exports.yaml"
    params:
        models=[model for model, dataset in EVALUATIONS for _ in EXPERIMENT.languages(dataset)],
        about=exported.bundle(EXPERIMENT),
        settings=exported.settings(EXPERIMENT),
        project=exported.PROJECT,
        texts=exported.project_hash(EXPERIMENT),
        code=fingerprint("bundle.py"),
    script:
        "../scripts/bundle.py"
