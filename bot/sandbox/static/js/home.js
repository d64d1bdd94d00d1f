// The app's Home: a page per person.
import { post } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { notice } from "./dialogs.js";
import { clear, find, h } from "./dom.js";
import { Form } from "./forms.js";
import { on, store } from "./store.js";

const PATIENCE = 4000; // milliseconds

let form = new Form();
let shown = null;
let owner = null;

/** The app answers within a moment; until then grey lines stand in, and only then are we told there is nothing. */
function waitFor(page) {
  const waiting = h("div", { class: "skeleton", "aria-busy": "true" }, h("i"), h("i"), h("i"), h("i"), h("i"));
  clear(page, waiting);
  setTimeout(() => waiting.replaceWith(h("div", { class: "empty" }, h("h2", {}, "Nothing here yet"), h("p", {}, `${store.app.name} has not filled this page.`))), PATIENCE);
}

function draw() {
  if (!store.ready) return;
  const view = store.home;
  if (owner !== store.acting.id) {
    owner = store.acting.id;
    form = new Form();
  }
  const seen = JSON.stringify([store.acting.id, view?.id, view?.hash, view?.blocks]);
  if (seen === shown) return;
  shown = seen;
  const page = find("#home-page");
  if (!view) {
    waitFor(page);
    return;
  }
  form.keepOnly(view.blocks);
  const act = async (action) => {
    const answer = await post("action", { view_id: view.id, ...action, values: form.collect() });
    if (!answer.ok) notice(answer.error ?? "That did not work. Try again.", "error");
  };
  clear(page, drawBlocks(view.blocks, { form, act }));
}

on("all home place", draw);
on("place", () => find("#home").scrollTo(0, 0));
