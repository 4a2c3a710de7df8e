"""The demo's tokenizer, trained once for all tests."""

from functools import cache

from crosslens.demo.tokenizer import train_tokenizer


@cache
def demo_tokenizer():
    """Return the demo's tokenizer."""
    return train_tokenizer()
