"""The demo's report, opened in a real browser: every figure is there, labelled, captioned and drawn."""

import shutil

import pytest
from crosslens.report.figures.catalogue import FIGURES
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The width that the browser gives an image of the report; 0 where it cannot be drawn.
DRAWN = list(FIGURES)  # the demo has what every figure shows
DRAWN_WIDTH = """
const done = arguments[1], image = new Image();
image.onload = () => done(image.naturalWidth);
image.onerror = () => done(0);
image.src = results[arguments[0]].data_uri;
"""


@pytest.fixture(scope="module")
def browser(demo):
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.fail("chromedriver is not installed (Debian: chromium-driver); the report cannot be opened")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    for flag in FLAGS:
        options.add_argument(flag)
    opened = webdriver.Chrome(options=options, service=Service(driver))
    opened.get(f"file://{demo}/results/demo/report.html")
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def results(browser):
    """Path -> what the report says of the file."""
    return browser.execute_script("return results")


def named(results, name):
    return next(path for path in results if path.endswith(f"/{name}.svg"))


def test_report_opens(browser):
    assert "Snakemake" in browser.title
    assert "RESULTS" in browser.find_element("tag name", "body").text.upper()


def test_every_figure_is_in_the_report_and_no_other(results):
    assert {path.rsplit("/", 1)[1].removesuffix(".svg") for path in results if path.endswith(".svg")} == set(DRAWN)


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_figure_is_drawn_labelled_and_captioned(browser, results, name):
    path = named(results, name)
    assert browser.execute_async_script(DRAWN_WIDTH, path) > 100
    assert results[path]["labels"]
    assert len(results[path]["caption"]) > 100
    assert "{{" not in results[path]["caption"]


TABLES = ("letters", "table1", "table2", "table3", "audit", "claims", "claim_parts")


@pytest.mark.parametrize("name", [*(f"{table}.csv" for table in TABLES), "methods.html"])
def test_tables_and_methods_are_in_the_report(results, name):
    assert any(path.endswith(name) for path in results)
