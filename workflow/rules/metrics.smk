"""Everything that is computed from answers and states, on a CPU and without the model.

In: inference/{model}/{dataset}/{language} and hidden_states/{model}/{dataset}/{language}, of all languages. Out: files
under metrics/{model}/{dataset}, one a layer where they come from lens or states, so that each job reads one layer; and
tables/correlations, of all models and data sets. Languages are compared with each other: a new language reruns all of
this, and nothing that needs a GPU.
"""

RUNS = [(model, dataset) for model in config["models"] for dataset in config["datasets"]]
RUN_LAYERS = [(*run, layer) for run in RUNS for layer in correlation_layers(run[0])]


rule output_metrics:
    """Accuracy, consistency and transfer of the un-steered answers: per language, per pair, and on average."""
    input:
        answers=of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow"),
    output:
        languages=out("metrics/{model}/{dataset}/languages.arrow"),
        pairs=out("metrics/{model}/{dataset}/pairs.arrow"),
        expectations=out("metrics/{model}/{dataset}/expectations.arrow"),
    log:
        out("logs/output_metrics/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/output_metrics/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: languages(w.dataset),
        settings={
            "bootstrap": config["intervals"]["bootstrap"],
            "level": config["intervals"]["level"],
            "seed": config["seed"],
        },
        code=fingerprint("output_metrics.py"),
    script:
        "../scripts/output_metrics.py"


rule latent_metrics:
    """Log ratio with its control, and latent accuracy, consistency and transfer, at one layer."""
    input:
        lens=of_all_languages("inference/{model}/{dataset}/{language}/lens.arrow"),
    output:
        languages=out("metrics/{model}/{dataset}/latent/layer_{layer}.arrow"),
        pairs=out("metrics/{model}/{dataset}/latent_pairs/layer_{layer}.arrow"),
    log:
        out("logs/latent_metrics/{model}/{dataset}/layer_{layer}.log"),
    benchmark:
        out("benchmarks/latent_metrics/{model}/{dataset}/layer_{layer}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: languages(w.dataset),
        settings=lambda w: {
            "layer": int(w.layer),
            "aggregate": config["lens"]["aggregate"],
        },
        code=fingerprint("latent_metrics.py"),
    script:
        "../scripts/latent_metrics.py"


rule steering_metrics:
    """Accuracy, and consistency with and transfer from the pivot, of every steering condition and without steering."""
    input:
        answers=of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow"),
        steered=of_all_languages("inference/{model}/{dataset}/{language}/steered.arrow"),
    output:
        out("metrics/{model}/{dataset}/steering.arrow"),
    log:
        out("logs/steering_metrics/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/steering_metrics/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: languages(w.dataset),
        settings={"pivot": config["pivot"]},
        code=fingerprint("steering_metrics.py"),
    script:
        "../scripts/steering_metrics.py"


rule similarity:
    """Debiased linear CKA and mean cosine between the languages' states at one layer."""
    input:
        states=of_all_languages("hidden_states/{model}/{dataset}/{language}.arrow"),
    output:
        out("metrics/{model}/{dataset}/similarity/layer_{layer}.arrow"),
    log:
        out("logs/similarity/{model}/{dataset}/layer_{layer}.log"),
    benchmark:
        out("benchmarks/similarity/{model}/{dataset}/layer_{layer}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: languages(w.dataset),
        settings=lambda w: {"layer": int(w.layer)},
        code=fingerprint("similarity.py"),
    script:
        "../scripts/similarity.py"


rule pca:
    """First two principal components of parallel questions' states, all languages together, at one layer."""
    input:
        states=of_all_languages("hidden_states/{model}/{dataset}/{language}.arrow"),
    output:
        out("metrics/{model}/{dataset}/pca/layer_{layer}.arrow"),
    log:
        out("logs/pca/{model}/{dataset}/layer_{layer}.log"),
    benchmark:
        out("benchmarks/pca/{model}/{dataset}/layer_{layer}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: languages(w.dataset),
        settings=lambda w: {
            "layer": int(w.layer),
            "questions": config["pca"]["questions"],
            "seed": config["seed"],
        },
        code=fingerprint("pca.py"),
    script:
        "../scripts/pca.py"


rule correlations:
    """Pearson's correlation over languages of the mean log ratio with accuracy, consistency and transfer."""
    input:
        languages=[out(f"metrics/{m}/{d}/languages.arrow") for m, d in RUNS],
        latent=[out(f"metrics/{m}/{d}/latent/layer_{layer}.arrow") for m, d, layer in RUN_LAYERS],
    output:
        out("tables/correlations.arrow"),
    log:
        out("logs/correlations.log"),
    benchmark:
        out("benchmarks/correlations.tsv")
    group:
        group("deliverables")
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=RUNS,
        run_layers=RUN_LAYERS,
        settings={
            "pivot": config["pivot"],
            "level": config["intervals"]["level"],
        },
        code=fingerprint("correlations.py"),
    script:
        "../scripts/correlations.py"
