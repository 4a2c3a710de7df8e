// Sorts and searches tables (DataTables), switches figures to their interactive version, marks the section in view.
// Without it the page still shows its figures and at least the first rows of its tables. Uses no network.

const LONG = 30, FEW = 8; // a table of more rows is shown in pages, or has a search
const REFERENCE = "dictionary-table"; // is not printed as a whole
const wide = matchMedia("(min-width: 68rem)");

const unpack = async packed => {
  const bytes = Uint8Array.from(atob(packed.trim()), character => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};

const escaped = text => Object.assign(document.createElement("p"), {textContent: text}).innerHTML;

// The number of a table's rows and, if most of them are packed, what DataTables needs to show them as the page does.
async function packedRows(table) {
  const packed = table.parentNode.querySelector("script.rows");
  if (!packed) return {rows: table.tBodies[0].rows.length, options: {}};
  const data = JSON.parse(await unpack(packed.textContent));
  const classes = [...table.tBodies[0].rows[0].cells].map(cell => cell.className);
  const render = ([text, note, order, , mark], type) => {
    if (type === "sort" || type === "type") return order || text;
    if (type === "filter") return `${text} ${note}`;
    const words = mark ? `<span class="mark ${mark}">${escaped(text)}</span>` : escaped(text);
    return note ? `${words}<small>${escaped(note)}</small>` : words;
  };
  table.tBodies[0].replaceChildren(); // DataTables would take the first row's data-order for every row's
  const columns = classes.map((className, i) => ({data: i, className, render}));
  return {rows: data.length, options: {data, columns}};
}

async function sortable() {
  const code = await unpack(document.getElementById("datatables").textContent);
  const address = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
  const {default: DataTable} = await import(address);
  URL.revokeObjectURL(address);
  for (const table of document.querySelectorAll("table.grid")) {
    await new Promise(done => setTimeout(done)); // the page stays usable between two tables
    const {rows, options} = await packedRows(table), long = rows > LONG;
    const made = new DataTable(table, {
      ...options,
      order: [], paging: long, pageLength: LONG, lengthMenu: [LONG, 100, {label: "all", value: -1}], autoWidth: false,
      layout: {
        topStart: rows > FEW ? "search" : null, topEnd: long ? "pageLength" : null,
        bottomStart: long ? "info" : null, bottomEnd: long ? "paging" : null,
      },
      language: {search: "", searchPlaceholder: "Search", lengthMenu: "_MENU_ rows", info: "_START_–_END_ of _TOTAL_"},
    });
    table.closest(".dt-layout-table").tabIndex = 0; // the arrow keys scroll it
    if (long && table.id !== REFERENCE) {
      addEventListener("beforeprint", () => made.page.len(-1).draw());
      addEventListener("afterprint", () => made.page.len(LONG).draw());
    }
  }
  document.documentElement.classList.add("ready");
}

function switchable() {
  for (const button of document.querySelectorAll("button.switch")) {
    const figure = button.closest("figure");
    button.hidden = false;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", on);
      button.textContent = on ? "Show as printed" : "Explore";
      figure.querySelector("img").style.display = on ? "none" : "";
      figure.querySelector(".interactive").hidden = !on;
    });
  }
}

function contents() {
  const list = document.querySelector("nav details"), links = [...list.querySelectorAll("a")];
  const fit = () => (list.open = wide.matches);
  wide.addEventListener("change", fit);
  fit();
  list.addEventListener("click", event => { if (event.target.closest("a") && !wide.matches) list.open = false; });
  const sections = links.map(link => document.getElementById(link.hash.slice(1)));
  const mark = () => {
    const last = sections.filter(section => section.getBoundingClientRect().top < innerHeight / 3).length;
    links.forEach((link, i) => i === Math.max(0, last - 1) ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
  };
  addEventListener("scroll", mark, {passive: true});
  mark();
}

document.documentElement.classList.add("scripted");
contents();
switchable();
await sortable();
