"""Interactive figures: every plotted value is there and says on hover what it is, and nothing else is fetched."""

import base64
import gzip
import json
import re
from importlib import import_module

import matplotlib.colors
import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from browser import chromium, resize
from crosslens.report import interactive
from crosslens.report.hover import parts
from crosslens.report.hover.specs import SPECS
from selenium.webdriver import ActionChains
from selenium.webdriver.support.wait import WebDriverWait
from synthetic import Run

FIGURES = list(SPECS)
BY_LANGUAGE = ["steering_accuracy_by_language", "steering_transfer_change", "steering_consistency_change"]
# Columns of the plotted values, by what they are in plotly's traces; lines are by layer where nothing else is said.
SHOWN = {
    **{name: {"x": "layer", "y": "mean"} for name in SPECS},
    **{name: {"x": "unsteered_accuracy", "y": "change"} for name in BY_LANGUAGE},
    "transfer_heatmap": {"z": "value"},
    "vector_similarity": {"z": "cosine"},  # twice, of both ordered pairs, and rounded
    "pca": {"x": "component_1", "y": "component_2"},
    "similarity_across_models": {"x": "depth", "y": "mean"},
    "gamma_sweep": {"x": "gamma", "y": "mean"},
    "steering_controls": {"x": "mean"},
    "steering_size": {"x": "size", "y": "mean"},
}
# Figures whose legend has the same entries as that of the drawn figure.
SAME_LEGEND = [
    "log_ratio_by_layer",
    "log_ratio_by_prompt",
    "latent_accuracy_by_layer",
    "similarity_by_layer",
    "similarity_across_models",
    "steering_across_layers",
]


def module(name: str):
    return import_module(f"crosslens.report.figures.{name}")


def plotted(run: Run, name: str) -> pa.Table:
    return module(name).data(**run.tables(name), **run.settings(name))


def names(run: Run) -> dict[str, str]:
    """Return made-up names of languages, with a character that HTML escapes."""
    return {tag: f"Name & of {tag.upper()}" for tag in run.languages}


def drawn(run: Run, name: str) -> tuple[pa.Table, go.Figure]:
    table = plotted(run, name)
    return table, interactive.figure(name, table, run.titles, names(run))


def traces(figure: go.Figure) -> list:
    """Return the traces that a reader can point at: no bands, no reference lines."""
    return [trace for trace in figure.data if trace.hoverinfo != "skip"]


def unpacked(html: str) -> dict:
    """Return the figure that a div holds."""
    (packed,) = re.findall(r'<script type="text/plain">(.*?)</script>', html)
    return json.loads(gzip.decompress(base64.b64decode(packed)))


@pytest.fixture(scope="module")
def run():
    return Run()


@pytest.mark.parametrize("name", FIGURES)
def test_the_values_of_a_figure_are_those_of_its_table(run, name):
    table, figure = drawn(run, name)
    for axis, column in SHOWN[name].items():
        values = np.concatenate([np.ravel(trace[axis]) for trace in traces(figure)])
        expected = table[column].to_numpy()
        if name == "vector_similarity":
            expected = np.repeat(expected.round(3), 2)
        expected = expected.astype(np.float32)
        assert np.array_equal(np.sort(values[np.isfinite(values)]), np.sort(expected)), (axis, column)


@pytest.mark.parametrize("name", [name for name in FIGURES if "z" not in SHOWN[name] and name != "pca"])
def test_every_point_says_its_names_value_interval_and_n(run, name):
    table, figure = drawn(run, name)
    column, axis = ("mean", "x") if name == "steering_controls" else (SHOWN[name]["y"], "y")
    said = [(float(v), text) for trace in traces(figure) for v, text in zip(trace[axis], trace.text, strict=True)]
    assert len(said) == len(table)
    for row in table.to_pylist():
        texts = [text for value, text in said if value == np.float32(row[column])]
        expected = [run.datasets[row["dataset"]], run.models[row["model"]], parts.number(row[column])]
        expected += [f"[{parts.number(row['low'])}, {parts.number(row['high'])}]"] if "low" in row else []
        expected += [f"{row['n_languages']} languages"] if "n_languages" in row else [f"n = {row['n']} questions"]
        expected += [f"Name &amp; of {row['language'].upper()} ({row['language']})"] if "language" in row else []
        assert any(all(part in text for part in expected) for text in texts), (row, texts)


def test_vectors_are_in_the_order_of_the_drawn_matrix_and_symmetric(run):
    table, figure = drawn(run, "vector_similarity")
    matrices = traces(figure)
    assert len(matrices) == len(run.panels())
    z = np.array(matrices[0].z)
    assert np.array_equal(z, z.T, equal_nan=True) and np.isnan(np.diagonal(z)).all()
    similar = module("vector_similarity")
    part = similar.panels(table)[0]
    tags = list(dict.fromkeys([*part["source"].to_pylist(), *part["target"].to_pylist()]))
    leaves = similar.tree(similar.cosines(part, tags))["leaves"]
    assert list(matrices[0].x) == [f"Name &amp; of {tags[i].upper()} ({tags[i]})" for i in leaves]
    assert "cosine of steering vectors" in matrices[0].hovertemplate


def test_every_point_of_the_pca_says_its_language_and_question(run):
    table, figure = drawn(run, "pca")
    said = {
        (float(x), float(y)): (text, question)
        for trace in traces(figure)
        for x, y, text, question in zip(trace.x, trace.y, trace.text, trace.customdata, strict=True)
    }
    for row in table.to_pylist():
        place = tuple(float(np.float32(row[f"component_{i}"])) for i in (1, 2))
        assert said[place] == (f"Name &amp; of {row['language'].upper()} ({row['language']})", row["question_id"])
    panels = {panel["x"] for panel in figure.layout.meta["panels"]}
    assert panels == {"PC 1 (41% of variance)"}


def test_every_cell_has_both_names_its_error_and_n(run):
    table, figure = drawn(run, "transfer_heatmap")
    maps = {tuple(panel["pick"]): trace for panel, trace in zip(figure.layout.meta["panels"], figure.data, strict=True)}
    for row in table.to_pylist():
        trace = maps[row["measure"], row["model"], row["dataset"]]
        i, j = (trace.x.index(f"Name &amp; of {row[side].upper()} ({row[side]})") for side in ("source", "target"))
        assert trace.z[i, j] == np.float32(row["value"]) and trace.text[i, j] == row["n"]
        assert f"{trace.customdata[i, j]:.2g}" == f"{row['se']:.2g}"
        assert run.models[row["model"]] in trace.hovertemplate
    assert trace.x == trace.y
    order = list(dict.fromkeys(table["source"].to_pylist()))
    assert [re.search(r"\((.*)\)", label)[1] for label in trace.x] == order


@pytest.mark.parametrize("error", [0.0, 0.012345, 0.0951, 0.099, 0.9999, 1.0, 12.345, *np.linspace(0.0101, 0.0999, 9)])
def test_standard_errors_are_given_to_two_digits(error):
    run = Run(models=1, datasets=1, languages=2)
    table = plotted(run, "transfer_heatmap")
    table = table.set_column(table.column_names.index("se"), "se", pa.array([error] * len(table)))
    figure = interactive.figure("transfer_heatmap", table, run.titles, {})
    assert f"{figure.data[0].customdata[0, 1]:.2g}" == f"{error:.2g}"
    assert np.isnan(figure.data[0].customdata[0, 0])


def test_cells_without_a_value_or_with_a_common_n_are_shown_as_such():
    run = Run(models=1, datasets=1)
    table = plotted(run, "transfer_heatmap")
    same = table.set_column(table.column_names.index("n"), "n", pa.array([7] * len(table), pa.int32()))
    bare = same.set_column(table.column_names.index("se"), "se", pa.nulls(len(table), pa.float64()))
    (trace, _) = interactive.figure("transfer_heatmap", bare, run.titles, {}).data
    assert "n = 7 questions" in trace.hovertemplate and trace.text is None
    assert "standard error" not in trace.hovertemplate
    assert np.isnan(np.diagonal(trace.z)).all() and trace.hoverongaps is False
    assert list(trace.x) == run.order  # a language without a name has its tag


@pytest.mark.parametrize("name", SAME_LEGEND)
def test_labels_and_colours_of_series_are_those_of_the_drawn_figure(run, name):
    table, figure = drawn(run, name)
    (legend,) = module(name).draw(table, run.titles).legends
    static = {line.get_label(): matplotlib.colors.to_hex(line.get_color()) for line in legend.get_lines()}
    assert {trace.name: trace.line.color for trace in figure.data if trace.showlegend is not False} == static


def test_rows_of_controls_are_those_of_the_drawn_figure(run):
    table, figure = drawn(run, "steering_controls")
    axes = module("steering_controls").draw(table, run.titles).axes[0]
    assert {label for trace in figure.data for label in trace.y} == {t.get_text() for t in axes.get_yticklabels()}
    first = [trace for trace in figure.data if trace.name == "selected condition"]
    assert [list(trace.y) for trace in first] == [["own vector"]] * len(run.panels())


@pytest.mark.parametrize(("name", "axis"), [("steering_controls", "x"), *((name, "y") for name in BY_LANGUAGE)])
def test_error_bars_reach_from_bound_to_bound(run, name, axis):
    _, figure = drawn(run, name)
    for trace in figure.data:
        bars = trace[f"error_{axis}"]
        for x, up, down, text in zip(trace[axis], bars.array, bars.arrayminus, trace.text, strict=True):
            low, high = re.search(r"\[(.*), (.*)\]", text).groups()
            assert [x - down, x + up] == pytest.approx([float(b.replace("−", "-")) for b in (low, high)], abs=1e-3)


def test_bands_reach_from_bound_to_bound_and_controls_have_none(run):
    table, figure = drawn(run, "steering_across_layers")
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    own = table.filter(pc.is_in(table["series"], pa.array(["towards", "away"])))
    corners = np.sort(np.concatenate([own[name].to_numpy() for name in ("low", "high")]).astype(np.float32))
    assert np.array_equal(np.sort(np.concatenate([band.y for band in bands])), corners)


def test_a_reader_picks_among_all_values_and_layers_ascend(run):
    figure = interactive.figure("pca", plotted(run, "pca").slice(0)[::-1], run.titles, names(run))
    lists = {each["label"]: each["options"] for each in figure.layout.meta["lists"]}
    assert lists["Layer"] == [[str(layer), str(layer)] for layer in run.layers]
    assert dict(lists["Model"]) == run.models and dict(lists["Data set"]) == run.datasets
    _, sweep = drawn(run, "gamma_sweep")
    measures = dict(sweep.layout.meta["lists"][0]["options"])
    assert measures["consistency_with_pivot"] == "Δ consistency with English"


def test_layers_at_which_measures_disagree_are_shaded_and_say_so(run):
    table, figure = drawn(run, "log_ratio_by_prompt")
    disagree = set(table.filter(pc.field("disagree"))["layer"].to_pylist())
    assert disagree == {1, 2}
    for panel in figure.layout.meta["panels"]:
        assert [(shape["x0"], shape["x1"]) for shape in panel["shapes"]] == [(0.5, 1.5), (1.5, 2.5)]
    for trace in traces(figure):
        assert ["disagree in sign" in text for text in trace.text] == [layer in disagree for layer in trace.x]


@pytest.mark.parametrize("name", FIGURES)
def test_without_a_spec_or_rows_there_is_no_figure(run, name):
    table = plotted(run, name)
    assert interactive.figure(name, table.slice(0, 0), run.titles, {}) is None
    assert interactive.figure("of_a_user", table, run.titles, {}) is None


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_same_bytes_twice_and_fetches_nothing(name):
    run = Run(models=1, datasets=1)
    table = plotted(run, name)
    first, second = (interactive.html(interactive.figure(name, table, run.titles, names(run))) for _ in range(2))
    assert first == second and f'id="interactive-{name}"' in first
    assert re.search('text/plain">H4sIAAAAAAA', first), "gzip, with a time of 0 in its header"
    figure = unpacked(first)
    assert {trace["type"] for trace in figure["data"]} <= {"scatter", "scattergl", "heatmap"}  # no maps, no images
    assert "http" not in json.dumps(figure)


def test_all_figures_of_a_paper_sized_run_take_at_most_11_mb():
    """Six models × three data sets × 122 languages, from one of the models."""
    run, total = Run(models=1, datasets=3, languages=122), 0
    for name in FIGURES:
        table = plotted(run, name)
        if name == "transfer_heatmap":  # the errors of a run differ, and do not compress as equal ones do
            errors = pa.array(run.random.uniform(0.005, 0.05, len(table)))
            table = table.set_column(table.column_names.index("se"), "se", errors)
        total += len(interactive.html(interactive.figure(name, table, run.titles, names(run))))
    assert 6 * total <= 11e6, 6 * total
    assert len(interactive.plotly_js()) < 2.2e6


HOVERED = """
const plot = document.querySelector('#interactive-transfer_heatmap .js-plotly-plot'), layout = plot._fullLayout;
const place = plot.getBoundingClientRect(), {xaxis, yaxis} = layout;
const [x, y] = [xaxis.d2p(arguments[0]), yaxis.d2p(arguments[1])];
return [place.x + xaxis._offset + x, place.y + yaxis._offset + y, xaxis._length];
"""


def wait(browser, find):
    return WebDriverWait(browser, 60).until(lambda _: find())


def show(browser, name: str):
    """Scroll to a figure and return its div when it is drawn."""
    box = browser.find_element("id", f"interactive-{name}")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
    wait(browser, lambda: box.get_attribute("data-drawn"))
    return box


def pick(browser, box, label: str, value: str) -> list[str]:
    """Pick an option of a figure's list and return what its lists then say."""
    fields = box.find_elements("tag name", "label")
    select = next(f for f in fields if f.text.startswith(label)).find_element("tag name", "select")
    change = "arguments[0].value = arguments[1]; arguments[0].onchange()"
    browser.execute_script(change, select, value)
    return browser.execute_script("return [...arguments[0].querySelectorAll('select')].map(s => s.value)", box)


def test_a_browser_shows_figures_from_the_file_alone_with_names_on_hover(run, tmp_path):
    table = plotted(run, "gamma_sweep")
    lacks = pc.and_(pc.equal(table["measure"], "consistency_with_pivot"), pc.equal(table["dataset"], "set-1"))
    sweep = interactive.figure("gamma_sweep", table.filter(pc.invert(lacks)), run.titles, {})
    cells, heat = drawn(run, "transfer_heatmap")
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<script>{interactive.plotly_js()}</script>{interactive.html(heat)}"
        f"<div style='height: 2000px'></div>{interactive.html(sweep)}",
        encoding="utf-8",
    )
    with chromium() as browser:
        for width in (1280, 400):
            resize(browser, width)
            browser.get(f"file://{page}")
            box = show(browser, "transfer_heatmap")
            assert not browser.find_element("id", "interactive-gamma_sweep").get_attribute("data-drawn")
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width

            x, y, wide = browser.execute_script(HOVERED, run.order.index("es"), run.order.index("id"))
            assert wide > 0.6 * min(width, 900)
            pointer = ActionChains(browser)
            for nearer in (5, 0):
                pointer.w3c_actions.pointer_action.move_to_location(round(x - nearer), round(y))
            pointer.perform()
            (text,) = wait(browser, lambda box=box: [t.text for t in box.find_elements("css selector", ".hovertext")])
            (row,) = cells.filter(
                (pc.field("source") == "id") & (pc.field("target") == "es") & (pc.field("model") == "toy-0")
                & (pc.field("dataset") == "set-0") & (pc.field("measure") == "positive_transfer")
            ).to_pylist()  # fmt: skip
            assert "Name & of ID (id) → Name & of ES (es)" in text
            assert f"{row['value']:.4g}" in text and "standard error 0.02" in text and "n = 230 questions" in text
            assert "Toy Gemma 2.0 · Toy mHellaSwag 0" in text

            assert pick(browser, box, "Model", "toy-1") == ["positive_transfer", "toy-1", "set-0"]
            shown = browser.execute_script("return document.querySelector('.js-plotly-plot').data[0].hovertemplate")
            assert "Toy Gemma 2.1" in shown

            box = show(browser, "gamma_sweep")
            at = pick(browser, box, "Measure", "consistency_with_pivot")
            assert at == ["consistency_with_pivot", "toy-0", "set-0"]
            # The data set just picked lacks the measure: another measure is shown.
            assert pick(browser, box, "Data set", "set-1") == ["accuracy", "toy-0", "set-1"]
            assert pick(browser, box, "Measure", "consistency_with_pivot") == at
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        console = [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"]
        messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    assert not console
    requests = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert requests and {url.split(":")[0] for url in requests} <= {"file", "data", "blob"}
