"""Models and data files from the Hugging Face hub, the only rules that use the network.

Out: resources/models/{model}, links into the hub's cache; resources/data/{dataset}/{file}, one file at a time, so that a
new language fetches its own. They run where Snakemake runs (cluster nodes often have no network), and resume. What they
fetch is named by repository and revision alone, so editing their code, or what is checked on arrival, fetches nothing
again.
"""


localrules:
    fetch_model,
    fetch_questions,


rule fetch_model:
    """Download a model's weights, config and tokenizer at the catalogue's revision; record the commit."""
    output:
        directory("resources/models/{model}"),
    log:
        "resources/logs/fetch_model/{model}.log",
    benchmark:
        "resources/benchmarks/fetch_model/{model}.tsv"
    conda:
        "../../envs/model.yaml"
    params:
        # A reason to fetch again, but for a commit that is there already; what is fetched is the catalogue's revision.
        asked=lambda w: fetched.first_asked(MODELS[w.model]["source"], f"resources/models/{w.model}/{fetched.RECORD}"),
        revision=lambda w, output: MODELS[w.model]["source"]["revision"],
    script:
        "../scripts/fetch_model.py"


rule fetch_questions:
    """Download one file of a data set at the catalogue's revision and check that it is what the adapter expects."""
    output:
        "resources/data/{dataset}/{file}",
    log:
        "resources/logs/fetch_questions/{dataset}/{file}.log",
    benchmark:
        "resources/benchmarks/fetch_questions/{dataset}/{file}.tsv"
    wildcard_constraints:
        file=".+",
    conda:
        "../../envs/model.yaml"
    params:
        source=hub_file,
        checks=file_checks,
    script:
        "../scripts/fetch_questions.py"
