"""The oracle of the one-pass engine: one plain Hugging Face forward per prompt, continuation and condition.

Shares no code with crosslens: masks and head are the models' own.
"""

import torch


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

        handles.append(model.get_decoder().layers[layer - 1].register_forward_hook(steer))
    logits = model(input_ids=torch.tensor([list(tokens)]), use_cache=False).logits[0, -1]
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
    for number, block in enumerate(model.get_decoder().layers, start=1):

        def keep(module, args, output, number=number):
            states[number] = (output[0] if isinstance(output, tuple) else output)[0]

        handles.append(block.register_forward_hook(keep))
    model(input_ids=torch.tensor([list(tokens)]), use_cache=False)
    for handle in handles:
        handle.remove()
    return states


@torch.inference_mode()
def latent_logprob(model, prompt, continuation, layer, final_norm=True, softcap=True):
    """Return the mean over the continuation's tokens of the lens's log-probability after block ``layer`` (Eq. 7).

    The pass is teacher-forced: the continuation itself is the input.
    """
    states = hidden_states(model, [*prompt, *continuation])[layer]
    predictors = states[len(prompt) - 1 : len(prompt) - 1 + len(continuation)]
    if final_norm:
        predictors = model.get_decoder().norm(predictors)
    logits = _wide(model.get_output_embeddings()(predictors))
    logits = logits * getattr(model.config, "logit_scale", 1.0) / getattr(model.config, "logits_scaling", 1.0)
    cap = getattr(model.get_decoder().config, "final_logit_softcapping", None)
    if softcap and cap is not None:
        logits = cap * torch.tanh(logits / cap)
    logprobs = torch.log_softmax(logits, dim=-1)
    return logprobs[torch.arange(len(continuation)), torch.tensor(list(continuation))].mean()


def _wide(values):
    return values if values.dtype == torch.float64 else values.float()
