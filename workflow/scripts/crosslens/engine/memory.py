"""How the host's memory is handed out to tensors on a CPU."""

import ctypes

# Parameters of glibc's mallopt (see its manual page), and their values in bytes; it takes no larger threshold for mmap.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
KEPT, LARGEST = 1 << 30, 1 << 25


def keep_freed() -> None:
    """Make this process keep memory that tensors free, up to a gibibyte, for the tensors that follow.

    Otherwise glibc gives it back and asks for it again, page by page, which is a tenth of a pass on a CPU. A tensor of
    more than 32 MiB may still be given back. Does nothing where the C library has no ``mallopt``.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(TRIM_THRESHOLD, KEPT)
        mallopt(MMAP_THRESHOLD, LARGEST)
