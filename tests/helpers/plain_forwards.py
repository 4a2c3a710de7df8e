"""The oracle of the one-pass engine: one plain Hugging Face forward per prompt, continuation and condition.

Shares no code with crosslens: masks and head are the models' own.
"""

import torch

# What decoder stacks call their layers and their final norm, where not "layers" and "norm".
NAMES = {
    "lfm2": ("layers", "embedding_norm"),
    "falcon_h1": ("layers", "final_layernorm"),
    "bloom": ("h", "ln_f"),
    "gpt2": ("h", "ln_f"),
    "mpt": ("blocks", "norm_f"),
    "gpt_neox": ("layers", "final_layer_norm"),
    "opt": ("layers", "final_layer_norm"),
}


@torch.inference_mode()
def next_token_logprobs(model, tokens, layer=None, vector=None, operation="add"):
    """Return log-probabilities [vocab] after ``tokens``.

    After block ``layer`` the last token's state is edited: ``vector`` is added to it, replaces it, or is projected out.
    """
    handles = []
    if layer is not None:

        def steer(module, args, output):
            hidden = (output[0] if isinstance(output, tuple) else output).clone()
            hidden[:, -1] = edited(hidden[:, -1], vector.to(hidden.dtype), operation)
            return (hidden, *output[1:]) if isinstance(output, tuple) else hidden

        handles.append(blocks(model)[layer - 1].register_forward_hook(steer))
    logits = run(model, tokens).logits[0, -1]
    for handle in handles:
        handle.remove()
    return torch.log_softmax(_wide(logits), dim=-1)


def edited(state, vector, operation):
    """Return the edited state [..., d_model], by the textbook's formulas."""
    if operation == "project_out":
        projector = torch.outer(vector, vector) / torch.dot(vector, vector)
        return state @ (torch.eye(len(vector), dtype=vector.dtype) - projector)
    return {"add": state + vector, "replace": vector.expand_as(state)}[operation]


@torch.inference_mode()
def hidden_states(model, tokens):
    """Return a dictionary layer -> [token, d_model] of the residual stream after that block."""
    states, handles = {}, []
    for number, block in enumerate(blocks(model), start=1):

        def keep(module, args, output, number=number):
            states[number] = (output[0] if isinstance(output, tuple) else output)[0]

        handles.append(block.register_forward_hook(keep))
    run(model, tokens)
    for handle in handles:
        handle.remove()
    return states


@torch.inference_mode()
def latent_logprob(model, prompt, continuation, layer, final_norm=True, softcap=True):
    """Return the mean over the continuation's tokens of the lens's log-probability after block ``layer`` (Eq. 7).

    The pass is teacher-forced: the continuation itself, without its last token, is the input.
    """
    states = hidden_states(model, [*prompt, *continuation[:-1]])[layer]
    predictors = states[len(prompt) - 1 : len(prompt) - 1 + len(continuation)]
    if final_norm:
        predictors = final_norm_of(model)(predictors)
    logits = _wide(model.get_output_embeddings()(predictors))
    logits = logits * (getattr(model.config, "logit_scale", None) or 1.0) / getattr(model.config, "logits_scaling", 1.0)
    logits = logits * getattr(model.config, "lm_head_multiplier", 1.0)
    cap = getattr(model.config.get_text_config(decoder=True), "final_logit_softcapping", None)
    if softcap and cap is not None:
        logits = cap * torch.tanh(logits / cap)
    logprobs = torch.log_softmax(logits, dim=-1)
    return logprobs[torch.arange(len(continuation)), torch.tensor(list(continuation))].mean()


def run(model, tokens):
    """Run the model on one row. A row of one token before it makes a dynamic rotary embedding forget longer ones."""
    for row in (tokens[:1], tokens):
        output = model(input_ids=torch.tensor([list(row)]), use_cache=False)
    return output


def blocks(model):
    return _part(model, 0)


def final_norm_of(model):
    return _part(model, 1)


def _part(model, index):
    names = NAMES.get(model.config.get_text_config(decoder=True).model_type, ("layers", "norm"))
    decoder = model.get_decoder()
    return getattr(model.model if decoder is model else decoder, names[index])


def _wide(values):
    return values if values.dtype == torch.float64 else values.float()
