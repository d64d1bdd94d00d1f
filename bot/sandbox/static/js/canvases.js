// A channel's canvases: documents in Markdown, in tabs beside its messages.
import { clear, find, h, rove } from "./dom.js";
import { changed, channel, on, store } from "./store.js";

let open = null; // the id of the canvas that is shown

const shown = () => channel(store.place?.id)?.canvases?.find((one) => one.id === open) ?? null;

export const isCanvasOpen = () => Boolean(shown());

function show(id) {
  open = id;
  changed("canvas");
}

/** The tabs of a channel with canvases: its messages, and each canvas. */
export function canvasTabs(here) {
  if (!here.canvases?.length) return null;
  const tab = (name, id) => h("button", { class: "tab", type: "button", role: "tab", "aria-selected": String((shown()?.id ?? null) === id), data: { canvas: id ?? "" }, on: { click: () => show(id) } }, name);
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": here.name }, tab("Messages", null), here.canvases.map((one) => tab(one.title, one.id)));
  rove(tabs, ".tab");
  return tabs;
}

const INLINE = /\\([\s\S])|\*\*([\s\S]+?)\*\*|`([^`]+)`/g;

/** Bold, code and escaped characters of one line; everything else is text. */
function inline(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(at, match.index));
    if (match[1] !== undefined) nodes.push(match[1]);
    else nodes.push(match[2] !== undefined ? h("strong", {}, inline(match[2])) : h("code", {}, match[3]));
    at = match.index + match[0].length;
  }
  return [...nodes, text.slice(at)];
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim());

function table(lines) {
  const [head, , ...rows] = lines.map(cells);
  const row = (tag, line) => h("tr", {}, line.map((cell, at) => h(tag, { class: at ? "right" : "" }, inline(cell))));
  return h("div", { class: "table-box" }, h("table", { class: "table" }, h("thead", {}, row("th", head)), h("tbody", {}, rows.map((line) => row("td", line)))));
}

function paragraph(text) {
  const lines = text.split("\n");
  if (/^-{3,}$/.test(text)) return h("hr", {});
  if (text.startsWith("## ")) return h("h2", {}, inline(text.slice(3)));
  if (text.startsWith("# ")) return h("h1", {}, inline(text.slice(2)));
  if (lines.length > 1 && lines.every((line) => line.startsWith("|"))) return table(lines);
  if (lines.every((line) => line.startsWith("- "))) return h("ul", {}, lines.map((line) => h("li", {}, inline(line.slice(2)))));
  return h("p", {}, inline(text));
}

function draw() {
  if (!store.ready) return;
  const canvas = shown();
  if (!canvas) open = null;
  find("#canvas").hidden = !canvas;
  find("#composer").classList.toggle("away", Boolean(canvas));
  if (canvas) clear(find("#canvas-page"), h("h1", {}, canvas.title), canvas.markdown.split(/\n{2,}/).map((text) => text.trim()).filter(Boolean).map(paragraph));
}

on("place", () => (open = null));
on("all channels place canvas", draw);
