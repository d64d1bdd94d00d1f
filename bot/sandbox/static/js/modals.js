// Modals: the top of the acting person's stack, as a dialog with validation beside each field.
import { post } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { notice } from "./dialogs.js";
import { clear, find, fresh, h } from "./dom.js";
import { Form } from "./forms.js";
import { icon, mark } from "./icons.js";
import { plain } from "./mrkdwn.js";
import { changed, on, store } from "./store.js";

const forms = new Map(); // view id → Form
let shown = null; // what is drawn now: {id, seen}
let errors = {};
let trouble = null;

const dialog = () => find("#modal");
const top = () => store.modals.at(-1) ?? null;

function formOf(view) {
  if (!forms.has(view.id)) forms.set(view.id, new Form());
  return forms.get(view.id);
}

function missing(view, values) {
  const asks = view.blocks.filter((block) => block.type === "input" && !block.optional);
  const empty = asks.filter(({ block_id, element }) => {
    const value = values[block_id]?.[element.action_id];
    return value === null || value === undefined || (typeof value === "string" && !value.trim()) || (Array.isArray(value) && !value.length);
  });
  return Object.fromEntries(empty.map(({ block_id }) => [block_id, "Please complete this required field."]));
}

async function submit(view) {
  const values = formOf(view).collect();
  trouble = null;
  errors = missing(view, values);
  if (Object.keys(errors).length) return draw(true);
  dialog().setAttribute("aria-busy", "true");
  const as = store.acting.id;
  const answer = await post("submit", { as, view_id: view.id, values });
  dialog().removeAttribute("aria-busy");
  errors = answer.errors ?? {};
  if (!answer.ok) trouble = answer.error ?? "We had some trouble connecting. Try again?";
  if (answer.modals && as === store.acting.id) {
    store.modals = answer.modals;
    changed("modals");
  }
  if (trouble || Object.keys(errors).length) draw(true);
}

let closing = null;

async function close(view, all = false) {
  if (closing === view.id) return; // Escape, pressed twice
  closing = view.id;
  dialog().setAttribute("aria-busy", "true");
  const as = store.acting.id;
  const answer = await post("close", { as, view_id: view.id, all });
  closing = null;
  dialog().removeAttribute("aria-busy");
  if (answer.ok === false) notice(answer.error ?? "That did not work. Try again.", "error");
  if (as !== store.acting.id) return;
  store.modals = answer.modals ?? store.modals.slice(0, all ? 0 : -1);
  changed("modals");
}

function act(view) {
  return async (action) => {
    const answer = await post("action", { view_id: view.id, ...action, values: formOf(view).collect() });
    if (answer.ok) return;
    trouble = answer.error ?? "That did not work. Try again.";
    draw(true);
  };
}

function contents(view, title) {
  const many = store.modals.length > 1;
  const blocks = drawBlocks(view.blocks, { form: formOf(view), act: act(view), errors });
  const hasForm = Boolean(view.submit);
  return h(
    "form",
    { class: "modal-form", novalidate: true, on: { submit: (event) => (event.preventDefault(), hasForm && submit(view)) } },
    h(
      "header",
      {},
      many ? h("button", { class: "tool", type: "button", "aria-label": "Back", on: { click: () => close(view) } }, icon("reply", 18)) : mark(26),
      h("h2", { id: title }, plain(view.title)),
      h("button", { class: "tool", type: "button", "aria-label": "Close", on: { click: () => close(view, true) } }, icon("close", 20)),
    ),
    h("div", { class: "modal-body" }, trouble && h("div", { class: "alert error", role: "alert" }, icon("warn", 18), h("div", { class: "text" }, trouble)), blocks),
    h("footer", {}, h("button", { class: "button", type: "button", on: { click: () => close(view) } }, view.close ? plain(view.close) : hasForm ? "Cancel" : "Close"), hasForm && h("button", { class: "button primary", type: "submit" }, plain(view.submit))),
  );
}

const FIELDS = ".modal-body :is(input, textarea, .select):not([type=hidden])";

function draw(force = false) {
  const view = top();
  const node = dialog();
  if (!view) {
    if (node.open) node.close();
    clear(node);
    forms.clear();
    shown = null;
    return;
  }
  const seen = JSON.stringify([view.id, view.hash, view.blocks, view.title, store.modals.length]);
  if (!force && shown?.seen === seen) return;
  const sameView = shown?.id === view.id;
  if (!sameView) [errors, trouble] = [{}, null];
  const focused = sameView && node.contains(document.activeElement) ? document.activeElement.dataset.action : null;
  const scrolled = sameView ? (find(".modal-body", node)?.scrollTop ?? 0) : 0;
  formOf(view).keepOnly(view.blocks);
  const title = fresh("modal-title");
  node.setAttribute("aria-labelledby", title);
  clear(node, contents(view, title));
  shown = { id: view.id, seen };
  if (!node.open) node.showModal();
  find(".modal-body", node).scrollTop = scrolled;
  const wrong = find(".field.wrong :is(input, textarea, .select)", node);
  const again = focused && find(`[data-action="${CSS.escape(focused)}"]`, node);
  const fields = [...node.querySelectorAll(FIELDS)];
  const first = fields.find((one) => one.matches("input, textarea") && !one.value) ?? fields[0];
  const wanted = view.blocks.map((block) => block.element).find((element) => element?.focus_on_load);
  const asked = wanted && find(`[data-action="${CSS.escape(wanted.action_id)}"]`, node);
  (wrong ?? again ?? (sameView ? null : (asked ?? first)))?.focus();
}

function forgive(event) {
  const wrong = event.target.closest?.(".field.wrong");
  if (!wrong) return;
  wrong.classList.remove("wrong");
  delete errors[wrong.dataset.block];
}

export function startModals() {
  dialog().addEventListener("input", forgive);
  dialog().addEventListener("change", forgive);
  dialog().addEventListener("cancel", (event) => {
    event.preventDefault(); // the app may want to hear of it: the server closes the view
    if (event.target === dialog() && top()) close(top());
  });
  dialog().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) find(".modal-form", dialog())?.requestSubmit();
  });
}

on("all modals", () => store.ready && draw());
