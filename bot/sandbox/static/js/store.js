// What the page knows, and who wants to hear when it changes.
import { waitsForRelease } from "./press.js";

export const store = {
  ready: false,
  online: true,
  version: null,
  clockOffset: 0,
  workspace: { name: "" },
  app: { name: "Tokens", command: "/tokens" },
  acting: null,
  becoming: null, // while another person was chosen and is not here yet: a promise of that person's id
  people: [],
  usergroups: [],
  channels: [],
  dms: [],
  messages: new Map(), // channel id → messages, oldest first
  home: null,
  modals: [],
  commands: [],
  shortcuts: [],
  controls: [],
  steps: [],
  terminal: null,
  traffic: [],
  place: null, // {kind: "channel" | "dm" | "home", id}
};

const heard = new Map();

export function on(topics, listener) {
  for (const topic of topics.split(" ")) heard.set(topic, [...(heard.get(topic) ?? []), listener]);
}

let stale = new Set(); // topics that changed while a button was held down

/** Draws what shows one of `topics` again: now, or when the button that is held down has been released. */
export function changed(...topics) {
  for (const topic of topics) stale.add(topic);
  if (!waitsForRelease(draw)) draw();
}

function draw() {
  const topics = stale;
  stale = new Set();
  const called = new Set();
  for (const topic of topics) for (const listener of heard.get(topic) ?? []) if (!called.has(listener)) called.add(listener), listener(topic);
}

export function take(state) {
  const { ok: _, messages, now, ...rest } = state;
  Object.assign(store, { usergroups: [], home: null, modals: [], controls: [], steps: [], terminal: null, traffic: [] }, rest);
  store.messages = new Map(Object.entries(messages ?? {}));
  store.clockOffset = now ? now - Date.now() / 1000 : 0;
  store.ready = true;
}

export function upsertMessage(message) {
  const list = store.messages.get(message.channel) ?? [];
  const at = list.findIndex((one) => one.ts === message.ts);
  if (at >= 0) list[at] = message;
  else {
    list.push(message);
    list.sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }
  store.messages.set(message.channel, list);
  // The workspace's clock can be moved: a message from later than now says so.
  const ahead = Number(message.ts) - (Date.now() / 1000 + store.clockOffset);
  if (ahead > 1) store.clockOffset += ahead;
  return at < 0;
}

export function removeMessage({ channel, ts }) {
  store.messages.set(channel, (store.messages.get(channel) ?? []).filter((one) => one.ts !== ts));
}

export function upsertTraffic(entry) {
  const at = store.traffic.findIndex((one) => one.id === entry.id);
  if (at >= 0) store.traffic[at] = entry;
  else store.traffic.push(entry);
  if (store.traffic.length > 400) store.traffic.splice(0, store.traffic.length - 300);
}

export const person = (id) => store.people.find((one) => one.id === id) ?? (store.acting?.id === id ? store.acting : null);
export const channel = (id) => store.channels.find((one) => one.id === id) ?? null;
export const appDm = () => store.dms[0] ?? null;

export function nameOf(id) {
  if (id === store.app.user || id === store.app.bot_id) return store.app.name;
  return person(id)?.real_name ?? { USLACKBOT: "Slackbot" }[id] ?? id;
}
