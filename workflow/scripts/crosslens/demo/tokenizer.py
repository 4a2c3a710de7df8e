"""The demo models' tokenizer: byte-pair encoding inside words, trained deterministically on the demo's own text."""

import json
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from crosslens.data.prompts import INSTRUCTION
from crosslens.demo.corpus import Stage, draw_text

SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]  # for characters that the training text lacks
SEPARATE = r"[?.,:।]"  # tokens of their own: "A" is the same token in "A: apple" and in "Answer: A"
TEXTS, VOCABULARY = 30_000, 2_600


def train_tokenizer() -> PreTrainedTokenizerFast:
    """Return a trained tokenizer that puts <bos> first and whose tokens never cross a space.

    Hence the tokens of prompt + " " + choice begin with the prompt's. Words of a language that is rare in the training
    text are split into more tokens, as in real models. The prompt's fixed sentence is one token, to save a tiny
    model's time.
    """
    random_ = random.Random(0)
    texts = (" ".join(draw_text(random_, Stage())).replace(INSTRUCTION, "") for _ in range(TEXTS))
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(prepend_scheme="always"), pre_tokenizers.Split(Regex(SEPARATE), "isolated")]
    )
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="always")])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL + BYTES, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer = _with_ordinary_bytes(tokenizer)
    tokenizer.add_tokens([AddedToken(INSTRUCTION, normalized=False)])
    bos = tokenizer.token_to_id("<bos>")
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", bos)])
    names = {f"{name}_token": f"<{name}>" for name in ("pad", "bos", "eos", "unk")}
    inputs = ["input_ids", "attention_mask"]
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=inputs, **names)


def _with_ordinary_bytes(tokenizer: Tokenizer) -> Tokenizer:
    """Make the byte tokens ordinary: the trainer marks them as special, which decoding may skip, but they are text."""
    specification = json.loads(tokenizer.to_str())
    specification["added_tokens"] = [token for token in specification["added_tokens"] if token["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(specification))
