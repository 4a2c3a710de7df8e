"""What is computed from un-steered answers and the lens, on a CPU and without the model; next: steering, similarity.

In: inference/{model}/{dataset}/{language}, of all languages. Out: files under metrics/{model}/{dataset}, one per layer
if they come from the lens, so that each job reads one layer, but for thirds of the depth; and tables/correlations, of
all models and data sets.
Languages are compared with each other, so a new language reruns all of this, but nothing that needs a GPU. Intervals
resample clusters of questions, which is why all rules read questions.
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
        replicates=out("metrics/{model}/{dataset}/replicates.arrow"),
        pair_replicates=out("metrics/{model}/{dataset}/pair_replicates.arrow"),
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


rule group_metrics:
    """Compute in how many languages questions are right, and accuracy, consistency and transfer by groups."""
    input:
        answers=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow"),
        questions=EXPERIMENT.clustered,
    output:
        n_way=out("metrics/{model}/{dataset}/n_way.arrow"),
        groups=out("metrics/{model}/{dataset}/accuracy_by_group.arrow"),
        pairs=out("metrics/{model}/{dataset}/pairs_by_group.arrow"),
    log:
        out("logs/group_metrics/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/group_metrics/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        intervals=lambda w: EXPERIMENT.intervals(w.dataset),
        settings=lambda w: {
            "described": {fact: EXPERIMENT.described(fact, w.dataset) for fact in ("script", "family", "resource")},
            "pivot": config["pivot"],
            "shared": EXPERIMENT.parallel(w.dataset).has("questions"),
            "pair_metrics": EXPERIMENT.parallel(w.dataset).pair_metrics,
        },
        code=fingerprint("group_metrics.py"),
    script:
        "../scripts/group_metrics.py"


rule latent_metrics:
    """Compute log ratios with their control, latent accuracy, consistency and transfer, and means, at one layer."""
    input:
        lens=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/lens.arrow", "questions"),
        answers=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow", "questions"),
        questions=EXPERIMENT.clustered,
    output:
        languages=out("metrics/{model}/{dataset}/latent/layer_{layer}.arrow"),
        pairs=out("metrics/{model}/{dataset}/latent_pairs/layer_{layer}.arrow"),
        log_ratios=out("metrics/{model}/{dataset}/log_ratios/layer_{layer}.arrow"),
        log_ratio_means=out("metrics/{model}/{dataset}/log_ratio_means/layer_{layer}.arrow"),
        latent_means=out("metrics/{model}/{dataset}/latent_means/layer_{layer}.arrow"),
        error_split=out("metrics/{model}/{dataset}/error_split/layer_{layer}.arrow"),
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
            "pivot": config["pivot"],
            "aggregate": config["lens"]["aggregate"],
            "seed": config["seed"],
            "forms": EXPERIMENT.parallel(w.dataset).forms,
            "pair_metrics": EXPERIMENT.parallel(w.dataset).pair_metrics,
        },
        intervals=lambda w: EXPERIMENT.intervals(w.dataset),
        code=fingerprint("latent_metrics.py"),
    script:
        "../scripts/latent_metrics.py"


rule latent_thirds:
    """Average log ratios and latent accuracy over the layers of a third of the depth, in every resample of questions."""
    input:
        lens=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/lens.arrow", "questions"),
        questions=EXPERIMENT.clustered,
    output:
        replicates=out("metrics/{model}/{dataset}/depth_replicates.arrow"),
        pair_replicates=out("metrics/{model}/{dataset}/depth_pair_replicates.arrow"),
    log:
        out("logs/latent_thirds/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/latent_thirds/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        languages=lambda w: EXPERIMENT.languages(w.dataset),
        settings=lambda w: {
            "n_layers": EXPERIMENT.models[w.model]["layers"],
            "pivot": config["pivot"],
            "aggregate": config["lens"]["aggregate"],
            "seed": config["seed"],
            "forms": EXPERIMENT.parallel(w.dataset).forms,
            "pair_metrics": EXPERIMENT.parallel(w.dataset).pair_metrics,
        },
        intervals=lambda w: EXPERIMENT.intervals(w.dataset),
        code=fingerprint("latent_thirds.py"),
    script:
        "../scripts/latent_thirds.py"


rule correlations:
    """Correlate, over languages, mean log ratios with accuracy, consistency and transfer, also given confounds."""
    input:
        languages=[out(f"metrics/{m}/{d}/languages.arrow") for m, d in WITH_RATIO],
        log_ratios=[out(f"metrics/{m}/{d}/log_ratios/layer_{layer}.arrow") for m, d, layer in CORRELATED],
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
            "resource": EXPERIMENT.resource_levels(),
            "families": EXPERIMENT.described("family"),
        },
        code=fingerprint("correlations.py"),
    script:
        "../scripts/correlations.py"
