"""`snakemake plan`: what the run will take, before anything is submitted, and afterwards what it took.

In: nothing that would have to be made or fetched; it looks at the questions, tokenizers, results and benchmarks that are
there. Out: a table on the terminal, and the same with more columns in tables/plan.csv, which is no output, so that the plan
is made anew whenever it is asked for.
"""


localrules:
    plan,


def planned_run(model, dataset):
    """One model on one data set, as `crosslens.workload.Run` takes it."""
    place = f"{model}/{dataset}"
    return {
        "model": model,
        "dataset": dataset,
        "pivot": config["pivot"],
        "languages": languages(dataset),
        "grid": layers(model),
        "conditions": len(conditions(model)),
        "state_questions": config["states"]["questions"],
        "vector_questions": config["steering"]["questions"],
        "entry": MODELS[model],
        "model_folder": model_folder(model),
        "typical": DATASETS[dataset]["typical"],
        "throughput": config["plan"]["throughput"][MODELS[model]["gpu"]],
        "files": {
            "questions": out(f"questions/{dataset}/{{language}}.arrow"),
            "answers": out(f"inference/{place}/{{language}}/answers.arrow"),
            "states_benchmark": out(f"benchmarks/hidden_states/{place}/{{language}}.tsv"),
            "inference_benchmark": out(f"benchmarks/inference/{place}/{{language}}.tsv"),
            "results": [out(f"{kind}/{place}") for kind in ["hidden_states", "steering_vectors", "inference"]],
        },
    }


rule plan:
    """Print questions, tokens, TFLOP, GPU-hours, disk and jobs per model and data set, with what is done beside."""
    log:
        out("logs/plan.log"),
    benchmark:
        out("benchmarks/plan.tsv")
    conda:
        "../../envs/model.yaml"
    params:
        runs=lambda w: [planned_run(model, dataset) for model, dataset in RUNS],
        csv=out("tables/plan.csv"),
        code=fingerprint("plan.py"),
    script:
        "../scripts/plan.py"
