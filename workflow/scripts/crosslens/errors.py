"""The one exception for what a user can mend. It says what is wrong, where, and what to do; it needs no stack trace."""


class CrosslensError(Exception):
    """Bad input: the message names the file, key, language or question, and the remedy."""
