// The left column: the workspace's channels and the app, with what is unread.
import { post } from "./api.js";
import { clear, find, h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menus.js";
import { avatar } from "./people.js";
import { openChannel, openDm, openHome } from "./session.js";
import { appDm, on, store } from "./store.js";

const STATUSES = [
  { value: "Vacationing", label: "Vacationing, for five days", emoji: ":palm_tree:", days: 5 },
  { value: "Out sick", label: "Out sick, today", emoji: ":face_with_thermometer:", days: 1 },
  { value: "In a meeting", label: "In a meeting", emoji: ":spiral_calendar_pad:", days: 0 },
  { value: "", label: "Clear the status", emoji: "", days: 0 },
];

async function setStatus({ value, emoji, days }) {
  const answer = await post("status", { text: value, emoji, days });
  if (!answer.ok) return;
  store.people = store.people.map((one) => (one.id === answer.person.id ? answer.person : one));
  if (store.acting?.id === answer.person.id) store.acting = answer.person;
  draw();
}

const badge = (unread) => (unread ? h("span", { class: "badge" }, String(unread > 99 ? "99+" : unread), h("span", { class: "unseen" }, " unread")) : null);

function entry({ id, before, name, unread, current, open, dim, title }) {
  return h(
    "li",
    {},
    h(
      "button",
      { class: `entry${unread && !current ? " unread" : ""}${dim ? " dim" : ""}`, type: "button", title, "aria-current": current ? "page" : undefined, data: { place: id }, on: { click: () => (open(), document.body.classList.remove("show-sidebar")) } },
      before,
      h("span", { class: "entry-name" }, name),
      badge(current && !document.hidden ? 0 : unread),
    ),
  );
}

function channelEntry(one) {
  return entry({
    id: one.id,
    before: icon(one.is_archived ? "archive" : one.is_private ? "lock" : "hash", 17),
    name: one.is_ext_shared ? [one.name, h("small", {}, " shared")] : one.name,
    unread: one.unread,
    current: store.place?.id === one.id,
    open: () => openChannel(one.id),
    dim: one.is_archived || !one.is_member,
    title: one.is_archived ? "Archived" : one.is_member ? one.purpose : "Not a member",
  });
}

function draw() {
  if (!store.ready) return;
  const dm = appDm();
  const group = (title, items) => h("section", {}, h("h2", {}, title), h("ul", {}, items));
  const mine = [...store.channels].sort((a, b) => a.is_archived - b.is_archived || b.is_member - a.is_member || a.name.localeCompare(b.name));
  clear(
    find("#sidebar-lists"),
    group("Channels", mine.map(channelEntry)),
    group(store.app.name, [
      entry({ id: "home", before: icon("home", 17), name: "Home", current: store.place?.kind === "home", open: openHome, title: "What the app shows you, and only you" }),
      dm && entry({ id: dm.id, before: icon("chat", 17), name: "Messages", unread: dm.unread, current: store.place?.kind === "dm", open: openDm, title: `Direct messages from ${store.app.name}` }),
    ]),
  );
  const me = store.acting;
  clear(find("#me"), avatar(me.id, 32), h("span", {}, h("strong", {}, me.real_name), h("small", {}, me.status ? `Status: ${me.status}` : me.title)));
  find("#me").onclick = (event) => openMenu(event.currentTarget, STATUSES, setStatus, { label: "Set a status" });
}

on("all channels place", draw);
