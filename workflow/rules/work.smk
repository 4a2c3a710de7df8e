"""The size of the work: what jobs ask for, how they are grouped on a cluster, and what the plan is made of. No rules."""

from crosslens import cost, limits


def gpu_model(model):
    """The GPU that the model's jobs ask for; empty for models that run on a CPU."""
    wanted = MODELS[model]["gpu"]
    return "" if wanted == "none" else wanted


@cache
def model_minutes(rule, model, dataset):
    """Estimated minutes of a job of `hidden_states` or `inference`."""
    typical, stored = DATASETS[dataset]["typical"], config["states"]["questions"]
    answers, copies = cost.ANSWER_SETS * typical["choices"], len(conditions(model)) + 1  # one with gamma = 0
    questions, tokens = {
        "hidden_states": (min(stored, typical["questions"]), typical["prompt_tokens"]),
        "inference": (
            typical["questions"],
            cost.tokens(typical["prompt_tokens"], answers, typical["answer_tokens"], copies),
        ),
    }[rule]
    throughput = config["plan"]["throughput"][MODELS[model]["gpu"]]
    return limits.minutes(MODELS[model], questions, tokens, throughput)


def group(name):
    """The group of a rule's jobs on a cluster, ``name`` with its wildcards filled in.

    None unless a profile says in group-components how many jobs a submission holds, which is known only after the
    workflow is read. Elsewhere groups mean nothing, and take Snakemake several seconds for thousands of jobs.
    """
    return lambda w: _submitted(name.format(**w), name) if _grouped() else _ungroup()


def model_group(rule):
    """The group of a rule's jobs that run a model: one model and data set a submission, and about an hour of jobs."""

    def group(w):
        if not _grouped():
            return _ungroup()
        size = limits.jobs_an_hour(model_minutes(rule, w.model, w.dataset))
        return _submitted(f"{rule}-{w.model}-{w.dataset}", f"{size}-an-hour")

    return group


def _grouped():
    return bool(workflow.group_settings.group_components)


def _ungroup():
    """No group; and none is asked for again, which Snakemake would do three times a job."""
    for one in workflow.rules:
        one.group = None


def _submitted(name, kind):
    """``name``, after telling Snakemake under which ``kind`` it finds the group's size in group-components.

    For a group that is a plain name Snakemake makes this entry itself; for a function, as here, it does not.
    """
    workflow.parent_groupids[name] = kind
    return name


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
