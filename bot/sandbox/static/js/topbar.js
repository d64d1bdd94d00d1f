// The bar on top: the workspace, whom one acts as, light or dark, and the panes' switches.
import { clear, find, h, rove } from "./dom.js";
import { icon, mark } from "./icons.js";
import { openMenu } from "./menus.js";
import { avatar, shortName } from "./people.js";
import { actAs } from "./session.js";
import { on, store } from "./store.js";

const SHOWN = 4;

function face(one) {
  return h(
    "button",
    { class: "face", type: "button", role: "radio", "aria-checked": String(one.id === store.acting.id), tabindex: one.id === store.acting.id ? "0" : "-1", title: `${one.real_name}, ${one.title}`, data: { person: one.id }, on: { click: () => actAs(one.id) } },
    avatar(one.id, 22),
    h("span", {}, shortName(one)),
  );
}

function draw() {
  if (!store.ready) return;
  clear(find("#workspace"), mark(26), h("strong", {}, store.workspace.name));
  const shown = store.people.slice(0, SHOWN);
  if (!shown.some((one) => one.id === store.acting.id)) shown.splice(SHOWN - 1, 1, store.acting);
  const all = h(
    "button",
    { class: "face more", type: "button", "aria-label": "Act as somebody else", "aria-haspopup": "menu", "aria-expanded": "false", data: { side: "end" } },
    h("span", { class: "only-narrow face-now" }, avatar(store.acting.id, 22), h("span", {}, shortName(store.acting))),
    icon("down", 16),
  );
  all.addEventListener("click", () =>
    openMenu(all, store.people.map((one) => ({ value: one.id, label: one.real_name, hint: `${one.title ?? ""}${one.is_guest ? " · guest" : ""}${one.is_stranger ? " · other company" : ""}`, before: avatar(one.id, 28) })), (option) => actAs(option.value), { label: "Act as", selected: store.acting.id }));
  const focused = document.activeElement?.dataset?.person;
  const group = h("div", { class: "faces", role: "radiogroup", "aria-label": "Act as" }, shown.map(face));
  rove(group, ".face");
  clear(find("#acting"), h("span", { class: "acting-label" }, "Act as"), group, all);
  if (focused) find(`[data-person="${focused}"]`)?.focus();
}

const THEMES = { light: ["moon", "Switch to dark"], dark: ["sun", "Switch to light"] };
const preferred = matchMedia("(prefers-color-scheme: dark)");

function theme() {
  let kept = null;
  try {
    kept = localStorage.getItem("theme");
  } catch {
    // storage can be switched off; the system's preference then decides
  }
  return THEMES[kept] ? kept : preferred.matches ? "dark" : "light";
}

function dress() {
  const now = theme();
  document.documentElement.dataset.theme = now;
  const [name, label] = THEMES[now];
  const button = find("#theme");
  clear(button, icon(name));
  button.setAttribute("aria-label", label);
  button.title = label;
}

export function startTopbar() {
  dress();
  preferred.addEventListener("change", dress);
  find("#theme").addEventListener("click", () => {
    try {
      localStorage.setItem("theme", theme() === "dark" ? "light" : "dark");
    } catch {
      document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
      return;
    }
    dress();
  });
  clear(find("#open-sidebar"), icon("menu"));
  clear(find("#open-panes"), icon("panel"));
  find("#open-sidebar").addEventListener("click", () => document.body.classList.toggle("show-sidebar"));
  find("#shade").addEventListener("click", () => document.body.classList.remove("show-sidebar", "show-panes"));
  document.addEventListener("keydown", (event) => event.key === "Escape" && document.body.classList.remove("show-sidebar"));
}

on("all", draw);
on("online", () => (find("#offline").hidden = store.online));
