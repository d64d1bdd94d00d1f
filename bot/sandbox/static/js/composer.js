// The line one writes in: plain messages, slash commands with suggestions, replies.
import { post } from "./api.js";
import { notice } from "./dialogs.js";
import { clear, find, h } from "./dom.js";
import { icon } from "./icons.js";
import { joinBar } from "./channels.js";
import { offerShortcuts, shortcutsOf } from "./shortcuts.js";
import { channel, nameOf, on, store } from "./store.js";

const drafts = new Map();
let thread = null;
let at = -1; // the suggestion under the cursor; -1 when none was reached for

const input = () => find("#compose");
const draftKey = () => `${store.acting.id}/${store.place.id}`;

function suggestions() {
  const typed = input().value;
  if (!typed.startsWith("/") || typed.includes("\n")) return [];
  return store.commands.filter((one) => one.text.toLowerCase().startsWith(typed.toLowerCase()));
}

function grow() {
  input().style.height = "auto";
  input().style.height = `${Math.min(input().scrollHeight, 180)}px`;
  find("#send").disabled = !input().value.trim();
}

function suggest() {
  const found = suggestions();
  const open = found.length > 0 && document.activeElement === input() && !(found.length === 1 && found[0].text.trim() === input().value.trim());
  const box = find("#suggestions");
  if (at >= found.length) at = found.length - 1;
  box.hidden = !open;
  input().setAttribute("aria-expanded", String(open));
  if (!open) return;
  const rows = found.map((one, i) =>
    h(
      "li",
      { id: `suggestion-${i}`, class: "suggestion", role: "option", "aria-selected": String(i === at), on: { pointerdown: (event) => (event.preventDefault(), pick(one)) } },
      h("code", {}, one.text.trim()),
      h("span", {}, one.hint),
    ));
  clear(box, h("li", { class: "suggestions-head", role: "presentation" }, `${store.app.name} commands`), rows);
  if (at < 0) return input().removeAttribute("aria-activedescendant");
  input().setAttribute("aria-activedescendant", `suggestion-${at}`);
  rows[at].scrollIntoView({ block: "nearest" });
}

function pick(one) {
  input().value = one.text;
  at = -1;
  find("#suggestions").hidden = true;
  keep();
  grow();
  input().focus();
  suggest();
}

const keep = () => drafts.set(draftKey(), input().value);

async function send() {
  const text = input().value.trim();
  if (!text) return;
  const key = draftKey();
  const to = store.place.id;
  const isCommand = text === store.app.command || text.startsWith(`${store.app.command} `);
  const reply = thread;
  input().value = "";
  keep();
  replyTo(null);
  grow();
  suggest();
  find("#composer").setAttribute("aria-busy", "true");
  const answer = isCommand ? await post("command", { channel: to, text }) : await post("message", { channel: to, text, ...(reply ? { thread_ts: reply.ts } : {}) });
  find("#composer").removeAttribute("aria-busy");
  if (answer.notice) notice(answer.notice);
  if (answer.ok || answer.status !== undefined) return;
  notice(answer.error, "error");
  drafts.set(key, text);
  if (draftKey() === key && !input().value) (input().value = text), grow();
}

/** Puts `text` into the line, ready to be sent. */
export function offer(text) {
  if (store.place.kind === "home") return;
  input().value = text;
  keep();
  grow();
  input().focus();
  suggest();
}

export function replyTo(message) {
  thread = message;
  const bar = find("#replying");
  bar.hidden = !message;
  if (!message) return;
  clear(bar, icon("reply", 15), `Replying to ${message.username ?? nameOf(message.user)}`, h("button", { class: "plain-button", type: "button", "aria-label": "Stop replying", on: { click: () => replyTo(null) } }, icon("close", 15)));
  input().focus();
}

function keys(event) {
  if (event.isComposing) return;
  const open = !find("#suggestions").hidden;
  const found = open ? suggestions() : [];
  if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    at = (at < 0 ? (step > 0 ? 1 : found.length - 1) : at + step + found.length) % found.length;
    suggest();
  } else if (open && event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    pick(found[Math.max(at, 0)]);
  } else if (open && event.key === "Escape") {
    find("#suggestions").hidden = true;
  } else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (open && at >= 0) pick(found[at]);
    else send(); // what was typed; a suggestion is taken with Tab, or once the arrows reached it
  }
}

function draw() {
  if (!store.ready) return;
  const home = store.place.kind === "home";
  find("#composer").hidden = home;
  if (home) return;
  find("#shortcuts").hidden = !shortcutsOf("global").length;
  const here = channel(store.place.id);
  const closed = here && (here.is_archived || !here.is_member);
  find("#write").hidden = Boolean(closed);
  clear(find("#closed"), closed && joinBar(here));
  input().placeholder = here ? `Message #${here.name}, or type ${store.app.command}` : `Message ${store.app.name}, or type ${store.app.command}`;
  input().setAttribute("aria-label", here ? `Message #${here.name}` : `Message ${store.app.name}`);
}

export function startComposer() {
  clear(find("#send"), icon("send"));
  clear(find("#shortcuts"), icon("bolt"));
  find("#shortcuts").addEventListener("click", (event) => offerShortcuts(event.currentTarget));
  find("#slash").addEventListener("click", () => offer(input().value.startsWith("/") ? input().value : "/"));
  find("#send").addEventListener("click", send);
  input().addEventListener("input", () => ((at = -1), keep(), grow(), suggest()));
  input().addEventListener("keydown", keys);
  input().addEventListener("focus", suggest);
  input().addEventListener("blur", () => (find("#suggestions").hidden = true));
}

on("all channels place", draw);
on("all place", () => {
  if (!store.ready || store.place.kind === "home") return;
  replyTo(null);
  input().value = drafts.get(draftKey()) ?? "";
  find("#suggestions").hidden = true;
  grow();
});
