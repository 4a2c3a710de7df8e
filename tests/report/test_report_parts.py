"""Parts of the report: images that need no file, pages of the documentation, and the data dictionary."""

import base64
import gzip
import io
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from crosslens.report import assets, dictionary, markdown
from crosslens.report.figures.catalogue import FIGURES
from PIL import Image
from workflow_runs import ROOT

SVG = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg>
<svg xmlns="http://www.w3.org/2000/svg" width="10pt" viewBox="0 0 10 10">
 <metadata>made by</metadata>
 <!-- 50% -->
 <path id="a" d="M 0 0
L 5 5" style="fill: #ff0000; clip-path: url(#p1)"/>
 <text x="1">50% it's "A &amp; B" 日本</text>
</svg>
"""


@pytest.fixture
def files(tmp_path):
    svg, png = tmp_path / "a.svg", tmp_path / "a.png"
    svg.write_text(SVG, encoding="utf-8")
    Image.fromarray(np.tile(np.arange(250, dtype=np.uint8)[:, None], (1, 3000))).save(png)
    return svg, png


def elements(text: str) -> list:
    """Return every element of an SVG: tag, attributes and text, but for metadata."""
    root = ElementTree.fromstring(text)
    found = [(e.tag, e.attrib, (e.text or "").strip()) for e in root.iter() if not e.tag.endswith("metadata")]
    return [(tag, {k: " ".join(v.split()) for k, v in given.items()}, words) for tag, given, words in found]


def test_an_svg_becomes_an_address_with_the_same_picture(files):
    source = assets.image(*files)
    assert '"' not in source
    kind, _, data = source.replace("&amp;", "&").partition(",")
    assert kind.startswith("data:image/svg+xml")
    assert "\n" not in data and len(data) < len(SVG) and "made by" not in data
    assert elements(urllib.parse.unquote(data)) == elements(SVG)


def test_a_large_svg_becomes_a_smaller_png_where_that_is_worth_it(files, monkeypatch):
    svg, png = files
    monkeypatch.setattr(assets, "SVG_LIMIT", 10)
    assert assets.image(svg, png).startswith("data:image/svg+xml")  # the PNG is not half as large
    svg.write_text(SVG.replace("<text", "<!--" + "x" * 100_000 + "--><text"), encoding="utf-8")
    kind, _, data = assets.image(svg, png).partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as shown:
        assert shown.size == (assets.PNG_WIDTH, 200) and shown.mode == "P"
        assert len(base64.b64decode(data)) < png.stat().st_size * 2


def test_a_palette_keeps_the_colours_of_a_few_points(tmp_path):
    pixels = np.full((200, 200, 3), 255, np.uint8)
    pixels[:, :150] = np.random.default_rng(0).integers(0, 256, (200, 150, 1))  # greys, by far the most
    rare = {(3, 3): (51, 34, 136), (7, 9): (204, 102, 119), (11, 5): (17, 119, 51)}
    for place, color in rare.items():
        pixels[place] = color
    Image.fromarray(pixels).save(tmp_path / "a.png")
    with Image.open(io.BytesIO(assets._compressed(tmp_path / "a.png"))) as opened:
        shown = np.asarray(opened.convert("RGB")).astype(int)
    for place, color in rare.items():
        assert np.abs(shown[place] - color).max() < 20


def test_the_library_of_tables_is_packed_and_names_what_the_script_imports():
    library, style = assets.datatables()
    code = gzip.decompress(base64.b64decode(library)).decode()
    assert re.search(r"export\{[^}]*\bas default\b", code)
    assert len(library) < len(code) / 2 and ".dataTable" in style and "</style" not in style


def test_the_same_text_is_packed_into_the_same_bytes():
    assert assets.packed("日本 text") == assets.packed("日本 text")
    assert gzip.decompress(base64.b64decode(assets.packed("日本"))).decode() == "日本"


def test_a_page_of_the_documentation_is_a_part_without_its_title_and_relative_links(tmp_path):
    (page := tmp_path / "a.md").write_text(
        "# Title\n\nSee [design](design.md#x) and [arXiv](https://arxiv.org) <b>.\n\n"
        "## One\n\n| a | b |\n|-|-|\n| 1 | 2 |\n"
    )
    html = markdown.part(page, 3)
    assert "Title" not in html and "<h3>One</h3>" in html and "<td>1</td>" in html
    assert "See design and" in html and '<a href="https://arxiv.org">arXiv</a>' in html


def test_the_dictionary_describes_every_column_of_every_file_of_a_run():
    grid = dictionary.dictionary(FIGURES)
    rows = {(row[0].text, row[2].text): row[4].text for row in grid.rows}
    for path, (table, _) in dictionary.TABLES.items():
        for column in table.columns:
            assert path.startswith("..") or rows[path, column.name] == column.doc
    assert all(f"figures/data/{name}.arrow" in {path for path, _ in rows} for name in FIGURES)
    assert not [path for path, _ in rows if path.startswith("..")]


def test_the_report_cites_what_the_citation_file_does():
    text = " ".join((ROOT / "workflow/report/page/cite.html").read_text(encoding="utf-8").split())
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for title in re.findall(r'title: "?(.*?)"?\n', cited):
        assert title in text
    for name in re.findall(r"family-names: (\w+)", cited):
        assert name in text
