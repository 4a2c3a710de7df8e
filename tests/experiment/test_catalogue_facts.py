"""What config/ says of the paper's data sets, models and settings, against facts typed in here from their sources.

The sources: the data sets' cards, the models' config.json on the hub, and the paper (arXiv 2505.13141).
"""

from itertools import product

import pytest
import yaml
from crosslens.experiment import catalogues, definitions, layers, sources, steering
from crosslens.experiment.catalogues import load_catalogue
from crosslens.experiment.languages import raw_file, read_languages
from snakemake.utils import update_config
from workflow_runs import ROOT

LANGUAGES = read_languages(ROOT / "config/languages.tsv")

# Names of the files of facebook/belebele and of their languages, from its card
BELEBELE = """
acm_Arab Mesopotamian Arabic; afr_Latn Afrikaans; als_Latn Tosk Albanian; amh_Ethi Amharic;
apc_Arab North Levantine Arabic; arb_Arab Modern Standard Arabic; arb_Latn Modern Standard Arabic (Romanized);
ars_Arab Najdi Arabic; ary_Arab Moroccan Arabic; arz_Arab Egyptian Arabic; asm_Beng Assamese;
azj_Latn North Azerbaijani; bam_Latn Bambara; ben_Beng Bengali; ben_Latn Bengali (Romanized);
bod_Tibt Standard Tibetan; bul_Cyrl Bulgarian; cat_Latn Catalan; ceb_Latn Cebuano; ces_Latn Czech;
ckb_Arab Central Kurdish; dan_Latn Danish; deu_Latn German; ell_Grek Greek; eng_Latn English; est_Latn Estonian;
eus_Latn Basque; fin_Latn Finnish; fra_Latn French; fuv_Latn Nigerian Fulfulde; gaz_Latn West Central Oromo;
grn_Latn Guarani; guj_Gujr Gujarati; hat_Latn Haitian Creole; hau_Latn Hausa; heb_Hebr Hebrew; hin_Deva Hindi;
hin_Latn Hindi (Romanized); hrv_Latn Croatian; hun_Latn Hungarian; hye_Armn Armenian; ibo_Latn Igbo; ilo_Latn Ilocano;
ind_Latn Indonesian; isl_Latn Icelandic; ita_Latn Italian; jav_Latn Javanese; jpn_Jpan Japanese; kac_Latn Jingpho;
kan_Knda Kannada; kat_Geor Georgian; kaz_Cyrl Kazakh; kea_Latn Kabuverdianu; khk_Cyrl Halh Mongolian; khm_Khmr Khmer;
kin_Latn Kinyarwanda; kir_Cyrl Kyrgyz; kor_Hang Korean; lao_Laoo Lao; lin_Latn Lingala; lit_Latn Lithuanian;
lug_Latn Ganda; luo_Latn Luo; lvs_Latn Standard Latvian; mal_Mlym Malayalam; mar_Deva Marathi; mkd_Cyrl Macedonian;
mlt_Latn Maltese; mri_Latn Maori; mya_Mymr Burmese; nld_Latn Dutch; nob_Latn Norwegian Bokmål; npi_Deva Nepali;
npi_Latn Nepali (Romanized); nso_Latn Northern Sotho; nya_Latn Nyanja; ory_Orya Odia; pan_Guru Eastern Panjabi;
pbt_Arab Southern Pashto; pes_Arab Western Persian; plt_Latn Plateau Malagasy; pol_Latn Polish; por_Latn Portuguese;
ron_Latn Romanian; rus_Cyrl Russian; shn_Mymr Shan; sin_Latn Sinhala (Romanized); sin_Sinh Sinhala; slk_Latn Slovak;
slv_Latn Slovenian; sna_Latn Shona; snd_Arab Sindhi; som_Latn Somali; sot_Latn Southern Sotho; spa_Latn Spanish;
srp_Cyrl Serbian; ssw_Latn Swati; sun_Latn Sundanese; swe_Latn Swedish; swh_Latn Swahili; tam_Taml Tamil;
tel_Telu Telugu; tgk_Cyrl Tajik; tgl_Latn Tagalog; tha_Thai Thai; tir_Ethi Tigrinya; tsn_Latn Tswana; tso_Latn Tsonga;
tur_Latn Turkish; ukr_Cyrl Ukrainian; urd_Arab Urdu; urd_Latn Urdu (Romanized); uzn_Latn Northern Uzbek;
vie_Latn Vietnamese; war_Latn Waray; wol_Latn Wolof; xho_Latn Xhosa; yor_Latn Yoruba; zho_Hans Chinese (Simplified);
zho_Hant Chinese (Traditional); zsm_Latn Standard Malay; zul_Latn Zulu
"""
# Files of openai/MMMLU, from its card
MMMLU = (
    "ar AR-XY, bn BN-BD, de DE-DE, es ES-LA, fr FR-FR, hi HI-IN, id ID-ID, it IT-IT, ja JA-JP, ko KO-KR, pt PT-BR, "
    "sw SW-KE, yo YO-NG, zh ZH-CN"
)
# Folders of alexandrainst/m_hellaswag, but for English, which is read elsewhere, and Serbian; tags are the same
M_HELLASWAG = "ar bn ca da de es eu fr gu hi hr hu hy id is it kn ml mr nb ne nl pt ro ru sk sv ta te uk vi zh"

# Repository and commit, those of the English questions, rows of an English and of other files, licence
DATASETS = {
    "belebele": (("facebook/belebele", "main"), None, (900, 900), "CC-BY-SA-4.0"),
    "mmmlu": (
        ("openai/MMMLU", "325a01dc3e173cac1578df94120499aaca2e2504"),
        ("cais/mmlu", "c30699e8356da336a370243923dbaf21066bb9fe"),
        (14042, 14042),
        "MIT",
    ),
    "mhellaswag": (
        ("alexandrainst/m_hellaswag", "9d31dc982bd6285e081e3e3136332a38b9c1d7b7"),
        ("Rowan/hellaswag", "218ec52e09a7e7462a5400043bb9a69a41d06b76"),
        (10042, {"de": 9368}),
        "CC-BY-NC-4.0",
    ),
}
DATASETS["mhellaswag-okapi11"] = DATASETS["mhellaswag"]
# Other public data sets: repository, licence, number of languages, and what the languages have in common
OTHERS = {
    "m_arc": ("alexandrainst/m_arc", "CC-BY-NC-4.0", 31, "rows"),
    "m_mmlu": ("alexandrainst/m_mmlu", "CC-BY-NC-4.0", 31, "rows"),
    "global-mmlu": ("CohereLabs/Global-MMLU", "Apache-2.0", 42, "rows"),
    "global-mmlu-lite": ("CohereLabs/Global-MMLU-Lite", "Apache-2.0", 16, "rows"),
    "mmlu-prox": ("li-lab/MMLU-ProX", "MIT", 29, "rows"),
    "xstorycloze": ("juletxara/xstory_cloze", "CC-BY-SA-4.0", 11, "rows"),
    "xcopa": ("cambridgeltl/xcopa", "CC-BY-4.0", 11, "rows"),
    "global-piqa": ("mrlbenchmarks/global-piqa-parallel", "CC-BY-SA-4.0", 14, "rows"),
    "eu-mmlu": ("EC-DGT-AI/EU-MMLU", None, 2, "rows"),
    "mubench-mmlu": ("aialt/MuBench", None, 20, "rows"),
    "include": ("CohereLabs/include-base-44", "Apache-2.0", 43, "none"),
}
TAGS = {
    "mhellaswag": "en ca es hi id it ml mr ru zh",
    "mhellaswag-okapi11": "en ar bn de es fr hi id it pt zh",
}
# Language -> the file that its questions are read from
FILES = {
    "belebele": {"en": "data/eng_Latn.jsonl", "zh-Hant": "data/zho_Hant.jsonl", "ar-Latn": "data/arb_Latn.jsonl"},
    "mmmlu": {"en": "all/test-00000-of-00001.parquet", "bn": "test/mmlu_BN-BD.csv"},
    "mhellaswag": {"en": "data/validation-00000-of-00001.parquet", "ca": "data/ca/val.jsonl"},
}
# Of some others, the configuration and split that public evaluations load.
SPLITS = {
    "mmlu-prox": {"zh": ("zh", "test")},
    "include": {"ne": ("Nepali", "test"), "sq": ("Albanian", "test")},
    "mubench-mmlu": {"zh": ("MMLUDataset_lighteval_zh", "test")},
}

# Name, repository and that of its base variant, layers, width, vocabulary, whether one matrix embeds and unembeds,
# parameters, GPU, whether terms have to be accepted. The paper ran fewer than 10B parameters on A100, more on H100.
MODELS = """
gemma-2-2b google/gemma-2-2b-it google/gemma-2-2b 26 2304 256000 tied 2614341888 a100 gated
gemma-2-9b google/gemma-2-9b-it google/gemma-2-9b 42 3584 256000 tied 9241705984 a100 gated
gemma-2-27b google/gemma-2-27b-it google/gemma-2-27b 46 4608 256000 tied 27227128320 h100 gated
qwen2.5-3b Qwen/Qwen2.5-3B-Instruct Qwen/Qwen2.5-3B 36 2048 151936 tied 3085938688 a100 open
qwen2.5-7b Qwen/Qwen2.5-7B-Instruct Qwen/Qwen2.5-7B 28 3584 152064 untied 7615616512 a100 open
qwen2.5-32b Qwen/Qwen2.5-32B-Instruct Qwen/Qwen2.5-32B 64 5120 152064 untied 32763876352 h100 open
llama-3.1-8b meta-llama/Llama-3.1-8B-Instruct - 32 4096 128256 untied 8030261248 a100 gated
mistral-7b mistralai/Mistral-7B-Instruct-v0.3 - 32 4096 32768 untied 7248023552 a100 gated
olmo-2-7b allenai/OLMo-2-1124-7B-Instruct - 32 4096 100352 untied 7298617344 a100 open
gemma-3-270m google/gemma-3-270m-it - 18 640 262144 tied 268098176 none gated
gemma-3-1b google/gemma-3-1b-it - 26 1152 262144 tied 999885952 a100 gated
gemma-3-4b google/gemma-3-4b-it - 34 2560 262208 tied 4300079472 a100 gated
gemma-3-12b google/gemma-3-12b-it - 48 3840 262208 tied 12187325040 h100 gated
gemma-3-27b google/gemma-3-27b-it - 62 5376 262208 tied 27432406640 h100 gated
qwen3-0.6b Qwen/Qwen3-0.6B - 28 1024 151936 tied 596049920 a100 open
qwen3-1.7b Qwen/Qwen3-1.7B - 28 2048 151936 tied 1720574976 a100 open
qwen3-4b Qwen/Qwen3-4B - 36 2560 151936 tied 4022468096 a100 open
qwen3-8b Qwen/Qwen3-8B - 36 4096 151936 untied 8190735360 a100 open
qwen3-14b Qwen/Qwen3-14B - 40 5120 151936 untied 14768307200 h100 open
qwen3-32b Qwen/Qwen3-32B - 64 5120 151936 untied 32762123264 h100 open
qwen2.5-0.5b Qwen/Qwen2.5-0.5B-Instruct - 24 896 151936 tied 494032768 none open
llama-3.2-1b meta-llama/Llama-3.2-1B-Instruct - 16 2048 128256 tied 1235814400 a100 gated
llama-3.2-3b meta-llama/Llama-3.2-3B-Instruct - 28 3072 128256 tied 3212749824 a100 gated
aya-expanse-8b CohereLabs/aya-expanse-8b - 32 4096 256000 tied 8028033024 a100 gated
aya-expanse-32b CohereLabs/aya-expanse-32b - 40 8192 256000 tied 32296476672 h100 gated
eurollm-1.7b utter-project/EuroLLM-1.7B-Instruct - 24 2048 128000 untied 1656850432 a100 open
eurollm-9b utter-project/EuroLLM-9B-Instruct - 42 4096 128000 untied 9152319488 a100 gated
smollm2-135m HuggingFaceTB/SmolLM2-135M-Instruct - 30 576 49152 tied 134515008 none open
smollm2-360m HuggingFaceTB/SmolLM2-360M-Instruct - 32 960 49152 tied 361821120 none open
smollm2-1.7b HuggingFaceTB/SmolLM2-1.7B-Instruct - 24 2048 49152 tied 1711376384 a100 open
smollm3-3b HuggingFaceTB/SmolLM3-3B - 36 2048 128256 tied 3075098624 a100 open
apertus-8b swiss-ai/Apertus-8B-Instruct-2509 - 32 4096 131072 untied 8053338176 a100 gated
olmo-2-1b allenai/OLMo-2-0425-1B-Instruct - 16 2048 100352 untied 1484916736 a100 open
olmo-2-13b allenai/OLMo-2-1124-13B-Instruct - 40 5120 100352 untied 13716198400 h100 open
"""

# The paper's models in the order of its tables, and the layers at which the lens is read: every fourth, up to the last
GRIDS = {
    "gemma-2-2b": range(2, 27, 4),
    "gemma-2-9b": range(2, 43, 4),
    "gemma-2-27b": range(2, 47, 4),
    "qwen2.5-3b": range(4, 37, 4),
    "qwen2.5-7b": range(4, 29, 4),
    "qwen2.5-32b": range(4, 65, 4),
}
# Model -> layers of the sweep of gamma (Figs. 4 and 7)
SWEPT = {"gemma-2-2b": [6, 10], "qwen2.5-3b": [12], "qwen2.5-32b": [12]}
# What a figure shows other than all models, all data sets and, where it has them, its schema's layers
SHOWN = {
    "transfer_heatmap": {  # Fig. 1
        "models": ["gemma-2-9b"],
        "datasets": ["mmmlu"],
        "measures": ["positive_transfer", "positive_transfer_excess"],
    },
    "pca": {  # Figs. 3 and 6
        "models": ["gemma-2-9b", "gemma-2-27b", "qwen2.5-3b", "qwen2.5-32b"],
        "datasets": ["belebele"],
        "layers": "all",
    },
    "gamma_sweep": {"models": list(SWEPT), "layers": "swept"},  # Figs. 4 and 7
    "steering_across_layers": {"models": ["gemma-2-2b", "gemma-2-9b", "gemma-2-27b"], "gamma": 2},  # Fig. 8
    "steering_accuracy_by_language": {"layers": "middle", "gamma": 2},  # Figs. 5 and 9
    "steering_transfer_change": {"layers": "middle", "gamma": 2},  # Fig. 10
    "steering_consistency_change": {"layers": "middle", "gamma": 2},  # Fig. 11
    "log_ratio_by_layer": {},  # Fig. 2a
    "log_ratio_by_prompt": {},  # not in the paper
    "latent_accuracy_by_layer": {},  # Fig. 2b
    "similarity_by_layer": {},
    "similarity_across_models": {},
    "vector_similarity": {"layers": "middle"},
    "steering_controls": {},
    "steering_size": {},
}


def catalogue(name: str) -> dict:
    values = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))
    return catalogues.validated(values, catalogues.load_schema(ROOT / "workflow/schemas", name), f"config/{name}.yaml")


@pytest.fixture(scope="module")
def paper():
    """config/paper.yaml over config/config.yaml, laid there by Snakemake's own function."""
    values, overlay = (yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("config", "paper"))
    update_config(values, overlay)
    return catalogues.validated(
        values, catalogues.load_schema(ROOT / "workflow/schemas", "config"), "config/paper.yaml"
    )


def test_belebele_has_its_122_files_under_the_names_of_their_languages():
    expected = dict(entry.split(maxsplit=1) for entry in " ".join(BELEBELE.split()).split("; "))
    assert len(expected) == 122
    assert {row["belebele"]: row["name"] for row in LANGUAGES.values() if row["belebele"]} == expected


def test_mmmlu_has_its_fourteen_files_and_english():
    expected = dict(entry.split() for entry in MMMLU.split(", "))
    assert len(expected) == 14
    found = {tag: row["mmmlu"] for tag, row in LANGUAGES.items() if row["mmmlu"]}
    assert found.pop("en")
    assert found == expected


def test_mhellaswag_has_its_folders_and_english():
    found = {tag: row["hellaswag"] for tag, row in LANGUAGES.items() if row["hellaswag"]}
    assert found == {tag: tag for tag in [*M_HELLASWAG.split(), "en"]}


@pytest.mark.parametrize("name", DATASETS)
def test_data_sets_come_from_their_repositories(name):
    (hub, revision), english, (english_rows, rows), licence = DATASETS[name]
    entry = catalogue("datasets")[name]
    source = {"hub": hub, "revision": revision}
    if english:
        source["english"] = dict(zip(("hub", "revision"), english, strict=True))
    assert entry["source"] == source
    assert entry["rows"] == {"english": english_rows, "translations": rows}
    assert entry["licence"] == licence
    assert entry["languages"] == (TAGS[name].split() if name in TAGS else "all")


@pytest.mark.parametrize("name", OTHERS)
def test_other_data_sets_come_from_their_repositories(name):
    entry = load_catalogue(ROOT, "datasets")[name]
    facts = (entry["source"]["hub"], entry.get("licence"), len(entry["languages"]), entry["parallel"])
    assert facts == OTHERS[name]
    sources.check_dataset(name, entry, entry["languages"], LANGUAGES, "config/datasets.yaml")


@pytest.mark.parametrize(("name", "tag"), [(name, tag) for name, files in FILES.items() for tag in files])
def test_questions_are_read_from_the_file_of_their_language(name, tag):
    assert raw_file(LANGUAGES, tag, name, catalogue("datasets")[name]) == FILES[name][tag]


@pytest.mark.parametrize(("name", "tag"), [(name, tag) for name, splits in SPLITS.items() for tag in splits])
def test_questions_are_loaded_from_the_split_of_their_language(name, tag):
    entry = catalogue("datasets")[name]
    settings = sources.file_settings(name, entry, raw_file(LANGUAGES, tag, name, entry), LANGUAGES)
    assert (settings["config"], settings["split"]) == SPLITS[name][tag]


@pytest.mark.parametrize("line", MODELS.strip().splitlines(), ids=lambda line: line.split()[0])
def test_models_are_what_their_repositories_hold(line):
    name, instruct, base, layers, width, vocabulary, tied, parameters, gpu, gated = line.split()
    sizes = (int(layers), int(width), int(vocabulary), tied == "tied", round(int(parameters) / 1e9, 2))
    for entry_name, hub in [(name, instruct), *([(f"{name}-base", base)] if base != "-" else [])]:
        entry = definitions.with_defaults(entry_name, catalogue("models")[entry_name])
        assert entry["source"] == {"hub": hub, "revision": "main", "gated": gated == "gated"}
        assert tuple(entry[key] for key in ("layers", "d_model", "vocabulary", "tied", "parameters")) == sizes
        assert (entry["gpu"], entry["dtype"], entry["attention"]) == (gpu, "bfloat16", "auto")


def test_models_that_think_first_are_told_not_to():
    told = {name for name, entry in catalogue("models").items() if entry["chat_template_kwargs"]}
    assert told == {name for name in catalogue("models") if name.startswith(("qwen3-", "smollm3-"))}
    assert all(catalogue("models")[name]["chat_template_kwargs"] == {"enable_thinking": False} for name in told)


def test_all_models_and_data_sets_of_a_hub_are_in_these_tables():
    models = [line.split()[:3] for line in MODELS.strip().splitlines()]
    bases = [f"{name}-base" for name, _, base in models if base != "-"]
    for kind, names in {"models": [*(name for name, *_ in models), *bases], "datasets": [*DATASETS, *OTHERS]}.items():
        assert {name for name, entry in catalogue(kind).items() if "hub" in entry["source"]} == set(names)


def test_the_paper_runs_six_models_on_three_data_sets_in_all_languages(paper):
    assert (paper["run"], paper["pivot"], paper["languages"]) == ("paper", "en", "all")
    assert paper["models"] == list(GRIDS)
    assert paper["datasets"] == ["belebele", "mmmlu", "mhellaswag"]


def test_the_paper_asks_in_one_line_with_the_english_frame(paper):
    assert paper["prompt"] == {
        "separator": " ",
        "letter_form": "A:",
        "instruction_language": "en",
        "chat_template": False,
        "examples": {"number": 0, "not": {}},
    }
    assert catalogue("instructions")["en"] == {
        "instruction": "Given the following question and answer choices, "
        "output the letter corresponding to the correct answer.",
        "question": "Question:",
        "answer": "Answer:",
    }


def test_the_paper_takes_fifty_questions_for_vectors_and_components(paper):
    assert paper["steering"]["questions"] == 50
    assert paper["pca"] == {"questions": 50}
    assert paper["states"] == {"questions": 200}  # ours; the paper names no number
    assert paper["correlations"] == {"layers": "all"}
    switches = {name: paper["lens"][name] for name in ("layers", "final_norm", "softcap", "aggregate")}
    assert switches == {"layers": "grid", "final_norm": True, "softcap": True, "aggregate": "mean_logprob"}


@pytest.mark.parametrize("model", GRIDS)
def test_the_paper_steers_all_layers_of_the_grid_and_sweeps_gamma_at_some(paper, model):
    grid = layers.grid(catalogue("models")[model]["layers"], paper["layers"]["every"])
    assert grid == list(GRIDS[model])
    expected = {*product(GRIDS[model], [-2, 2]), *product(SWEPT.get(model, []), [-4, -3, -2, -1, 1, 2, 3, 4])}
    entries = steering.settled(paper["steering"]["conditions"], "en", {"all": ["en", "es", "hi", "zh"]})
    found = steering.conditions(entries, model, grid, grid[-1])
    own = [each for each in found if each.vector == "own"]
    assert set(own) == {(*pair, "own", "add") for pair in expected} and len(own) == len(expected)
    controls = {each[2:] for each in found} - {("own", "add")}
    assert controls == {*product(("random_1", "random_2", "language:es"), ["add"]), ("patch", "replace")}


def test_the_paper_shows_these_models_and_data_sets_in_its_figures(paper):
    assert paper["figures"] == {name: {"models": "all", "datasets": "all"} | shown for name, shown in SHOWN.items()}
