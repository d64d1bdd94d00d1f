// A channel's heading, and what can happen to a channel: joined, renamed, archived, shared, the app removed.
import { post } from "./api.js";
import { asked, notice } from "./dialogs.js";
import { canvasTabs, isCanvasOpen } from "./canvases.js";
import { clear, find, h, rove } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menus.js";
import { avatar } from "./people.js";
import { openDm, openHome } from "./session.js";
import { appDm, channel, on, store } from "./store.js";

async function change(id, what, name) {
  const answer = await post("channel", { id, change: what, ...(name ? { name } : {}) });
  if (!answer.ok) notice(answer.error, "error");
}

/** What stands in the composer's place where one cannot write. */
export function joinBar(here) {
  const archived = here.is_archived;
  return h(
    "div",
    { class: "join" },
    h("span", {}, archived ? `#${here.name} is archived` : `You are looking at #${here.name}`),
    h("button", { class: "button primary", type: "button", on: { click: () => change(here.id, archived ? "unarchive" : "join") } }, archived ? "Bring it back" : "Join channel"),
  );
}

function happenings(here) {
  return [
    { value: "rename", label: "Rename", hint: "The app hears channel_rename" },
    here.is_archived ? { value: "unarchive", label: "Bring back from the archive" } : { value: "archive", label: "Archive", hint: "The app can no longer post here" },
    here.is_ext_shared ? { value: "unshare", label: "Stop sharing" } : { value: "share", label: "Share with another company", hint: "The app pauses its figures here" },
    here.bot_is_member ? { value: "remove_app", label: `Remove ${store.app.name}` } : { value: "invite_app", label: `Invite ${store.app.name}` },
    here.is_member ? { value: "leave", label: "Leave" } : { value: "join", label: "Join" },
  ];
}

function channelHead(here) {
  const more = h("button", { class: "tool", type: "button", "aria-label": "What can happen to this channel", title: "What can happen to this channel", "aria-haspopup": "menu", "aria-expanded": "false", data: { side: "end" } }, icon("dots"));
  more.addEventListener("click", () =>
    openMenu(more, happenings(here), async ({ value }) => {
      const name = value === "rename" ? await asked("Rename the channel", here.name, "Rename") : null;
      if (value !== "rename" || name) change(here.id, value, name);
    }, { label: "What can happen to this channel" }));
  return [
    h("h1", {}, icon(here.is_private ? "lock" : "hash", 20), here.name),
    here.is_ext_shared && h("span", { class: "pill" }, "Shared with another company"),
    here.is_archived && h("span", { class: "pill" }, "Archived"),
    canvasTabs(here),
    h("p", {}, here.purpose),
    h("span", { class: "members" }, `${here.member_count} ${here.member_count === 1 ? "member" : "members"}`),
    more,
  ];
}

function appHead() {
  const tab = (name, current, open, unread) => h("button", { class: "tab", type: "button", role: "tab", "aria-selected": String(current), on: { click: open } }, name, unread ? h("span", { class: "badge" }, String(unread)) : null);
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": store.app.name }, tab("Home", store.place.kind === "home", openHome), tab("Messages", store.place.kind === "dm", openDm, appDm()?.unread));
  rove(tabs, ".tab");
  return [h("h1", {}, avatar(store.app.user, 26), store.app.name), h("span", { class: "app-badge" }, "APP"), tabs];
}

function draw() {
  if (!store.ready) return;
  const here = channel(store.place.id);
  const head = find("#heading");
  const focusedTab = head.contains(document.activeElement) ? document.activeElement.textContent : null;
  clear(head, here ? channelHead(here) : appHead());
  if (focusedTab) [...head.querySelectorAll(".tab")].find((one) => one.getAttribute("aria-selected") === "true")?.focus();
  find("#stream").hidden = store.place.kind === "home" || isCanvasOpen();
  find("#home").hidden = store.place.kind !== "home";
}

on("all channels place canvas", draw);
