// The raw requests in both directions, newest first.
import { clock } from "./dates.js";
import { arrange, clear, find, h, rove } from "./dom.js";
import { notice } from "./dialogs.js";
import { icon } from "./icons.js";
import { jsonNode } from "./json.js";
import { on, store } from "./store.js";

const WAYS = { to_bot: ["→ app", "The workspace to the app"], to_slack: ["app →", "The app to the workspace"], from_page: ["↗ web", "A request from this page: terminal or controls"] };
const FILTERS = [["all", "All"], ["to_bot", "To the app"], ["to_slack", "From the app"], ["from_page", "Page"]];
const opened = new Set();
const rows = new Map(); // id → {seen, node}
let filter = "all";
let cleared = 0; // ids up to this one are hidden

async function copy(value) {
  try {
    await navigator.clipboard.writeText(typeof value === "string" ? value : JSON.stringify(value, null, 2));
    notice("Copied.");
  } catch {
    notice("The browser did not allow copying.", "error");
  }
}

function part(title, value) {
  if (value === null || value === undefined || value === "") return h("div", { class: "part" }, h("h4", {}, title), h("p", { class: "nothing" }, "empty"));
  return h("div", { class: "part" }, h("h4", {}, title, h("button", { class: "tool", type: "button", "aria-label": `Copy ${title.toLowerCase()}`, title: "Copy", on: { click: () => copy(value) } }, icon("copy", 15))), h("pre", { tabindex: "0" }, jsonNode(value)));
}

function details(entry) {
  return [entry.error && h("p", { class: "traffic-error" }, String(entry.error)), part("Request", entry.request), part("Response", entry.response)];
}

function row(entry) {
  const [way, meaning] = WAYS[entry.direction] ?? [entry.direction, ""];
  const status = entry.status ?? (entry.ok === false ? "failed" : "…");
  const tone = entry.is_retried ? "open" : entry.ok === false || Number(entry.status) >= 400 ? "bad" : entry.status ? "good" : "open";
  const node = h(
    "details",
    { class: `traffic-row ${entry.direction}`, open: opened.has(entry.id) },
    h(
      "summary",
      {},
      h("span", { class: "way", title: meaning }, way),
      h("span", { class: "what" }, h("strong", {}, entry.title || entry.path), h("code", {}, `${entry.method} ${entry.path}`)),
      h("span", { class: `status ${tone}` }, entry.is_retried ? "not ready, sent again" : String(entry.error && entry.status === 200 ? entry.error : status)),
      h("span", { class: "took" }, h("span", {}, entry.ms === null || entry.ms === undefined ? "" : entry.ms < 10 ? `${entry.ms.toFixed(1)} ms` : `${Math.round(entry.ms)} ms`), h("time", {}, clock(entry.at))),
    ),
  );
  const fillIn = () => node.children.length < 2 && node.append(h("div", { class: "traffic-body" }, details(entry)));
  if (node.open) fillIn();
  node.addEventListener("toggle", () => {
    if (node.open) opened.add(entry.id), fillIn();
    else opened.delete(entry.id);
  });
  return node;
}

function nodeOf(entry) {
  const seen = `${entry.status}/${entry.ms}/${entry.error}/${entry.ok}`;
  const earlier = rows.get(entry.id);
  if (earlier?.seen === seen) return earlier.node;
  const node = row(entry);
  rows.set(entry.id, { seen, node });
  return node;
}

function frame() {
  const chips = h("div", { class: "filters", role: "radiogroup", "aria-label": "Show" });
  const drawChips = () =>
    clear(chips, FILTERS.map(([name, label]) => h("button", { class: "filter", type: "button", role: "radio", "aria-checked": String(name === filter), on: { click: () => ((filter = name), drawChips(), draw()) } }, label)));
  drawChips();
  rove(chips, ".filter");
  const wipe = h("button", { class: "filter", type: "button", on: { click: () => ((cleared = store.traffic.at(-1)?.id ?? 0), draw()) } }, "Clear");
  clear(find("#pane-traffic"), h("div", { class: "traffic-head" }, chips, wipe), h("div", { id: "traffic-rows" }));
}

function draw() {
  if (!store.ready) return;
  if (!find("#traffic-rows")) frame();
  const shown = store.traffic.filter((entry) => entry.id > cleared && (filter === "all" || entry.direction === filter));
  if (find("#pane-traffic").hidden) return; // drawn when the pane is opened
  const box = find("#traffic-rows");
  arrange(box, shown.length ? shown.map(nodeOf).reverse() : [h("div", { class: "empty" }, h("h2", {}, "No requests yet"), h("p", {}, `Type ${store.app.command} or click a button, and see what is sent.`))]);
}

export const startTraffic = () => find("#pane-traffic").addEventListener("shown", draw);

on("all traffic", draw);
on("all", () => queueMicrotask(draw)); // after the panes have decided which one is open
