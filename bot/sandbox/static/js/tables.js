// table and data_table blocks.
import { clear, h } from "./dom.js";
import { icon } from "./icons.js";
import { withEmoji } from "./emoji.js";
import { richText } from "./richtext.js";

const isNumber = (cell) => cell?.type === "raw_number";
const said = (cell) => (cell?.type === "rich_text" ? richText(cell) : withEmoji(String(cell?.text ?? cell?.value ?? "")));
const words = (cell) => (cell?.type === "rich_text" ? JSON.stringify(cell.elements) : String(cell?.text ?? cell?.value ?? ""));

function cellOf(tag, cell, { align, wrapped = true, scope } = {}) {
  return h(tag, { scope, class: `${align ?? (isNumber(cell) ? "right" : "left")}${wrapped ? "" : " unwrapped"}` }, said(cell));
}

export function tableBlock(block) {
  const settings = block.column_settings ?? [];
  const [head, ...rows] = block.rows;
  const look = (at) => ({ align: settings[at]?.align, wrapped: settings[at]?.is_wrapped });
  return h(
    "div",
    { class: "table-box", tabindex: "0", role: "group", "aria-label": "Table" },
    h("table", { class: "table" }, h("thead", {}, h("tr", {}, head.map((cell, at) => cellOf("th", cell, { ...look(at), scope: "col" })))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, at) => cellOf("td", cell, look(at))))))),
  );
}

function compare(a, b) {
  if (isNumber(a) && isNumber(b)) return a.value - b.value;
  return words(a).localeCompare(words(b), "en", { numeric: true });
}

/** A table whose columns sort and whose rows come in pages. */
export function dataTableBlock(block) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? 5;
  const named = block.row_header_column_index ?? 0;
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const numeric = head.map((_, at) => rows.length > 0 && rows.every((row) => isNumber(row[at])));
  let sorted = null;
  let page = 0;
  const body = h("tbody");
  const foot = h("div", { class: "pager" });
  const heads = head.map((cell, at) =>
    h("th", { scope: "col", class: numeric[at] ? "right" : "left" }, h("button", { class: "sort", type: "button", on: { click: () => sortBy(at) } }, said(cell), h("span", { class: "sort-mark" }, icon("down", 14)))));

  function sortBy(at) {
    sorted = sorted?.at === at ? (sorted.down === numeric[at] ? { at, down: !sorted.down } : null) : { at, down: numeric[at] };
    page = 0;
    draw();
  }
  function draw() {
    const ordered = sorted ? [...rows].sort((a, b) => compare(a[sorted.at], b[sorted.at]) * (sorted.down ? -1 : 1)) : rows;
    clear(body, ordered.slice(page * size, page * size + size).map((row) => h("tr", {}, row.map((cell, at) => cellOf(at === named ? "th" : "td", cell, { scope: at === named ? "row" : undefined })))));
    heads.forEach((one, at) => one.setAttribute("aria-sort", sorted?.at === at ? (sorted.down ? "descending" : "ascending") : "none"));
    const turn = (by, label, name) => h("button", { class: "button small", type: "button", "aria-label": label, disabled: page + by < 0 || page + by >= pages, on: { click: () => ((page += by), draw()) } }, name);
    clear(foot, pages > 1 && [h("span", {}, `${page * size + 1}–${Math.min(rows.length, page * size + size)} of ${rows.length}`), turn(-1, "Previous page", "Previous"), turn(1, "Next page", "Next")]);
  }
  draw();
  return h("div", { class: "data-table" }, h("div", { class: "table-box", tabindex: "0", role: "group", "aria-label": block.caption }, h("table", { class: "table" }, h("caption", {}, block.caption), h("thead", {}, h("tr", {}, heads)), body)), foot);
}
