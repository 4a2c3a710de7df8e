"""States of the last prompt token for the sampled questions, and the steering vectors made from them.

In: questions/{dataset}/{language}, the model's folder. Out: hidden_states/…, one column per grid layer, and
steering_vectors/…. Only the sampled questions run here; vectors, similarity and PCA need no more.
"""


rule hidden_states:
    """Run the first states.questions questions in hash order and store their states at every grid layer."""
    input:
        questions=out("questions/{dataset}/{language}.arrow"),
        model=lambda w: EXPERIMENT.model_input(w.model),
    output:
        out("hidden_states/{model}/{dataset}/{language}.arrow"),
    log:
        out("logs/hidden_states/{model}/{dataset}/{language}.log"),
    benchmark:
        out("benchmarks/hidden_states/{model}/{dataset}/{language}.tsv")
    group:
        model_group("hidden_states")
    conda:
        "../../envs/model.yaml"
    resources:
        token_budget=8192,
        model_jobs=1,
        nodes=1,
        gpu=lambda w: work.gpus(EXPERIMENT, w.model),
        gpu_model=lambda w: work.gpu_model(EXPERIMENT, w.model),
        mem_mb=lambda w, attempt: job_limits.memory_mb(EXPERIMENT.models[w.model], attempt),
        runtime=lambda w, attempt: job_limits.time_limit(
            work.job_minutes(EXPERIMENT, "hidden_states", w.model, w.dataset), attempt
        ),
    params:
        model=lambda w: EXPERIMENT.model_settings(w.model),
        settings=lambda w: {
            "layers": EXPERIMENT.layers(w.model),
            "questions": config["states"]["questions"],
            "seed": config["seed"],
            "chat_template": config["prompt"]["chat_template"],
        },
        code=fingerprint("hidden_states.py"),
    script:
        "../scripts/hidden_states.py"


rule steering_vectors:
    """Average the difference between the pivot's and the language's states over the sampled parallel questions (Eq. 8)."""
    input:
        language=out("hidden_states/{model}/{dataset}/{language}.arrow"),
        pivot=out(f"hidden_states/{{model}}/{{dataset}}/{config['pivot']}.arrow"),
    output:
        out("steering_vectors/{model}/{dataset}/{language}.arrow"),
    log:
        out("logs/steering_vectors/{model}/{dataset}/{language}.log"),
    benchmark:
        out("benchmarks/steering_vectors/{model}/{dataset}/{language}.tsv")
    group:
        group("steering_vectors-{model}-{dataset}")
    conda:
        "../../envs/analysis.yaml"
    params:
        pivot=config["pivot"],
        settings={**EXPERIMENT.sample("steering"), "seed": config["seed"]},
        code=fingerprint("steering_vectors.py"),
    script:
        "../scripts/steering_vectors.py"
