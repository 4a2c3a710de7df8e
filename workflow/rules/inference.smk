"""One pass over every question: letters, latent log-probabilities, letters under every steering condition.

In: questions/{dataset}/{language}, steering_vectors/… (not for the pivot, which is not steered), the model's folder.
Out: inference/{model}/{dataset}/{language}/{answers,lens,steered}. Nothing runs one forward per condition or answer.
"""


rule inference:
    """Run every question once; what comes out of the pass is all that the metrics need."""
    input:
        questions=out("questions/{dataset}/{language}.arrow"),
        model=lambda w: model_input(w.model),
        vectors=branch(
            is_steered,
            then=out("steering_vectors/{model}/{dataset}/{language}.arrow"),
            otherwise=[],
        ),
    output:
        answers=out("inference/{model}/{dataset}/{language}/answers.arrow"),
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
        gpu=lambda w: int(gpu_model(w.model) != ""),
        gpu_model=lambda w: gpu_model(w.model),
        mem_mb=lambda w, attempt: limits.memory_mb(MODELS[w.model], attempt),
        runtime=lambda w, attempt: limits.time_limit(model_minutes("inference", w.model, w.dataset), attempt),
    params:
        model=lambda w: model_settings(w.model),
        settings=lambda w: {
            "layers": layers(w.model),
            "final_norm": config["lens"]["final_norm"],
            "softcap": config["lens"]["softcap"],
        },
        conditions=lambda w: conditions(w.model) if is_steered(w) else [],
        seed=config["seed"],
        prompt={
            "first_letter": "a" if "a" in config["prompt"]["letter_form"] else "A",
            "chat_template": config["prompt"]["chat_template"],
        },
        code=fingerprint("inference.py"),
    script:
        "../scripts/inference.py"
