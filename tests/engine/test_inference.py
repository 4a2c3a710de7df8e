"""One pass over all questions gives the tables that plain forwards, one per choice and condition, would give."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import tiny_models
import tiny_questions
import torch
from crosslens import sampling
from crosslens.engine import edits, forward, hidden_states, inference, models, packing, preparation, sharing
from crosslens.engine.hooks import Edit
from crosslens.errors import CrosslensError
from crosslens.tables import files
from crosslens.tables.inference import ANSWERS, FORMS, LENS, PERMUTED, STEERED
from plain_forwards import latent_logprob, next_token_logprobs
from tiny_questions import WORDS, vectors_table
from tokenizers import Tokenizer, normalizers
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import PreTrainedTokenizerFast

TOKENIZER, LAYERS, SEED = tiny_questions.tokenizer(), [2, 4], 5
QUESTIONS = tiny_questions.questions(7)
TABLES = (ANSWERS, PERMUTED, LENS, STEERED)
USED = ["question 1", "question 4"]
CONDITIONS = [[2, -2.0], [2, 1.5], [4, 2.0]]
VECTORS = torch.randn(2, 32, generator=torch.Generator().manual_seed(9)).numpy()


def lfm2():
    """Return a model that is run with plain rows."""
    return tiny_models.plain("convolutions (LFM2)")


def edits_of(conditions=CONDITIONS, used=USED):
    return edits.make(conditions, {"own": vectors_table(LAYERS, VECTORS, used)} if conditions else {})


def prepare(
    questions=QUESTIONS,
    conditions=CONDITIONS,
    used=USED,
    tokenizer=TOKENIZER,
    control_questions=100,
    ceiling_questions=0,
    lens_prompts=(),
    **options,
):
    samples = {"control_questions": control_questions, "ceiling_questions": ceiling_questions}
    samples["lens_prompts"] = lens_prompts
    return preparation.prepare(questions, tokenizer, edits_of(conditions, used), **samples, seed=SEED, **options)


def run(model, packed, final_norm=True, softcap=True, token_budget=300, rows="auto"):
    decoder = models.dissect(model, rows)
    return inference.run(decoder, packed, LAYERS, final_norm, softcap, token_budget)[0]


def as_tables(columns, folder):
    """Write and read back the three tables, which checks them against their declarations."""
    for table in TABLES:
        files.write_table(folder / f"{table.name}.arrow", table, columns[table.name], {})
    return {table.name: files.read_table(folder / f"{table.name}.arrow", table) for table in TABLES}


def assert_close(ours, oracle):
    oracle = torch.stack(list(oracle))
    torch.testing.assert_close(torch.tensor(ours), oracle, rtol=0, atol=2e-5 * max(1.0, float(oracle.abs().max())))


def prompt_tokens(question):
    return TOKENIZER(question["prompt"])["input_ids"]


def choice_tokens(question, text):
    joined = TOKENIZER(f"{question['prompt']} {text}")["input_ids"]
    return joined[len(prompt_tokens(question)) :]


def letters(n):
    return TOKENIZER.convert_tokens_to_ids([f"Ġ{letter}" for letter in "ABCDE"[:n]])


@pytest.mark.parametrize("switches", [{}, {"final_norm": False}, {"softcap": False}], ids=str)
@pytest.mark.parametrize(("make", "n_choices"), [(tiny_models.qwen2, 4), (tiny_models.gemma2, 3), (lfm2, 4)])
def test_tables_equal_plain_forwards(make, n_choices, switches, tmp_path):
    model, questions = make(), tiny_questions.questions(7, n_choices)
    by_id = {question["question_id"]: question for question in questions.to_pylist()}
    tables = as_tables(run(model, prepare(questions), **switches), tmp_path)

    assert [(row["question_id"], row["key"]) for row in tables["answers"].to_pylist()] == [
        (question["question_id"], question["key"]) for question in by_id.values()
    ]
    for row in tables["answers"].to_pylist():
        logprobs = next_token_logprobs(model, prompt_tokens(by_id[row["question_id"]]))
        assert_close(row["logprob"], logprobs[letters(n_choices)])

    control = sampling.derangement(list(by_id), SEED)
    rows = [(row["question_id"], row["layer"], row["form"]) for row in tables["lens"].to_pylist()]
    assert rows == [(question, layer, form) for question in by_id for layer in LAYERS for form in FORMS]
    for row in tables["lens"].to_pylist():
        question = by_id[row["question_id"]]
        whose = by_id[control[row["question_id"]]] if row["form"].endswith("control") else question
        assert row["key"] == whose["key"]
        texts = whose["pivot_choices" if row["form"].startswith("pivot") else "choices"]
        continuations = [choice_tokens(question, text) for text in texts]
        assert row["n_tokens"] == [len(tokens) for tokens in continuations]
        prompt = prompt_tokens(question)
        oracle = [latent_logprob(model, prompt, tokens, row["layer"], **switches) for tokens in continuations]
        assert_close(row["logprob"], oracle)
        first = [latent_logprob(model, prompt, tokens[:1], row["layer"], **switches) for tokens in continuations]
        assert_close(row["first_logprob"], first)
        assert row["n_characters"] == list(map(len, texts))

    rows = [(row["question_id"], row["layer"], row["gamma"]) for row in tables["steered"].to_pylist()]
    assert rows == [(question, *pair) for question in by_id if question not in USED for pair in CONDITIONS]
    for row in tables["steered"].to_pylist():
        delta = torch.tensor(row["gamma"] * VECTORS[LAYERS.index(row["layer"])])
        prompt = prompt_tokens(by_id[row["question_id"]])
        assert_close(row["logprob"], next_token_logprobs(model, prompt, row["layer"], delta)[letters(n_choices)])


def test_questions_that_made_the_vectors_are_not_steered():
    packed = prepare()
    copies = {
        question: len(prompt.conditions) for question, prompt in zip(packed.question_ids, packed.prompts, strict=True)
    }
    steered = {f"question {i}": len(CONDITIONS) + 1 for i in (0, 2, 3, 5, 6)}
    assert copies == dict.fromkeys(USED, 0) | steered, "one for gamma = 0"


def test_no_question_left_to_steer_is_an_error():
    message = "all 7 questions were used for the steering vector.*Lower 'steering.questions'"
    with pytest.raises(CrosslensError, match=message):
        prepare(used=QUESTIONS["question_id"].to_pylist())


def test_the_pivots_run_has_no_conditions_and_an_empty_steered_table(tmp_path):
    model = tiny_models.gemma2()
    packed = prepare(conditions=[], used=[])
    assert not any(prompt.conditions for prompt in packed.prompts)
    tables = as_tables(run(model, packed), tmp_path)
    assert len(tables["steered"]) == 0 and len(tables["answers"]) == 7 and len(tables["lens"]) == 7 * 2 * 4
    steered = as_tables(run(model, prepare()), tmp_path)
    for name in ("answers", "lens"):
        np.testing.assert_allclose(
            files.matrix(tables[name], "logprob"), files.matrix(steered[name], "logprob"), rtol=0, atol=2e-5
        )


def all_logprobs(columns):
    return {name: np.asarray(columns[name]["logprob"]) for name in ("answers", "permuted", "lens", "steered")}


@pytest.mark.parametrize(("forms", "layers"), [(("native",), LAYERS), ((), [])], ids=["native", "none"])
def test_fewer_forms_change_nothing_but_the_rows_that_are_there(forms, layers, tmp_path):
    model = models.dissect(tiny_models.gemma2())
    (tmp_path / "all").mkdir()
    every, some = (
        prepare(ceiling_questions=3, lens_prompts=["without_choices"], forms=kept) for kept in (FORMS, forms)
    )
    expected, n_tokens = inference.run(model, every, LAYERS, True, True, 300)
    found, fewer_tokens = inference.run(model, some, layers, True, True, 300)
    assert fewer_tokens < n_tokens
    expected, found = as_tables(expected, tmp_path / "all"), as_tables(found, tmp_path)
    scored = pc.is_in(expected["lens"]["form"].cast(pa.string()), pa.array(forms, pa.string()))
    expected["lens"] = expected["lens"].filter(scored)
    for name, table in expected.items():
        numbers = [column for column in table.column_names if column.endswith("logprob")]
        assert found[name].drop_columns(numbers).to_pylist() == table.drop_columns(numbers).to_pylist()
        for column in numbers:
            ours, theirs = (files.matrix(each, column) for each in (found[name], table))
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5)


@pytest.mark.parametrize("token_budget", [1, 90, 10**6])
def test_the_token_budget_changes_nothing_beyond_rounding(token_budget):
    model = tiny_models.gemma2()
    reference = all_logprobs(run(model, prepare()))
    ours = all_logprobs(run(model, prepare(), token_budget=token_budget))
    for name, values in reference.items():
        np.testing.assert_allclose(ours[name], values, rtol=0, atol=2e-5)


@pytest.mark.parametrize("limit", [1, 3])
def test_running_out_of_memory_changes_nothing_beyond_rounding(monkeypatch, limit):
    """Questions 1 and 4 are not steered, so results must still go to the right questions in the smaller batches."""
    model, plain = tiny_models.gemma2(), forward.run
    reference = all_logprobs(run(model, prepare(), token_budget=10**4))

    def small_memory(decoder, batch, layers, copies=None):
        if len(batch.prompts) > limit and copies is not None:
            raise torch.OutOfMemoryError("simulated")
        return plain(decoder, batch, layers, copies)

    monkeypatch.setattr(forward, "run", small_memory)
    ours = all_logprobs(run(model, prepare(), token_budget=10**4))
    for name, values in reference.items():
        np.testing.assert_allclose(ours[name], values, rtol=0, atol=2e-5)


def test_one_forward_pass_per_batch_whatever_the_number_of_conditions(monkeypatch):
    """The run-time check adds a pass over four packed rows and seven plain ones: prompts, steered prompts, a choice."""
    calls = []
    model = tiny_models.qwen2()
    model.model.register_forward_hook(lambda module, args, kwargs, output: calls.append(1), with_kwargs=True)
    conditions = [[layer, gamma] for layer in LAYERS for gamma in np.linspace(-4, 4, 9).tolist()]
    run(model, prepare(conditions=conditions), token_budget=10**6)
    assert len(calls) == 1 + 1 + 4 + 2 + 1


def test_a_model_that_changes_its_logits_is_refused():
    model = tiny_models.qwen2()
    model.lm_head.register_forward_hook(lambda module, args, logits: logits * 1.2)
    with pytest.raises(CrosslensError, match="own next-token distribution"):
        run(model, prepare())


def test_copies_that_are_not_the_prompts_last_token_are_refused(monkeypatch):
    """Gamma = 0 must give the un-steered letters of every prompt, also of those that no plain pass checks."""
    packed = prepare()

    def shifted(prompts):
        row = packing.pack(prompts)
        for copy in (copy for branches in row.branches for copy in branches.copies):
            row.positions[copy] += 1
        return row

    monkeypatch.setattr(sharing, "pack", shifted)
    monkeypatch.setattr(inference.self_check, "pack", shifted)
    with pytest.raises(CrosslensError, match="a plain forward pass that is steered in the same way"):
        run(tiny_models.qwen2(), packed)
    monkeypatch.setattr(inference.self_check, "check_passes", lambda *arguments: None)
    with pytest.raises(CrosslensError, match="un-steered letters at gamma = 0"):
        run(tiny_models.qwen2(), packed)


def test_numbers_that_are_not_finite_are_an_error_with_the_remedy(monkeypatch):
    """In float16 a state may overflow in any batch, not only in the rows that are checked."""
    monkeypatch.setattr(inference.self_check, "check_passes", lambda *arguments: None)
    model = tiny_models.qwen2(dtype=torch.float16)
    model.model.layers[1].register_forward_hook(lambda module, args, output: output * 1e5)
    with pytest.raises(CrosslensError, match="questions question .*float16.*Set 'dtype: bfloat16'"):
        run(model, prepare())
    with pytest.raises(CrosslensError, match="questions question .*float16.*Set 'dtype: bfloat16'"):
        hidden_states.run(models.dissect(model), TOKENIZER, QUESTIONS, LAYERS, 4, 0, 300)


def test_texts_that_merge_with_the_prompt_are_counted_in_the_log(capsys):
    prepare()
    first = f"first prompt: {QUESTIONS['prompt'][0].as_py()!r}\n"
    assert capsys.readouterr().out == first
    merging = tiny_questions.tokenizer()
    merging.backend_tokenizer.normalizer = normalizers.Replace("is: ", "in: ")
    packed = prepare(tokenizer=merging)
    n = sum(len(prompt.continuations) for prompt in packed.prompts)
    merged = f"{n} of {n} choices merge with the end of the prompt and are tokenized alone\n"
    assert capsys.readouterr().out == first + merged


def test_with_a_chat_template_letters_are_those_of_plain_forwards_of_the_conversation(tmp_path):
    tokenizer, model = tiny_questions.tokenizer(), tiny_models.gemma2()
    tokenizer.chat_template = "{{ bos_token }}the {{ messages[0].role }}: {{ messages[0].content }} the is:"
    packed = prepare(tokenizer=tokenizer, chat_template=True)
    tables = as_tables(run(model, packed), tmp_path)
    ids = tokenizer.convert_tokens_to_ids(["A", "B", "C", "D"])
    for question, row in zip(QUESTIONS.to_pylist(), tables["answers"].to_pylist(), strict=True):
        turn = [{"role": "user", "content": question["prompt"]}]
        conversation = tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_dict=True)["input_ids"]
        assert_close(row["logprob"], next_token_logprobs(model, conversation)[ids])


def of_varying_choices(*numbers: int) -> pa.Table:
    """Return questions with these numbers of choices."""
    tables = [tiny_questions.questions(1, n, seed) for seed, n in enumerate(numbers)]
    ids = [f"question {i}" for i in range(len(numbers))]
    return pa.concat_tables(tables).set_column(0, "question_id", pa.array(ids))


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2])
def test_questions_with_different_numbers_of_choices_equal_plain_forwards(make):
    """The only question of two choices has no control: there is no other one to take choices from."""
    model, numbers = make(), [3, 5, 2, 3, 4, 3, 5, 4]
    questions = of_varying_choices(*numbers)
    by_id = {question["question_id"]: question for question in questions.to_pylist()}
    columns = run(model, prepare(questions), token_budget=200)
    control = preparation.donors(dict(zip(by_id, numbers, strict=True)), 100, SEED)

    assert columns["answers"]["logprob"].shape == (8, 5)
    for question, n, row in zip(by_id.values(), numbers, columns["answers"]["logprob"], strict=True):
        assert_close(row[:n], next_token_logprobs(model, prompt_tokens(question))[letters(n)])
        assert np.isnan(row[n:]).all()

    lens = columns["lens"]
    whose = list(zip(lens["question_id"].to_pylist(), lens["form"].to_pylist(), strict=True))
    assert {name for name, form in whose if form.endswith("control")} == set(by_id) - {"question 2"} == set(control)
    for i, (name, form) in enumerate(whose):
        question, n = by_id[name], len(by_id[name]["choices"])
        source = by_id[control[name]] if form.endswith("control") else question
        assert lens["key"][i] == source["key"]
        texts = source["pivot_choices" if form.startswith("pivot") else "choices"]
        continuations = [choice_tokens(question, text) for text in texts]
        assert lens["n_tokens"][i].tolist() == [*map(len, continuations), *[0] * (5 - n)]
        layer = int(lens["layer"][i])
        oracle = [latent_logprob(model, prompt_tokens(question), tokens, layer) for tokens in continuations]
        assert_close(lens["logprob"][i, :n], oracle)
        assert np.isnan(lens["logprob"][i, n:]).all()

    steered = columns["steered"]
    for i, name in enumerate(steered["question_id"].to_pylist()):
        layer, gamma, n = int(steered["layer"][i]), steered["gamma"][i], len(by_id[name]["choices"])
        delta = torch.tensor(gamma * VECTORS[LAYERS.index(layer)])
        oracle = next_token_logprobs(model, prompt_tokens(by_id[name]), layer, delta)[letters(n)]
        assert_close(steered["logprob"][i, :n], oracle)
        assert np.isnan(steered["logprob"][i, n:]).all()


def test_donors_are_the_next_sampled_questions_with_the_same_number_of_choices():
    numbers = {f"question {i}": n for i, n in enumerate([4, 4, 3, 4, 5, 3, 2, 5, 4])}
    control = preparation.donors(numbers, 100, SEED)
    order = sampling.order(numbers, SEED)
    for question, donor in control.items():
        after = order[order.index(question) + 1 :] + order[: order.index(question)]
        assert donor == next(other for other in after if numbers[other] == numbers[question])
    assert set(numbers) - set(control) == {"question 6"}, "it is alone with its number"


@pytest.mark.parametrize("sampled", [0, 1, 2, 5, 9, 100])
def test_donors_are_a_derangement_of_the_sampled_questions(sampled):
    ids = [f"question {i}" for i in range(9)]
    control = preparation.donors(dict.fromkeys(ids, 4), sampled, SEED)
    first = sampling.order(ids, SEED)[:sampled]
    assert control == (sampling.derangement(first, SEED) if len(first) > 1 else {})


def test_the_control_is_scored_for_the_sampled_questions_only():
    """What is sampled is the same whether or not more are sampled, and nothing else changes."""
    model = tiny_models.gemma2()
    columns = {n: run(model, prepare(control_questions=n))["lens"] for n in (3, 100)}
    whose = {
        n: list(zip(*(lens[name].to_pylist() for name in ("question_id", "form")), lens["layer"].tolist(), strict=True))
        for n, lens in columns.items()
    }
    controlled = {name for name, form, _ in whose[3] if form.endswith("control")}
    assert controlled == set(sampling.order(QUESTIONS["question_id"].to_pylist(), SEED)[:3])
    own = [row for row in whose[100] if not row[1].endswith("control")]
    assert [row for row in whose[3] if not row[1].endswith("control")] == own
    for name, form, layer in own:
        few, all_ = (columns[n]["logprob"][whose[n].index((name, form, layer))] for n in (3, 100))
        np.testing.assert_allclose(few, all_, rtol=0, atol=2e-5)


def test_up_to_26_choices_are_asked_for_by_letters():
    questions = of_varying_choices(26, 3, 26, 3)
    vocabulary = {f"{token}": i for i, token in enumerate(["<unk>", *(chr(65 + i) for i in range(26)), *WORDS])}
    words = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>")
    model = tiny_models.make("llama", max_position_embeddings=4096)
    columns = run(model, prepare(questions, [], [], tokenizer))
    assert columns["answers"]["logprob"].shape == (4, 26)
    assert (~np.isnan(columns["answers"]["logprob"])).sum(axis=1).tolist() == [26, 3, 26, 3]
    with pytest.raises(CrosslensError, match="has 27 choices, but .* from 1 to 26"):
        prepare(of_varying_choices(27, 27), [], [], tokenizer)


def test_choices_that_differ_in_number_between_the_languages_are_refused():
    short = QUESTIONS.set_column(
        QUESTIONS.column_names.index("pivot_choices"), "pivot_choices", pa.array([["red"]] * 7, pa.list_(pa.string()))
    )
    with pytest.raises(CrosslensError, match="has 4 choices and 1 in the pivot language"):
        prepare(short)


def with_a_choice_of(n_words: int) -> pa.Table:
    changed = QUESTIONS.to_pylist()
    changed[2]["choices"][1] = " ".join(["dog", "cat"] * (n_words // 2))
    return pa.Table.from_pylist(changed, QUESTIONS.schema)


def test_a_choice_of_more_than_a_thousand_tokens_is_scored():
    questions = with_a_choice_of(1200)
    model = tiny_models.make("llama", max_position_embeddings=4096)
    columns = run(model, prepare(questions, [], []), token_budget=3000)
    question = questions.to_pylist()[2]
    tokens = choice_tokens(question, question["choices"][1])
    at = 2 * len(LAYERS) * len(FORMS)
    assert len(tokens) >= 1200 and columns["lens"]["n_tokens"][at].tolist()[1] == len(tokens)
    assert_close(columns["lens"]["logprob"][at, 1:2], [latent_logprob(model, prompt_tokens(question), tokens, 2)])


def test_a_choice_with_more_tokens_than_the_tables_can_count_is_an_error():
    with pytest.raises(CrosslensError, match=r"has 3\d{4} tokens, but at most 32767 can be stored"):
        prepare(with_a_choice_of(34_000), [], [])


def test_further_prompts_are_scored_for_the_sampled_questions():
    """The question without its choices and the pivot's prompt have the question's own choices, and no control."""
    model, by_id = tiny_models.gemma2(), {question["question_id"]: question for question in QUESTIONS.to_pylist()}
    columns = run(model, prepare(control_questions=3, lens_prompts=["without_choices", "pivot"]))["lens"]
    sampled = sampling.order(by_id, SEED)[:3]
    rows = list(zip(*(columns[name].to_pylist() for name in ("question_id", "prompt", "form")), strict=True))
    for kind, column in (("without_choices", "prompt_without_choices"), ("pivot", "pivot_prompt")):
        indices = [i for i, row in enumerate(rows) if row[1] == kind]
        assert {rows[i][0] for i in indices} == set(sampled) and len(indices) == 3 * len(LAYERS) * 2
        for i in indices:
            question = by_id[rows[i][0]]
            asked = {"prompt": question[column]}
            texts = question["choices" if rows[i][2] == "native" else "pivot_choices"]
            tokens = [choice_tokens(asked, text) for text in texts]
            layer = int(columns["layer"][i])
            oracle = [latent_logprob(model, prompt_tokens(asked), each, layer) for each in tokens]
            assert_close(columns["logprob"][i], oracle)
    own = run(model, prepare(control_questions=3))["lens"]
    native = [i for i, row in enumerate(rows) if row[1] == "native"]
    np.testing.assert_allclose(columns["logprob"][native], own["logprob"], rtol=0, atol=2e-5)


@pytest.mark.parametrize("n_choices", [2, 4])
def test_the_letters_of_permuted_choices_are_mapped_back(n_choices, tmp_path):
    questions = tiny_questions.questions(7, n_choices)
    model, by_id = tiny_models.qwen2(), {question["question_id"]: question for question in questions.to_pylist()}
    tables = as_tables(run(model, prepare(questions, ceiling_questions=4)), tmp_path)
    rows = tables["permuted"].to_pylist()
    assert {row["question_id"] for row in rows} == set(sampling.order(by_id, SEED)[:4]) and len(tables["answers"]) == 7
    for row in rows:
        question = by_id[row["question_id"]]
        assert (row["key"], row["shift"]) == (question["key"], question["shift"])
        shown = next_token_logprobs(model, prompt_tokens({"prompt": question["permuted_prompt"]}))[letters(n_choices)]
        # Choice i stands at place (i + shift) mod J.
        assert_close(row["logprob"], [shown[(i + question["shift"]) % n_choices] for i in range(n_choices)])
    assert len(as_tables(run(model, prepare(questions)), tmp_path)["permuted"]) == 0


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.gemma2])
def test_packed_and_plain_rows_give_the_same_tables(make, tmp_path):
    """The slow path is the oracle of the fast one, and the other way round; it reads several times as many tokens."""
    model, prepared = make(), prepare()
    tables = {}
    for rows in ("packed", "plain"):
        (tmp_path / rows).mkdir()
        tables[rows] = as_tables(run(model, prepared, rows=rows), tmp_path / rows)
    for name, packed in tables["packed"].items():
        plain = tables["plain"][name]
        numbers = [column for column in packed.column_names if column.endswith("logprob")]
        assert packed.drop_columns(numbers).equals(plain.drop_columns(numbers))
        for column in numbers:
            ours, theirs = (files.matrix(table, column) for table in (packed, plain))
            np.testing.assert_allclose(ours, theirs, atol=2e-4, rtol=1e-4)
    n_tokens = [
        inference.run(models.dissect(model, rows), prepared, LAYERS, True, True, 300)[1] for rows in ("packed", "plain")
    ]
    assert n_tokens[1] > 5 * n_tokens[0]
    expected = sum(len(prompt.tokens) * (1 + len(prompt.conditions)) for prompt in prepared.prompts)
    expected += sum(
        len(prompt.tokens) + len(read)
        for prompt in prepared.prompts
        for read in {tuple(tokens[:-1]) for tokens in prompt.continuations} - {()}
    )
    assert n_tokens[1] == expected


def test_gamma_zero_and_the_letters_are_checked_on_plain_rows_too(monkeypatch):
    model = lfm2()
    monkeypatch.setattr(inference.self_check, "check_passes", lambda *arguments: None)

    def all_copies_alike(batch, copies):
        return lambda copy, place: {2: [Edit(place, torch.ones(1, 32))]}

    monkeypatch.setattr(forward, "_steer", all_copies_alike)
    with pytest.raises(CrosslensError, match="gamma = 0"):
        run(model, prepare())
