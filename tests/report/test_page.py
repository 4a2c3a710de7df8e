"""The report's page: it opens with the findings, holds all that it shows, and stays small for a run of full size."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser

import jinja2
import made_report
import pytest
from crosslens.report import grids, page, templates
from crosslens.report.figures.catalogue import FIGURES
from synthetic import Run
from workflow_runs import ROOT

TEMPLATE = ROOT / "workflow/report/page/report.html"
DRAWN = ["transfer_heatmap", "log_ratio_by_layer", "log_ratio_by_prompt", "similarity_by_layer"]


class Outline(HTMLParser):
    """What a page's markup holds: ids, links, addresses that it loads, images, and the rows of its tables by id."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.links, self.loaded, self.images, self.rows = [], [], [], [], {}
        self.open, self.table = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" else []
        self.loaded += [given[name] for name in ("src", "href") if name in given and tag != "a"]
        self.images += [given] if tag == "img" else []
        self.table = given.get("id", "") if tag == "table" else self.table
        if tag == "tr":
            self.rows[self.table] = self.rows.get(self.table, 0) + 1


@pytest.fixture(scope="module")
def run():
    return Run()


@pytest.fixture(scope="module")
def values(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    made_report.draw(Run(models=1, datasets=1), folder, DRAWN)
    return made_report.values(run, folder, DRAWN)


@pytest.fixture(scope="module")
def html(values):
    return templates.fill(TEMPLATE, values)


@pytest.fixture(scope="module")
def outline(html):
    return Outline(html)


def test_the_page_opens_with_what_the_claims_come_to(html):
    words = " ".join(re.sub("<style.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL).split())
    start = words.index("Findings made") if "Findings made" in words else words.index("crosslens · run made")
    opening = words[start : start + 900]
    assert "6 of 108 verdicts on 18 claims supported; 102 cannot be tested." in opening
    assert f"34 cannot be tested: {made_report.NO_REASON}." in opening


def test_nothing_is_loaded_from_elsewhere(outline, html):
    assert outline.loaded and all(address.startswith("data:") for address in outline.loaded)
    styles = "".join(re.findall("<style>(.*?)</style>", html, re.DOTALL))
    assert not re.search(r"@import|url\((?!['\"]?data:)", styles)


def test_ids_are_unique_and_links_lead_to_one_or_out(outline):
    assert len(set(outline.ids)) == len(outline.ids)
    inside = [link[1:] for link in outline.links if link.startswith("#")]
    assert inside and set(inside) <= set(outline.ids)
    assert all(link.startswith(("#", "https://")) for link in outline.links)


def test_every_figure_is_shown_once_with_a_text_for_those_who_cannot_see_it(outline, html):
    assert len(outline.images) == len(DRAWN) and set(DRAWN) <= set(outline.ids)
    assert all(len(image["alt"]) > 40 for image in outline.images)
    assert html.index('<figure id="log_ratio_by_layer">') < html.index('<section id="latent-language">')
    assert html.index('<section id="latent-language">') < html.index('<figure id="log_ratio_by_prompt">')


def test_every_table_has_its_rows(outline, run):
    head = 1
    panels = len(run.panels())
    assert outline.rows["key-numbers-table"] == head + panels
    assert outline.rows["overview-table"] == head + 18
    assert outline.rows["verdicts-table"] == head + 18 * panels
    assert outline.rows["accuracy-table"] == head + panels * len(run.languages)


def test_of_a_long_table_the_first_rows_are_written_and_all_are_packed(outline, values):
    grid = values["dictionary"]
    assert len(grid.rows) > 400 and outline.rows["dictionary-table"] == 1 + grids.FIRST
    rows = json.loads(gzip.decompress(base64.b64decode(grid.packed)))
    assert [row[2][0] for row in rows] == [row[2].text for row in grid.rows]


def test_texts_are_escaped_and_may_be_in_any_script(html):
    assert "&lt;question&gt; 問題" in html


def test_a_missing_value_is_an_error(values):
    with pytest.raises(jinja2.UndefinedError):
        templates.fill(TEMPLATE, {name: value for name, value in values.items() if name != "leads"})


def test_departures_and_published_numbers_are_shown_where_there_are_some(values):
    without = templates.fill(TEMPLATE, values | {"departures": None, "published": None})
    assert 'id="departures"' not in without and 'id="published"' not in without
    assert "departures" not in dict(page.contents(values | {"departures": None}))


def test_the_contents_are_the_sections_in_their_order(values, html):
    assert re.findall('<section id="([^"]*)"', html) == [id for id, _ in values["contents"]]
    assert {FIGURES[name].section for name in DRAWN} <= {title for _, title in values["contents"]}


def test_the_page_is_whole_without_data_sets_that_have_a_log_ratio(run, tmp_path):
    sources = made_report.sources(run)
    sources = type(sources)(**vars(sources) | {"table2": None, "log_ratios": None})
    captioned = dict.fromkeys(made_report.CAPTIONED, {"facts": made_report.FACTS, "settings": {}})
    described, methods = made_report.described(run), made_report.methods(run)
    made = page.values(described, methods, sources, {}, captioned, tmp_path, ROOT)
    outline = Outline(templates.fill(TEMPLATE, made))
    assert "table2-table" not in outline.ids and "table1-table" in outline.ids


def test_tables_of_many_languages_leave_room_for_the_figures(tmp_path):
    """Figures of six models on three data sets take 20 MB, and a report of them may have 25."""
    run = Run(models=2, datasets=3, languages=122, layers=(8, 16))
    made = made_report.values(run, tmp_path, [])
    (accuracy,) = (table.grid for table in made["tables"] if table.id == "accuracy")
    assert len(accuracy.rows) == 2 * 3 * 122
    assert len(templates.fill(TEMPLATE, made).encode()) < 1.5e6
