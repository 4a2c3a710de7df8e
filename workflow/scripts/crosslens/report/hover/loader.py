"""The script of a page with interactive figures: it fills a figure's div when that is first seen.

plotly.min.js is in it compressed, and is unpacked with the first figure. Nothing comes from the network.
"""

LOADER = r"""
(() => {
  const library = "PLOTLY";
  const config = {
    displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: ["lasso2d", "select2d"],
  };
  const unpack = async packed => {
    const bytes = Uint8Array.from(atob(packed.trim()), c => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  let loaded;
  const load = () => loaded ??= unpack(library).then(code => {
    const script = document.createElement("script");
    script.textContent = code;
    document.head.append(script);
  });
  const add = (parent, tag, properties = {}) => {
    const element = Object.assign(document.createElement(tag), properties);
    parent.append(element);
    return element;
  };

  async function fill(box) {
    const figure = JSON.parse(await unpack(box.querySelector("script").textContent));
    await load();
    const {lists, panels} = figure.layout.meta;
    const bar = add(box, "div", {style: "display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline"});
    const selects = lists.map(({label, options}, i) => {
      const field = add(bar, "label", {textContent: label + " "});
      if (options.length < 2) field.style.display = "none";
      const select = add(field, "select", {style: "max-width: 80vw; font: inherit"});
      options.forEach(([value, name]) => add(select, "option", {value, textContent: name}));
      select.onchange = () => show(i);
      return select;
    });
    const note = add(bar, "span", {style: "color: #595959; font-size: 85%"});
    const {width, height} = box.dataset;
    const plot = add(box, "div", {style: `width: 100%; max-width: ${width}; height: ${height}`});

    // The panel that agrees with the list just changed and with as many others as possible.
    function show(changed) {
      const agreement = ({pick}) => pick.reduce(
        (sum, value, i) => sum + (value === selects[i].value ? (i === changed ? 100 : 1) : 0), 0);
      const panel = panels.reduce((best, each) => agreement(each) > agreement(best) ? each : best);
      selects.forEach((select, i) => {
        select.value = panel.pick[i];
        for (const option of select.options) {
          option.hidden = !panels.some(
            ({pick}) => pick[i] === option.value && pick.slice(0, i).every((value, j) => value === panel.pick[j]));
        }
      });
      note.textContent = panel.note;
      const index = panels.indexOf(panel);
      const data = figure.data.filter(trace => trace.meta === index).map(trace => ({...trace, visible: true}));
      const layout = structuredClone(figure.layout);
      layout.shapes = panel.shapes;
      layout.xaxis.title.text = panel.x;
      layout.yaxis.title.text = panel.y;
      if (plot.clientWidth < 600 && data[0].type === "heatmap") {
        layout.xaxis.showticklabels = layout.yaxis.showticklabels = false;  // names are longer than the map is wide
      }
      return Plotly.react(plot, data, layout, config);
    }
    await show(-1);
    // Not only the window's size changes: scroll bars come, and sections are opened.
    new ResizeObserver(() => plot.clientWidth && Plotly.Plots.resize(plot)).observe(plot);
    box.dataset.drawn = "true";
  }

  const seen = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(({target}) => {
    seen.unobserve(target);
    fill(target).catch(error => {
      add(target, "p", {textContent: "This browser cannot show the interactive figure: " + error.message});
      console.error(error);
    });
  }), {rootMargin: "200px"});
  const start = () => document.querySelectorAll(".crosslens-figure").forEach(box => seen.observe(box));
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", start) : start();
})();
"""
