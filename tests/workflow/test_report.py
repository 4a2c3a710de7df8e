"""The demo's reports, opened in a real browser: all is seen, nothing comes from the network, nothing is in the way."""

import json

import pytest
from browser import chromium
from crosslens.report.figures.catalogue import FIGURES
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

DRAWN = list(FIGURES)  # the demo has what every figure shows
PATIENCE = 60  # seconds until a page is ready, on a machine that does other things too
MEGABYTES = 8
# The width that the browser gives an image of Snakemake's report; 0 where it cannot be drawn.
DRAWN_WIDTH = """
const done = arguments[1], image = new Image();
image.onload = () => done(image.naturalWidth);
image.onerror = () => done(0);
image.src = results[arguments[0]].data_uri;
"""
SIZE = "const box = arguments[0].getBoundingClientRect(); return [box.width, box.height, arguments[0].naturalWidth]"
# Where the cell of two languages, by their places in the order, is in the window.
CELL = """
const plot = document.querySelector('#transfer_heatmap .js-plotly-plot'), {xaxis, yaxis} = plot._fullLayout;
plot.scrollIntoView({block: 'center', behavior: 'instant'});
const place = plot.getBoundingClientRect();
return [place.x + xaxis._offset + xaxis.d2p(arguments[0]), place.y + yaxis._offset + yaxis.d2p(arguments[1])];
"""
CELLS = "return [...document.querySelectorAll(arguments[0])].map(cell => cell.firstChild.textContent)"


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


def wait(browser, script: str):
    """Wait until ``script`` returns something true in the browser, and return it."""
    return WebDriverWait(browser, PATIENCE).until(lambda _: browser.execute_script(script))


def at_width(browser, width: int) -> None:
    """Give the window this width, as a desktop's or a phone's."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


@pytest.fixture(scope="module")
def page(browser, demo):
    """The browser with the report, its tables sortable."""
    at_width(browser, 1280)
    browser.get(f"file://{demo}/results/demo/report.html")
    wait(browser, "return document.documentElement.classList.contains('ready')")
    return browser


def requested(browser) -> set[str]:
    """Return the beginnings of all addresses that pages have asked for since this was last called."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    return {address.split(":")[0] for address in sent}


def test_the_report_is_small_enough_to_be_sent(demo):
    assert (demo / "results/demo/report.html").stat().st_size < MEGABYTES * 1e6


def test_the_report_opens_with_what_the_claims_come_to(page):
    text = page.find_element("id", "findings").text
    assert page.title == "demo: findings"
    assert "claims supported" in text[:300] and text.index("claims supported") < text.index("Key numbers")
    assert "say nothing about language models in general" in text
    leads = [lead.text for lead in page.find_elements("css selector", ".lead")]
    assert len(leads) == 3 and all("cannot be tested" in lead for lead in leads)


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_every_figure_is_seen_with_its_caption(page, name):
    image = page.find_element("css selector", f"#{name} img")
    page.execute_script("arguments[0].scrollIntoView()", image)
    WebDriverWait(page, PATIENCE).until(lambda _: page.execute_script("return arguments[0].complete", image))
    width, height, natural = page.execute_script(SIZE, image)
    assert width > 300 and height > 100 and natural > 300
    caption = page.find_element("css selector", f"#{name} figcaption").text
    assert len(caption) > 200 and "{{" not in caption and "``" not in caption


def test_no_other_figure_is_in_the_report(page):
    assert {figure.get_attribute("id") for figure in page.find_elements("tag name", "figure")} == set(DRAWN)


def switch(page, name: str) -> None:
    """Press a figure's button, in view."""
    button = page.find_element("css selector", f"#{name} button.switch")
    page.execute_script("arguments[0].scrollIntoView(); arguments[0].click()", button)


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_every_figure_can_be_explored_and_printed(page, name):
    switch(page, name)
    box = f"document.querySelector('#{name} .main-svg')?.getBoundingClientRect()"
    assert wait(page, f"return {box}?.width > 300 && {box}?.height > 100")
    switch(page, name)
    assert page.find_element("css selector", f"#{name} img").is_displayed()
    assert not page.find_element("css selector", f"#{name} .interactive").is_displayed()


def test_hover_names_both_languages_of_a_cell(page):
    switch(page, "transfer_heatmap")
    wait(page, "return document.querySelector('#transfer_heatmap [data-drawn] .js-plotly-plot')")
    x, y = page.execute_script(CELL, 2, 3)
    pointer = ActionChains(page)
    for nearer in (5, 0):
        pointer.w3c_actions.pointer_action.move_to_location(round(x - nearer), round(y))
    pointer.perform()
    text = wait(page, "return document.querySelector('#transfer_heatmap .hovertext')?.textContent")
    assert "→" in text and "n = " in text
    switch(page, "transfer_heatmap")


def test_a_table_is_sorted_by_a_click_and_searched(page):
    column = "#accuracy-table tbody td:nth-child(5)"
    page.execute_script("document.querySelector('#accuracy-table th:nth-child(5)').scrollIntoView()")
    before = page.execute_script(CELLS, column)
    page.execute_script("document.querySelector('#accuracy-table th:nth-child(5)').click()")
    after = page.execute_script(CELLS, column)
    assert after != before and [float(value) for value in after] == sorted(float(value) for value in after)
    search = page.find_element("css selector", ".dt-container:has(#accuracy-table) input[type=search]")
    search.send_keys("Swahili")
    assert set(page.execute_script(CELLS, "#accuracy-table tbody td:nth-child(3)")) == {"Swahili (sw)"}
    search.clear()


def test_a_long_table_which_is_packed_is_sorted_too(page):
    page.execute_script("document.querySelector('#claim_parts-table th:nth-child(1)').click()")
    page.execute_script("document.querySelector('#claim_parts-table th:nth-child(1)').click()")
    assert page.execute_script(CELLS, "#claim_parts-table tbody td:nth-child(1)")[0] == "C9"
    rows = page.find_element("css selector", ".dt-container:has(#claim_parts-table) .dt-info").text
    assert int(rows.split()[-1]) > 200


def test_the_data_dictionary_has_more_pages_than_the_first(page):
    info = page.find_element("css selector", ".dt-container:has(#dictionary-table) .dt-info").text
    assert int(info.split()[-1]) > 400
    first = page.execute_script(CELLS, "#dictionary-table tbody td:nth-child(3)")
    page.execute_script("document.querySelector('.dt-container:has(#dictionary-table) .next').click()")
    assert page.execute_script(CELLS, "#dictionary-table tbody td:nth-child(3)") != first


def test_links_inside_the_report_lead_somewhere(page):
    links = page.execute_script(
        "return [...document.querySelectorAll('main a, nav a')].map(a => a.getAttribute('href'))"
    )
    inside = [link[1:] for link in links if link.startswith("#")]
    assert len(inside) > 10
    assert not [name for name in inside if not page.find_elements("id", name)]
    assert all(link.startswith(("#", "https://")) for link in links)


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_never_scrolls_sideways(page, width):
    at_width(page, width)
    inner, whole = page.execute_script("return [innerWidth, document.scrollingElement.scrollWidth]")
    assert inner == width and whole <= inner
    assert page.find_element("css selector", "h1").is_displayed()
    text = page.find_element("css selector", ".headline")
    assert page.execute_script(SIZE, text)[0] <= width
    at_width(page, 1280)


def test_the_report_asks_nothing_of_the_network_and_has_no_errors(page):
    """After everything above: figures were explored, tables sorted."""
    assert requested(page) <= {"file", "data", "blob"}
    assert page.get_log("browser") == []


@pytest.fixture(scope="module")
def results(page, browser, demo):
    """Path -> what Snakemake's report says of the file; opened after our own."""
    browser.get(f"file://{demo}/results/demo/workflow.html")
    return browser.execute_script("return results")


def named(results, name):
    return next(path for path in results if path.endswith(f"/{name}.svg"))


def test_snakemakes_report_opens(browser, results):
    assert "Snakemake" in browser.title
    assert "RESULTS" in browser.find_element("tag name", "body").text.upper()


def test_every_figure_is_in_snakemakes_report_and_no_other(results):
    assert {path.rsplit("/", 1)[1].removesuffix(".svg") for path in results if path.endswith(".svg")} == set(DRAWN)


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_figure_of_snakemakes_report_is_drawn_labelled_and_captioned(browser, results, name):
    path = named(results, name)
    assert browser.execute_async_script(DRAWN_WIDTH, path) > 100
    assert results[path]["labels"]
    assert len(results[path]["caption"]) > 100
    assert "{{" not in results[path]["caption"]


@pytest.mark.parametrize("name", ["claims.csv", "letters.csv", "table1.csv", "table2.csv", "audit.csv", "methods.html"])
def test_tables_and_methods_are_in_snakemakes_report(results, name):
    assert any(path.endswith(name) for path in results)
