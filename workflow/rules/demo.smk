"""The embedded default's data sets and models, made by the workflow itself.

In: nothing. Out: demo_data/{dataset}, the files of a data set in the real file formats, with planted defects;
demo_models/{model}, a tiny model as an ordinary Hugging Face folder. From there on they are treated like any others.
"""


rule make_demo_data:
    """Write a small parallel data set: one file per language, with questions that are kept out of the models' training."""
    output:
        directory(out("demo_data/{dataset}")),
    log:
        out("logs/make_demo_data/{dataset}.log"),
    benchmark:
        out("benchmarks/make_demo_data/{dataset}.tsv")
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: {
            "family": EXPERIMENT.datasets[w.dataset]["source"]["demo"],
            "files": raw_files.demo_files(EXPERIMENT, w.dataset),
        },
        code=fingerprint("make_demo_data.py"),
    script:
        "../scripts/make_demo_data.py"


rule train_demo_model:
    """Train a tiny model on the demo's text: about a minute, always on one core."""
    output:
        directory(out("demo_models/{model}")),
    log:
        out("logs/train_demo_model/{model}.log"),
    benchmark:
        out("benchmarks/train_demo_model/{model}.tsv")
    priority: 1  # the longest jobs of the demo: everything else waits for them
    conda:
        "../../envs/model.yaml"
    params:
        settings=lambda w: EXPERIMENT.training_settings(w.model),
        code=fingerprint("train_demo_model.py"),
    script:
        "../scripts/train_demo_model.py"
