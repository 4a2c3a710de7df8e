"""Under pytest, the shapes and types named in crosslens's signatures are checked at run time."""

from jaxtyping import install_import_hook

install_import_hook("crosslens", "beartype.beartype")
