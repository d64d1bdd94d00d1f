// Small dialogs and notices: "are you sure", and the line that slides in at the bottom.
import { fresh, h } from "./dom.js";
import { icon } from "./icons.js";
import { plain, textOf } from "./mrkdwn.js";

/** Shows Slack's confirm object; answers whether the person went on. */
export function confirmed(confirm) {
  return new Promise((answer) => {
    const title = fresh("confirm");
    const yes = h("button", { class: confirm.style === "danger" ? "button danger" : "button primary", type: "submit", value: "yes" }, plain(confirm.confirm ?? "Yes"));
    const dialog = h(
      "dialog",
      { class: "dialog confirm", "aria-labelledby": title },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: title }, plain(confirm.title ?? "Are you sure?")),
        h("div", { class: "text" }, textOf(confirm.text)),
        h("footer", {}, h("button", { class: "button", type: "submit", value: "no" }, plain(confirm.deny ?? "Cancel")), yes),
      ),
    );
    dialog.addEventListener("close", () => {
      answer(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  });
}

/** A short dialog asking for one line of text; answers it, or null. */
export function asked(title, value, action) {
  return new Promise((answer) => {
    const input = h("input", { class: "input", value, "aria-label": title, autocomplete: "off" });
    const dialog = h(
      "dialog",
      { class: "dialog confirm", "aria-label": title },
      h(
        "form",
        { method: "dialog" },
        h("h2", {}, title),
        input,
        h("footer", {}, h("button", { class: "button", type: "button", on: { click: () => dialog.close("") } }, "Cancel"), h("button", { class: "button primary", type: "submit", value: "yes" }, action)),
      ),
    );
    dialog.addEventListener("close", () => {
      answer(dialog.returnValue === "yes" && input.value.trim() ? input.value.trim() : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    input.select();
  });
}

const MOST = 3;

/** Says something for a few seconds; errors stay longer and can be dismissed, like the rest. */
export function notice(text, level = "info") {
  if (!text) return;
  const shelf = document.getElementById("notices");
  const node = h(
    "div",
    { class: `notice ${level}` },
    icon(level === "error" ? "warn" : "info", 18),
    h("span", {}, text),
    h("button", { class: "plain-button", type: "button", "aria-label": "Dismiss", on: { click: () => node.remove() } }, icon("close", 16)),
  );
  shelf.append(node);
  // The top layer covers everything else: the shelf joins it so that a notice is readable above a modal.
  if (shelf.matches(":popover-open")) shelf.hidePopover();
  shelf.showPopover();
  while (shelf.children.length > MOST) shelf.firstChild.remove();
  setTimeout(() => {
    node.remove();
    if (!shelf.children.length && shelf.matches(":popover-open")) shelf.hidePopover();
  }, level === "error" ? 9000 : 5000);
}
