// One message: who, when, and its blocks.
import { post } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { notice } from "./dialogs.js";
import { dayTitle, time } from "./dates.js";
import { h } from "./dom.js";
import { Form } from "./forms.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { offerShortcuts, shortcutsOf } from "./shortcuts.js";
import { nameOf, store } from "./store.js";

const forms = new Map();

function formOf(key) {
  if (!forms.has(key)) forms.set(key, new Form());
  return forms.get(key);
}

export const keyOf = (message) => `${store.acting?.id}/${message.channel}/${message.ts}`;

function contextOf(message) {
  const form = formOf(keyOf(message));
  form.keepOnly(message.blocks ?? []);
  return {
    form,
    act: async (action) => {
      const answer = await post("action", { channel: message.channel, ts: message.ts, ...action, values: form.collect() });
      if (!answer.ok) notice(answer.error ?? "That did not work. Try again.", "error");
    },
  };
}

function file(one) {
  if (one.mimetype?.startsWith("image/")) return h("figure", { class: "picture" }, h("figcaption", {}, one.title ?? one.name), h("img", { class: "image", src: one.url_private, alt: one.alt_txt ?? one.title ?? one.name }));
  return h("a", { class: "file", href: one.url_private, download: one.name }, icon("archive"), h("span", {}, one.title ?? one.name));
}

function body(message) {
  const blocks = message.blocks?.length ? drawBlocks(message.blocks, contextOf(message)) : [h("div", { class: "text" }, mrkdwn(message.text))];
  return h("div", { class: "blocks" }, blocks, (message.files ?? []).map(file), message.edited && h("span", { class: "edited" }, "(edited)"));
}

const authorOf = (message) => (message.is_bot ? message.username : null) ?? nameOf(message.user);

function tools(message, answer) {
  const more = !message.ephemeral && shortcutsOf("message").length > 0;
  if (!answer && !more) return null;
  return h(
    "div",
    { class: "hover-tools" },
    answer && h("button", { class: "tool", type: "button", title: "Reply in thread", "aria-label": "Reply in thread", on: { click: answer } }, icon("reply", 17)),
    more && h("button", { class: "tool", type: "button", title: "More actions", "aria-label": "More actions of this message", "aria-haspopup": "menu", "aria-expanded": "false", data: { side: "end" }, on: { click: (event) => offerShortcuts(event.currentTarget, message) } }, icon("dots", 17)),
  );
}

/** `follows`: the message before it is by the same author, minutes ago: name and face are left out. */
export function messageNode(message, { follows = false, answer = null } = {}) {
  const at = Number(message.ts);
  const when = h("time", { class: "time", title: `${dayTitle(at)}, ${time(at)}`, datetime: new Date(at * 1000).toISOString() }, time(at));
  const private_ = message.ephemeral && h("p", { class: "private" }, icon("eye", 15), "Only visible to you");
  const head = h("header", {}, h("strong", { class: "author" }, authorOf(message)), message.is_bot && h("span", { class: "app-badge" }, "APP"), when);
  return h(
    "article",
    { class: `message${follows ? " follows" : ""}${message.ephemeral ? " ephemeral" : ""}`, data: { ts: message.ts }, "aria-label": `${authorOf(message)}, ${time(at)}` },
    h("div", { class: "gutter" }, follows ? when : avatar(message.user, 38)),
    h("div", { class: "content" }, private_, !follows && head, body(message)),
    tools(message, answer),
  );
}

/** Shows that a message changed where it stands. */
export function flash(node) {
  const tag = h("span", { class: "updated-tag", role: "status" }, icon("again", 13), "Updated in place");
  node.classList.add("flash");
  node.append(tag);
  setTimeout(() => (node.classList.remove("flash"), tag.remove()), 3600);
}
