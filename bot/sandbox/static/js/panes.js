// The right column's tabs: try it, terminal, traffic.
import { find, h, clear, rove } from "./dom.js";
import { icon } from "./icons.js";
import { paneInAddress, rememberPane } from "./session.js";
import { on, store } from "./store.js";

const PANES = { try: ["Try it", "flag"], terminal: ["Terminal", "terminal"], traffic: ["Traffic", "traffic"] };
const WIDE = matchMedia("(min-width: 1100px)");

let open = "try";

const has = (name) => name !== "terminal" || Boolean(store.terminal);

function countNode() {
  const done = store.steps.filter((step) => step.done).length;
  if (!done) return null;
  return h("span", { class: "count-pill" }, `${done}/${store.steps.length}`, h("span", { class: "unseen" }, " steps done"));
}

function draw() {
  if (!store.ready) return;
  if (!has(open)) open = "try";
  const names = Object.keys(PANES).filter(has);
  const tabs = names.map((name) => {
    const [label, picture] = PANES[name];
    return h("button", { class: "tab", type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `pane-${name}`, "aria-selected": String(name === open), tabindex: name === open ? "0" : "-1", on: { click: () => showPane(name), focus: () => name !== open && showPane(name) } }, icon(picture, 17), label, name === "try" && countNode());
  });
  const bar = find("#pane-tabs");
  const focused = bar.contains(document.activeElement);
  clear(bar, tabs, h("button", { class: "tool hide-panes", type: "button", "aria-label": "Hide the pane", title: "Hide the pane", on: { click: togglePanes } }, icon("close", 18)));
  for (const name of Object.keys(PANES)) find(`#pane-${name}`).hidden = name !== open;
  if (focused) find(`#tab-${open}`)?.focus();
}

/** Opens one of the panes: "try", "terminal" or "traffic". */
export function showPane(name) {
  if (!PANES[name]) return;
  open = name;
  rememberPane(name);
  document.body.classList.remove("hide-panes");
  if (!WIDE.matches) document.body.classList.add("show-panes");
  draw();
  find(`#pane-${name}`).dispatchEvent(new CustomEvent("shown"));
}

function togglePanes() {
  document.body.classList.toggle(WIDE.matches ? "hide-panes" : "show-panes");
}

export function startPanes() {
  open = PANES[paneInAddress()] ? paneInAddress() : "try";
  rove(find("#pane-tabs"), ".tab");
  find("#open-panes").addEventListener("click", togglePanes);
}

on("all steps", draw);
