// The middle column of a channel: its messages by day, threads beneath, scrolled as one expects.
import { dayKey, dayTitle, now } from "./dates.js";
import { arrange, find, h } from "./dom.js";
import { replyTo } from "./composer.js";
import { flash, keyOf, messageNode } from "./messages.js";
import { appDm, channel, on, store } from "./store.js";

const drawn = new Map(); // key → {seen, updated, node}
const days = new Map();
const CLOSE = 300; // seconds within which messages of one author are one run

let shownPlace = null;
let unreadFrom = null;

const box = () => find("#stream");
const list = () => find("#messages");
const atEnd = () => box().scrollHeight - box().scrollTop - box().clientHeight < 80;

function toEnd(smooth = false) {
  box().scrollTo({ top: box().scrollHeight, behavior: smooth ? "smooth" : "instant" });
  find("#newer").hidden = true;
}

function nodeOf(message, look) {
  const key = keyOf(message);
  const seen = JSON.stringify([message, look.follows, store.acting.tz, dayKey(now())]);
  const earlier = drawn.get(key);
  if (earlier?.seen === seen) return earlier.node;
  const node = messageNode(message, look);
  if (earlier && message.updated_at && message.updated_at !== earlier.updated) flash(node);
  drawn.set(key, { seen, updated: message.updated_at, node });
  return node;
}

function threadNode(parent, replies) {
  const key = `thread/${keyOf(parent)}`;
  if (!drawn.has(key)) drawn.set(key, { node: h("div", { class: "thread", role: "group", "aria-label": "Replies" }) });
  const { node } = drawn.get(key);
  arrange(node, replies.map((reply, at) => nodeOf(reply, { follows: follows(reply, replies[at - 1]) })));
  return node;
}

function separator(kind, text) {
  const key = `${kind}/${text}`;
  if (!days.has(key)) days.set(key, h("div", { class: kind, role: "separator", "aria-label": text }, h("span", {}, text)));
  return days.get(key);
}

const follows = (message, before) =>
  Boolean(before) && !(message.is_bot && message.blocks?.length) && before.user === message.user && before.username === message.username && before.ephemeral === message.ephemeral && !message.ephemeral && Number(message.ts) - Number(before.ts) < CLOSE && dayKey(Number(before.ts)) === dayKey(Number(message.ts));

function emptyNode() {
  const here = channel(store.place.id);
  const key = `empty/${store.place.id}`;
  const words = here ? [h("h2", {}, `#${here.name}`), h("p", {}, here.purpose || "Nothing has been said here yet.")] : [h("h2", {}, store.app.name), h("p", {}, `What ${store.app.name} tells you alone arrives here. You can also type ${store.app.command} below.`)];
  if (!days.has(key)) days.set(key, h("div", { class: "intro" }, words));
  return days.get(key);
}

function draw() {
  if (!store.ready || store.place.kind === "home") return;
  const place = `${store.acting.id}/${store.place.id}`;
  const all = store.messages.get(store.place.id) ?? [];
  const fresh = place !== shownPlace;
  if (fresh) {
    shownPlace = place;
    const unread = (channel(store.place.id) ?? appDm())?.unread ?? 0;
    unreadFrom = unread && unread < all.length ? all.filter((one) => !one.thread_ts || one.thread_ts === one.ts).slice(-unread)[0]?.ts : null;
  }
  const follow = fresh || atEnd();
  const roots = all.filter((one) => !one.thread_ts || one.thread_ts === one.ts);
  const known = new Set(roots.map((one) => one.ts));
  const nodes = [emptyNode()];
  let before = null;
  for (const message of [...roots, ...all.filter((one) => one.thread_ts && one.thread_ts !== one.ts && !known.has(one.thread_ts))].sort((a, b) => (a.ts < b.ts ? -1 : 1))) {
    const at = Number(message.ts);
    if (!before || dayKey(Number(before.ts)) !== dayKey(at)) nodes.push(separator("day", dayTitle(at)));
    if (message.ts === unreadFrom) nodes.push(separator("unread-line", "New"));
    const replies = all.filter((one) => one.thread_ts === message.ts && one.ts !== message.ts);
    nodes.push(nodeOf(message, { follows: message.ts !== unreadFrom && follows(message, before), answer: message.ephemeral ? null : () => replyTo(message) }));
    if (replies.length) nodes.push(threadNode(message, replies));
    before = message;
  }
  arrange(list(), nodes);
  if (follow) {
    toEnd();
    for (const image of list().querySelectorAll("img")) if (!image.complete) image.addEventListener("load", () => atEndSoon(), { once: true });
  } else find("#newer").hidden = false;
}

function atEndSoon() {
  if (box().scrollHeight - box().scrollTop - box().clientHeight < 700) toEnd();
}

export function startStream() {
  find("#newer").addEventListener("click", () => toEnd(true));
  box().addEventListener("scroll", () => atEnd() && (find("#newer").hidden = true), { passive: true });
  // Charts and images take their height after they are drawn: stay at the end while one was there.
  let was = 0;
  new ResizeObserver(() => {
    const grown = list().offsetHeight - was;
    was = list().offsetHeight;
    if (grown > 0 && box().scrollHeight - box().scrollTop - box().clientHeight - grown < 80) toEnd();
  }).observe(list());
}

on("all messages place", draw);
on("place", () => store.ready && store.place.kind !== "home" && toEnd());
