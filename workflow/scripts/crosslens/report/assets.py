"""What the page holds itself, so that it needs no network: figures as images, and the library that sorts tables.

The library is gzipped and in base64, for the script of the page to unpack. Images show without any script.
"""

import base64
import gzip
import io
import re
from importlib.resources import files
from pathlib import Path

from PIL import Image

# A larger SVG, such as the principal components of thousands of questions, is slow to draw. It is shown as PNG if that
# is at most half as large: otherwise the blur is not worth it.
SVG_LIMIT = 2_000_000  # bytes
PNG_WIDTH, PNG_COLORS = 2400, 256  # of that PNG, at most: pixels, and colours of its palette


def datatables() -> tuple[str, str]:
    """Return DataTables from the package itables: its module, packed, and its style sheet."""
    folder = files("itables") / "html"
    return packed((folder / "dt_bundle.js").read_text("utf-8")), (folder / "dt_bundle.css").read_text("utf-8")


def packed(text: str) -> str:
    """Return ``text`` gzipped, in base64. The same text gives the same bytes."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 9, mtime=0)).decode("ascii")


def image(svg: str | Path, png: str | Path) -> str:
    """Return a figure as the value of an attribute src in double quotes: the SVG or, if that is large, a PNG."""
    size = Path(svg).stat().st_size
    if size > SVG_LIMIT and len(compressed := _compressed(png)) <= size / 2:
        return f"data:image/png;base64,{base64.b64encode(compressed).decode('ascii')}"
    return _svg(Path(svg).read_text(encoding="utf-8"))


def _svg(text: str) -> str:
    """Return an SVG as a data URL, without comments and the space between its elements."""
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r">\s*\n\s*<", "><", text)
    quoted = re.sub(r"""="([^"'<>]*)\"""", r"='\1'", text.replace("%", "%25").replace("#", "%23"))
    url = " ".join(quoted.replace('"', "%22").splitlines())
    return f"data:image/svg+xml;charset=utf-8,{url.replace('&', '&amp;')}"


def _compressed(png: str | Path) -> bytes:
    """Return a PNG with a palette, and no wider than PNG_WIDTH: a fraction of its size, and sharp on a page.

    The palette covers all colours as evenly as it can, so that those of few points stay what they are.
    """
    with Image.open(png) as opened:
        picture = opened.convert("RGB")
    if picture.width > PNG_WIDTH:
        picture = picture.resize((PNG_WIDTH, round(picture.height * PNG_WIDTH / picture.width)), Image.LANCZOS)
    written = io.BytesIO()
    palette = picture.quantize(PNG_COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(written, "PNG", optimize=True)
    return written.getvalue()
