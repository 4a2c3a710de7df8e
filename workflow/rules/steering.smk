"""What steering changes, and what the vectors that steer are like.

In: inference/{model}/{dataset}/{language}/{answers,steered}, steering_vectors and hidden_states, of all languages. Out:
metrics/{model}/{dataset}/steering*, vector_cosines. Steers nothing itself: inference does.
"""


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
        replicates=out("metrics/{model}/{dataset}/steering_replicates.arrow"),
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
        vectors=EXPERIMENT.of_all_languages(
            "steering_vectors/{model}/{dataset}/{language}.arrow", "questions", steered=True
        ),
        states=EXPERIMENT.of_all_languages(
            "hidden_states/{model}/{dataset}/{language}.arrow", "questions", steered=True
        ),
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
