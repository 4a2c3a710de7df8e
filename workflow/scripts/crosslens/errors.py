"""The one exception for mistakes that a user can fix. It needs no stack trace."""


class CrosslensError(Exception):
    """Bad input. The message says what is wrong and where (file, key, language or question), and how to fix it."""
