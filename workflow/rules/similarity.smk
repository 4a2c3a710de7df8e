"""How alike the hidden states of parallel questions are, layer by layer, and how this relates to the answers.

In: hidden_states/{model}/{dataset}/{language} and the answers, of all languages. Out: under metrics/{model}/{dataset},
one file per layer: similarity, similarity_means, language_probe, pca; and similarity_relation.
"""

# Without questions in common there is nothing to compare.
WITH_QUESTIONS = [names for names in EVALUATIONS if EXPERIMENT.parallel(names[1]).has("questions")]


rule similarity:
    """Compute how similar the languages' states are at one layer, with and without the letters that they contain."""
    input:
        states=EXPERIMENT.of_all_languages("hidden_states/{model}/{dataset}/{language}.arrow", "questions"),
        answers=EXPERIMENT.of_all_languages("inference/{model}/{dataset}/{language}/answers.arrow"),
        questions=EXPERIMENT.clustered,
    output:
        pairs=out("metrics/{model}/{dataset}/similarity/layer_{layer}.arrow"),
        means=out("metrics/{model}/{dataset}/similarity_means/layer_{layer}.arrow"),
        probe=out("metrics/{model}/{dataset}/language_probe/layer_{layer}.arrow"),
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
        settings=lambda w: {
            "pivot": config["pivot"],
            # a jackknife: no number of replicates
            **{key: EXPERIMENT.intervals(w.dataset)[key] for key in ("level", "seed", "families")},
        },
        code=fingerprint("similarity.py"),
    script:
        "../scripts/similarity.py"


rule similarity_relation:
    """Correlate the similarity of two languages' states with the consistency of their answers, at every layer."""
    input:
        similarity=lambda w: [
            out(f"metrics/{w.model}/{w.dataset}/similarity/layer_{layer}.arrow")
            for layer in EXPERIMENT.layers(w.model)
        ],
        pairs=out("metrics/{model}/{dataset}/pairs.arrow"),
        languages=out("metrics/{model}/{dataset}/languages.arrow"),
    output:
        out("metrics/{model}/{dataset}/similarity_relation.arrow"),
    log:
        out("logs/similarity_relation/{model}/{dataset}.log"),
    benchmark:
        out("benchmarks/similarity_relation/{model}/{dataset}.tsv")
    group:
        group("metrics-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        layers=lambda w: EXPERIMENT.layers(w.model),
        settings={"pivot": config["pivot"], "seed": config["seed"]},
        code=fingerprint("similarity_relation.py"),
    script:
        "../scripts/similarity_relation.py"


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
