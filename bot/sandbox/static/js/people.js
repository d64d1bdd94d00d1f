// Faces: a coloured tile with initials for people, the mark for the app.
import { h } from "./dom.js";
import { icon, mark } from "./icons.js";
import { nameOf, store } from "./store.js";

const TONES = 8;

function tone(id) {
  const at = store.people.findIndex((one) => one.id === id);
  return at >= 0 ? at % TONES : [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % TONES;
}

const initials = (name) => name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => word[0]).join("").toUpperCase();

export function avatar(id, size = 36) {
  const style = { "--size": `${size}px` };
  if (id === store.app.user || id === store.app.bot_id) return h("span", { class: "avatar app", style, "aria-hidden": "true" }, mark(size));
  if (id === "USLACKBOT") return h("span", { class: "avatar system", style, "aria-hidden": "true" }, icon("info", Math.round(size * 0.6)));
  return h("span", { class: `avatar tone-${tone(id)}`, style, "aria-hidden": "true" }, initials(nameOf(id)));
}

/** The shortest true description: "Anna Ito" → "Anna" when no other Anna is here. */
export function shortName(one) {
  const first = one.real_name.split(" ")[0];
  return store.people.filter((other) => other.real_name.split(" ")[0] === first).length > 1 ? one.real_name : first;
}
