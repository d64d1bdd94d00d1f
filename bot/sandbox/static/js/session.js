// Who one acts as and where one is: loading the workspace, following it live, moving about.
import { fetchState, listen, post } from "./api.js";
import { notice } from "./dialogs.js";
import { appDm, changed, channel, removeMessage, store, take, upsertMessage, upsertTraffic } from "./store.js";

const params = () => new URLSearchParams(location.hash.slice(1));

function remember() {
  const at = store.place?.kind === "home" ? "home" : store.place?.id;
  const next = new URLSearchParams({ as: store.acting.id, at: at ?? "", pane: params().get("pane") ?? "" });
  if (!next.get("pane")) next.delete("pane");
  history.replaceState(null, "", `#${next}`);
  document.title = `${store.place?.kind === "channel" ? `#${channel(store.place.id)?.name}` : store.app.name} · ${store.workspace.name}`;
}

/** Writes which pane is open into the address, so that a reload or a link comes back to it. */
export function rememberPane(pane) {
  const next = params();
  next.set("pane", pane);
  history.replaceState(null, "", `#${next}`);
}

export const paneInAddress = () => params().get("pane");

function placeOf(at) {
  if (at === "home") return { kind: "home" };
  if (at && store.dms.some((one) => one.id === at)) return { kind: "dm", id: at };
  return at && channel(at) ? { kind: "channel", id: at } : null;
}

const firstPlace = () => placeOf(store.channels.find((one) => one.unread && one.is_member)?.id) ?? placeOf(store.channels.find((one) => one.is_member)?.id ?? store.channels[0]?.id) ?? { kind: "home" };

const HEARD = {
  hello: ({ version }) => version !== store.version && reload(),
  message: (message) => {
    upsertMessage(message);
    changed("messages");
    if (message.channel === store.place?.id) seen();
  },
  message_deleted: (gone) => (removeMessage(gone), changed("messages")),
  modals: ({ modals }) => ((store.modals = modals), changed("modals")),
  home: ({ home }) => ((store.home = home), changed("home")),
  channels: ({ channels, dms }) => {
    Object.assign(store, { channels, dms });
    changed("channels");
    seen();
  },
  steps: ({ steps }) => ((store.steps = steps), changed("steps")),
  clock: ({ now }) => ((store.clockOffset = now - Date.now() / 1000), changed("messages")),
  terminal: ({ lines }) => (store.terminal?.lines.push(...lines), changed("terminal")),
  traffic: (entry) => (upsertTraffic(entry), changed("traffic")),
};

let arrivals = 0; // counts the times one became somebody: an answer asked for before the last comes too late
let choices = 0; // and the times one chose to
let meanwhile = []; // what was heard while the state was read again: [version, name, data]
let reading = false;
let again = false; // asked for while it was read

function heard(name, data, version) {
  if (reading && name !== "hello") meanwhile.push([version, name, data]);
  HEARD[name](data);
}

function show(state, at) {
  take(state);
  const earlier = at ?? (store.place?.kind === "home" ? "home" : store.place?.kind === "dm" ? appDm()?.id : store.place?.id);
  store.place = placeOf(earlier) ?? firstPlace();
}

const AGAIN = 2000; // milliseconds

/** Reads everything again. What is heard while the answer is under way is newer than it, and is not undone by it. */
async function reload() {
  if (reading) return void (again = true);
  const mine = arrivals;
  reading = true;
  meanwhile = [];
  try {
    const state = await fetchState(store.acting.id);
    if (mine !== arrivals) return;
    show(state);
    for (const [at, name, data] of meanwhile) if (at > state.version) HEARD[name](data);
    changed("all");
  } catch {
    setTimeout(() => mine === arrivals && reload(), AGAIN);
  } finally {
    if (mine === arrivals) reading = false;
  }
  if (!again || mine !== arrivals) return;
  again = false;
  reload();
}

function online(is) {
  if (store.online === is) return;
  store.online = is;
  changed("online");
}

async function become(id, at) {
  const mine = ++choices;
  const from = store.place;
  const answer = fetchState(id);
  store.becoming = answer.then((state) => state.acting.id);
  store.becoming.catch(() => {}); // heard of below, and by every deed that waits for it
  try {
    const state = await answer;
    if (mine !== choices) return;
    arrivals += 1;
    reading = again = false;
    show(state, store.place === from ? at : undefined);
  } finally {
    if (mine === choices) store.becoming = null;
  }
  remember();
  changed("all", "place");
  listen(store.acting.id, Object.keys(HEARD), heard, online);
  arrived();
}

/** Becomes another member: everything visible is theirs once it is here, and every deed from now on. */
export async function actAs(id, at) {
  try {
    await become(id, at);
  } catch {
    notice(`You still act as ${store.acting.real_name}: the person you chose could not be loaded.`, "error");
  }
}

export async function start() {
  try {
    await become(params().get("as"), params().get("at"));
  } catch {
    await become(null, params().get("at"));
  }
  window.addEventListener("hashchange", () => {
    const to = placeOf(params().get("at"));
    const as = params().get("as");
    if (as && as !== store.acting.id) actAs(as, params().get("at"));
    else if (to) openPlace(to);
  });
}

let readUpTo = null;

/** Marks what is on screen as read, once for each newest message: a server that still counts is not asked for ever. */
function seen() {
  if (store.place?.kind === "home" || document.hidden) return;
  const here = channel(store.place.id) ?? store.dms.find((one) => one.id === store.place.id);
  const newest = `${store.acting.id}/${store.place.id}/${store.messages.get(store.place.id)?.at(-1)?.ts}/${here?.unread}`;
  if (!here?.unread || newest === readUpTo) return;
  readUpTo = newest;
  post("read", { as: store.acting.id, channel: store.place.id });
}
document.addEventListener("visibilitychange", () => store.ready && seen());

/** What Slack does on arrival: opening the app's Home or Messages is an event the app hears. */
async function arrived() {
  if (store.place.kind === "channel") return seen();
  const as = store.acting.id;
  const answer = await post("home", { as, tab: store.place.kind === "home" ? "home" : "messages" });
  if (as !== store.acting.id) return;
  if (answer.home) {
    store.home = answer.home;
    changed("home");
  } else if (!answer.ok) notice(answer.error, "error");
  seen();
}

export function openPlace(place) {
  const same = JSON.stringify(place) === JSON.stringify(store.place);
  store.place = place;
  remember();
  changed("place");
  if (!same || place.kind !== "channel") arrived();
}

export const openChannel = (id) => openPlace({ kind: "channel", id });
export const openHome = () => openPlace({ kind: "home" });
export const openDm = () => appDm() && openPlace({ kind: "dm", id: appDm().id });
