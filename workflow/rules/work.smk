"""The size of the work: what jobs ask for, how they are grouped on a cluster, and what the plan is made of. No rules."""

from functools import lru_cache

from crosslens import limits


def gpu_model(model):
    """The GPU that the model's jobs ask for; empty for models that run on a CPU."""
    wanted = MODELS[model]["gpu"]
    return "" if wanted == "none" else wanted


@lru_cache(maxsize=None)
def model_minutes(rule, model, dataset):
    """Estimated minutes of a job of `hidden_states` or `inference`."""
    typical, stored = DATASETS[dataset]["typical"], config["states"]["questions"]
    questions, tokens = {
        "hidden_states": (min(stored, typical["questions"]), typical["prompt_tokens"]),
        "inference": (typical["questions"], limits.tokens(typical, len(conditions(model)))),
    }[rule]
    throughput = config["plan"]["throughput"][MODELS[model]["gpu"]]
    return limits.minutes(MODELS[model], questions, tokens, throughput)


def model_group(rule):
    """Group of a rule's jobs for clusters: one model and data set a submission, and about an hour of jobs.

    Snakemake looks up in --group-components how many jobs a submission holds. For a group with a name it looks up the
    name before wildcards are filled in, kept in `parent_groupids`; for a function, the entry is made here.
    """

    def group(w):
        name = f"{rule}-{w.model}-{w.dataset}"
        size = limits.jobs_an_hour(model_minutes(rule, w.model, w.dataset))
        workflow.parent_groupids[name] = f"{size}-an-hour"
        return name

    return group


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
