"""Everything that is computed from answers and states, on a CPU and without the model.

In: inference/{model}/{dataset}/{language} and hidden_states/{model}/{dataset}/{language}, of all languages. Out: files
under metrics/{model}/{dataset}, one per layer if they come from the lens or the states, so that each job reads one
layer; and tables/correlations, of all models and data sets. Languages are compared with each other, so a new language
reruns all of this, but nothing that needs a GPU.
"""

# Only data sets whose languages have the same choices in the same order have a log ratio.
WITH_RATIO = [names for names in EVALUATIONS if EXPERIMENT.parallel(names[1]).has("choices")]
CORRELATED = [(*names, layer) for names in WITH_RATIO for layer in EXPERIMENT.correlation_layers(names[0])]


rule output_metrics:
    """Compute accuracy, consistency and transfer of the un-steered answers: per language, per pair, and on average."""
    input:
        answers=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow"),
        questions=EXPERIMENT.clustered,
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
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        intervals=lambda w: EXPERIMENT.intervals(w.dataset),
        settings=lambda w: {"pair_metrics": EXPERIMENT.parallel(w.dataset).pair_metrics},
        code=fingerprint("output_metrics.py"),
    script:
        "../scripts/output_metrics.py"


rule letter_metrics:
    """Compute letter preferences and calibration, and the ceiling of consistency where questions were asked twice."""
    input:
        answers=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow"),
        permuted=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/permuted.arrow"),
        questions=EXPERIMENT.clustered,
    output:
        letters=out("metrics/{model}/{dataset}/letters.arrow"),
        letter_shares=out("metrics/{model}/{dataset}/letter_shares.arrow"),
        ceiling=out("metrics/{model}/{dataset}/ceiling.arrow"),
        ceiling_pairs=out("metrics/{model}/{dataset}/ceiling_pairs.arrow"),
        ceiling_means=out("metrics/{model}/{dataset}/ceiling_means.arrow"),
    log:
        out("logs/letter_metrics/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/letter_metrics/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        settings=lambda w: {"shares": EXPERIMENT.parallel(w.dataset).shares},
        intervals=lambda w: EXPERIMENT.intervals(w.dataset),
        code=fingerprint("letter_metrics.py"),
    script:
        "../scripts/letter_metrics.py"


rule latent_metrics:
    """Compute the log ratio with its control, and latent accuracy, consistency and transfer, at one layer."""
    input:
        lens=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/lens.arrow", "questions"),
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
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        settings=lambda w: {
            "aggregate": config["lens"]["aggregate"],
            "forms": EXPERIMENT.parallel(w.dataset).forms,
            "pair_metrics": EXPERIMENT.parallel(w.dataset).pair_metrics,
        },
        code=fingerprint("latent_metrics.py"),
    script:
        "../scripts/latent_metrics.py"


rule steered_metrics:
    """Compute accuracy, consistency with and transfer from the pivot, and their gains over controls, with intervals."""
    input:
        answers=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow"),
        steered=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/steered.arrow", "questions"),
        questions=EXPERIMENT.clustered,
    output:
        metrics=out("metrics/{model}/{dataset}/steering.arrow"),
        halves=out("metrics/{model}/{dataset}/steering_by_half.arrow"),
        gains=out("metrics/{model}/{dataset}/steering_gains.arrow"),
        selected=out("metrics/{model}/{dataset}/steering_selected.arrow"),
    log:
        out("logs/steered_metrics/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/steered_metrics/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        pivot=config["pivot"],
        pair_metrics=lambda w: EXPERIMENT.parallel(w.dataset).pair_metrics,
        intervals=lambda w: EXPERIMENT.intervals(w.dataset),
        code=fingerprint("steered_metrics.py"),
    script:
        "../scripts/steered_metrics.py"


rule steering_geometry:
    """Compare the steering vectors' norms with those of the states, and the languages' vectors with each other."""
    input:
        vectors=EXPERIMENT.of_steered_languages("steering_vectors/{model}/{dataset}/{language}.arrow"),
        states=EXPERIMENT.of_steered_languages("hidden_states/{model}/{dataset}/{language}.arrow"),
    output:
        sizes=out("metrics/{model}/{dataset}/steering_sizes.arrow"),
        cosines=out("metrics/{model}/{dataset}/vector_cosines.arrow"),
    log:
        out("logs/steering_geometry/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/steering_geometry/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: EXPERIMENT.steered_languages(w.dataset),
        code=fingerprint("steering_geometry.py"),
    script:
        "../scripts/steering_geometry.py"


rule similarity:
    """Compute debiased linear CKA and mean cosine between the languages' states at one layer."""
    input:
        states=EXPERIMENT.of_all_languages("hidden_states/{model}/{dataset}/{language}.arrow", "questions"),
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
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        code=fingerprint("similarity.py"),
    script:
        "../scripts/similarity.py"


rule pca:
    """Compute the first two principal components of parallel questions' states, all languages together, at one layer."""
    input:
        states=EXPERIMENT.of_all_languages("hidden_states/{model}/{dataset}/{language}.arrow", "questions"),
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
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        settings={**EXPERIMENT.sample("pca"), "seed": config["seed"]},
        code=fingerprint("pca.py"),
    script:
        "../scripts/pca.py"


rule correlations:
    """Correlate, over languages (Pearson), the mean log ratio with accuracy, consistency and transfer."""
    input:
        languages=[out(f"metrics/{m}/{d}/languages.arrow") for m, d in WITH_RATIO],
        latent=[out(f"metrics/{m}/{d}/latent/layer_{layer}.arrow") for m, d, layer in CORRELATED],
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
        evaluations=WITH_RATIO,
        correlated=CORRELATED,
        settings={
            "pivot": config["pivot"],
            "level": config["intervals"]["level"],
        },
        code=fingerprint("correlations.py"),
    script:
        "../scripts/correlations.py"
