"""One pass over every question: letters, latent log-probabilities, and letters under every steering condition.

In: questions/{dataset}/{language}, the model's folder, and what conditions need (the pivot, which is not steered, nothing):
steering_vectors/… of the language, of other languages or data sets, and for patches the pivot's hidden_states.
Out: inference/{model}/{dataset}/{language}/{answers,permuted,lens,steered}. No condition and no choice has a forward pass of its own.
What the languages of a data set do not share (see experiment/parallel.py) is not run, and has no rows in these tables.
"""


rule inference:
    """Run every question once; the pass gives everything that the metrics need."""
    input:
        questions=out("questions/{dataset}/{language}.arrow"),
        model=lambda w: EXPERIMENT.model_input(w.model),
        vectors=lambda w: EXPERIMENT.vectors_input(w.model, w.dataset, w.language),
    output:
        answers=out("inference/{model}/{dataset}/{language}/answers.arrow"),
        permuted=out("inference/{model}/{dataset}/{language}/permuted.arrow"),
        lens=out("inference/{model}/{dataset}/{language}/lens.arrow"),
        steered=out("inference/{model}/{dataset}/{language}/steered.arrow"),
    log:
        out("logs/inference/{model}/{dataset}/{language}.log"),
    benchmark:
        out("benchmarks/inference/{model}/{dataset}/{language}.tsv")
    group:
        model_group("inference")
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
            work.job_minutes(EXPERIMENT, "inference", w.model, w.dataset), attempt
        ),
    params:
        model=lambda w: EXPERIMENT.model_settings(w.model),
        conditions=lambda w: EXPERIMENT.conditions_in(w.model, w.dataset, w.language),
        lens=lambda w: EXPERIMENT.lens_settings(w.model, w.dataset),
        samples=lambda w: EXPERIMENT.sample_settings(w.dataset),
        prompt={
            "first_letter": "a" if "a" in config["prompt"]["letter_form"] else "A",
            "chat_template": config["prompt"]["chat_template"],
        },
        code=fingerprint("inference.py"),
    script:
        "../scripts/inference.py"
